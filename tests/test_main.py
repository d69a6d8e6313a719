"""The command line as a script sees it: facts on standard output, sentences on standard error, exit codes."""

import io
import json
import logging
import os
import socket
import stat
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import structlog

from hub import __version__
from hub.__main__ import main
from hub.access.tokens import DevelopmentTokens
from hub.access.viewers import Scope, Viewer
from hub.store.seal import read_keys

ROOT = Path(__file__).parent.parent


@dataclass(frozen=True)
class Done:
    """What a command left behind."""

    returncode: int
    stdout: str
    stderr: str


@dataclass(frozen=True)
class Shell:
    """Runs `hub` in a folder of its own, with a base and keys of its own."""

    folder: Path

    def __call__(self, *arguments: str, **environment: str) -> Done:
        with pytest.MonkeyPatch.context() as patch:
            for name in [name for name in os.environ if name.startswith("HUB_")]:
                patch.delenv(name)
            for name, text in environment.items():
                patch.setenv(name, text)
            patch.chdir(self.folder)
            out, err = io.BytesIO(), io.BytesIO()
            patch.setattr(sys, "stdout", io.TextIOWrapper(out, encoding="utf-8", write_through=True))
            patch.setattr(sys, "stderr", io.TextIOWrapper(err, encoding="utf-8", write_through=True))
            with pytest.raises(SystemExit) as left:
                main(arguments)
            return Done(int(left.value.code or 0), out.getvalue().decode(), err.getvalue().decode())

    def facts(self, *arguments: str, **environment: str) -> dict[str, object]:
        done = self(*arguments, "--json", **environment)
        assert done.returncode == 0, done.stderr
        found: dict[str, object] = json.loads(done.stdout)
        return found


@pytest.fixture(autouse=True)
def _logs() -> Iterator[None]:
    """The commands set up logs for a process of their own."""
    root = logging.getLogger()
    before = root.handlers[:], root.level
    yield
    structlog.reset_defaults()
    root.handlers, level = before
    root.setLevel(level)


@pytest.fixture(scope="module")
def ready(tmp_path_factory: pytest.TempPathFactory) -> Shell:
    """A folder with keys, a migrated base and applied configuration."""
    hub = Shell(tmp_path_factory.mktemp("hub"))
    for arguments in (("keys", "init"), ("migrate",), ("config", "apply")):
        done = hub(*arguments)
        assert done.returncode == 0, done.stderr
    return hub


@pytest.fixture
def hub(tmp_path: Path) -> Shell:
    return Shell(tmp_path)


def test_help_names_every_command(hub: Shell) -> None:
    done = hub("--help")

    assert done.returncode == 0
    for command in ("demo", "serve", "migrate", "sdl", "token", "check", "config", "keys"):
        assert f"\n  {command}" in done.stdout


def test_the_version_is_that_of_the_package(hub: Shell) -> None:
    assert __version__ in hub("--version").stdout


@pytest.mark.parametrize(
    "arguments",
    [("nonsense",), ("token",), ("token", "a", "--life", "43201"), ("token", "a", "--revoke", "b"), ("demo", "--port", "x")],
)
def test_a_command_asked_wrongly_exits_with_two(hub: Shell, arguments: tuple[str, ...]) -> None:
    done = hub(*arguments)

    assert (done.returncode, done.stdout) == (2, "")
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("arguments", "environment", "code"),
    [
        (("token", "court"), {}, "HUB-507"),
        (("config", "apply"), {}, "HUB-507"),
        (("config", "apply", "--villages", "nowhere.csv"), {}, "HUB-701"),
        (("migrate",), {"HUB_DATABASE_URL": "mysql://x"}, "HUB-511"),
        (("migrate",), {"HUB_DATABASE_URL": "postgresql://127.0.0.1:1/none"}, "HUB-503"),
        (("migrate",), {"HUB_DATABASE_URL": ""}, "HUB-701"),
        (("serve",), {"HUB_DATABASE_URL": ""}, "HUB-507"),
        (("demo", "--port", "0", "--database", ""), {}, "HUB-701"),
        (("demo", "--port", "0", "--database", "sqlite"), {}, "HUB-701"),
        (("demo", "--port", "0", "--data", "/dev/null/demo"), {}, "HUB-701"),
        (("keys", "init"), {"HUB_KEYS_FILE": "/dev/null/keys.json"}, "HUB-701"),
        (("check",), {"HUB_SERVER_PROT": "1"}, "HUB-701"),
        (("check",), {"HUB_CONFIG": "nowhere"}, "HUB-701"),
    ],
)
def test_what_goes_wrong_is_a_code_and_a_sentence(
    hub: Shell, arguments: tuple[str, ...], environment: dict[str, str], code: str
) -> None:
    done = hub(*arguments, **environment)

    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(f"{code} ")
    assert done.stderr.count("\n") == 1


def test_an_address_that_is_none_is_not_shown(hub: Shell) -> None:
    done = hub("migrate", HUB_DATABASE_URL="postgresql://me:secret@host:port/base")

    assert (done.returncode, done.stderr[:7]) == (1, "HUB-701")
    assert "secret" not in done.stderr


def test_a_demo_whose_port_is_taken_makes_nothing(hub: Shell) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = hub("demo", "--port", str(port))

    assert (done.returncode, done.stdout, done.stderr[:8]) == (1, "", "HUB-701 ")
    assert f"127.0.0.1:{port}" in done.stderr
    assert list(hub.folder.iterdir()) == []


def test_keys_are_made_once_and_for_their_owner_only(hub: Shell) -> None:
    facts = hub.facts("keys", "init", HUB_KEYS_CIPHER="SM4-GCM")

    file = hub.folder / "hub-data" / "keys.json"
    assert facts == {"file": "hub-data/keys.json", "key": "k1", "cipher": "SM4-GCM"}
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    before = file.read_bytes()
    again = hub("keys", "init")
    assert (again.returncode, again.stderr[:7]) == (1, "HUB-701")
    assert file.read_bytes() == before


def test_applying_again_says_that_nothing_changed(ready: Shell) -> None:
    facts = ready.facts("config", "apply")

    assert (facts["inserted"], facts["updated"], facts["ended"]) == (0, 0, 0)
    assert facts["unchanged"]


def test_a_token_is_for_a_viewer_of_the_base(ready: Shell) -> None:
    facts = ready.facts("token", "court", "--subject", "clerk 7", "--life", "60")

    key = read_keys(ready.folder / "hub-data" / "keys.json").signing
    tokens = DevelopmentTokens(key, {"court": Viewer("court", "court", Scope())}, loopback=True)
    viewer = tokens.identify(f"Bearer {facts['token']}")
    assert (viewer.name, viewer.subject) == ("court", "clerk 7")
    assert (viewer.jti, viewer.exp) == (facts["jti"], facts["exp"])
    assert ready.facts("token", "--revoke", viewer.jti, "--reason", "LEFT") == {"revoked": facts["jti"], "reason": "LEFT"}
    assert ready("token", "--revoke", str(facts["token"])).stderr[:7] == "HUB-111"
    unknown = ready("token", "cuort")
    assert (unknown.returncode, unknown.stdout) == (1, "")
    assert "did you mean court?" in unknown.stderr


def test_no_token_is_made_where_others_could_reach_the_hub(ready: Shell) -> None:
    done = ready("token", "court", HUB_SERVER_HOST="0.0.0.0")

    assert (done.returncode, done.stdout, done.stderr[:7]) == (1, "", "HUB-405")


def test_check_says_what_is_good_and_what_is_not(ready: Shell) -> None:
    assert ready.facts("check")["good"] is True

    elsewhere = ready("check", "--json", HUB_KEYS_FILE="nowhere.json")

    facts = json.loads(elsewhere.stdout)
    assert (elsewhere.returncode, facts["good"]) == (1, False)
    assert {name: said["code"] for name, said in facts["checks"].items()} == {
        "database": "",
        "version": "",
        "configuration": "",
        "log": "",
        "keys": "HUB-507",
    }


def test_verify_tells_the_newest_link_of_the_chain(ready: Shell) -> None:
    assert ready.facts("verify") == {"links": 0, "newest": "0" * 64, "unsealed": 0}


@pytest.mark.parametrize("url", ["", "postgresql://127.0.0.1:1/none"])
def test_check_looks_at_the_keys_also_where_there_is_no_base(ready: Shell, url: str) -> None:
    done = ready("check", "--json", HUB_DATABASE_URL=url)

    facts = json.loads(done.stdout)
    assert (done.returncode, facts["good"]) == (1, False)
    assert {name for name, said in facts["checks"].items() if said["good"]} == {"keys"}


def test_nothing_is_served_that_check_says_is_bad(hub: Shell) -> None:
    hub("keys", "init")
    hub("migrate")
    done = hub("serve", HUB_SERVER_PORT="0")
    assert (done.returncode, done.stdout, done.stderr[:8]) == (1, "", "HUB-701 ")
    assert "hub config apply" in done.stderr


def test_check_of_a_base_that_was_never_migrated(hub: Shell) -> None:
    (hub.folder / "hub-data").mkdir()
    hub("keys", "init")

    done = hub("check")

    assert done.returncode == 1
    assert "BAD version HUB-509" in done.stdout


@pytest.mark.parametrize("command", [("check",), ("serve",), ("token", "admin"), ("jobs",), ("verify",)])
def test_a_command_that_looks_at_a_base_makes_none(hub: Shell, command: tuple[str, ...]) -> None:
    (hub.folder / "hub-data").mkdir()
    hub("keys", "init")
    before = set(hub.folder.rglob("*"))

    done = hub(*command)

    assert done.returncode == 1
    assert "HUB-509" in done.stdout + done.stderr
    assert set(hub.folder.rglob("*")) == before


def test_migrating_twice_changes_nothing_and_a_draft_of_nothing_writes_nothing(ready: Shell) -> None:
    facts = ready.facts("migrate")

    assert facts["version"]
    assert ready.facts("migrate", "--draft", "nothing") == {"written": None}


def test_the_schema_is_the_one_that_is_committed(ready: Shell) -> None:
    done = ready("sdl")

    assert done.returncode == 0, done.stderr
    assert done.stdout == (ROOT / "schema.graphql").read_text("utf-8")


def test_a_process_of_its_own_on_a_terminal_without_chinese_gets_escapes(tmp_path: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "latin-1"}

    done = subprocess.run(
        [sys.executable, "-m", "hub", "token", "court"], cwd=tmp_path, env=environment, capture_output=True, timeout=60
    )

    assert (done.returncode, done.stdout) == (1, b"")
    assert done.stderr.startswith(b"HUB-507 \\u7f3a")
    assert done.stderr.count(b"\n") == 1
