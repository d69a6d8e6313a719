"""`hub demo` and `hub serve` as processes of their own: what they print, what they keep, how they end."""

import datetime as dt
import json
import os
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import pytest

ROOT = Path(__file__).parent.parent
HUB = (sys.executable, "-m", "hub")
VIEWERS = ["admin", "court", "agency", "district"]
COUNT = "{cases {totalCount}}"


def environment(**more: str) -> dict[str, str]:
    kept = {name: text for name, text in os.environ.items() if not name.startswith("HUB_")}
    return {**kept, "PYTHONPATH": str(ROOT), **more}


@dataclass
class Running:
    """A hub in a process of its own, its output in files."""

    process: subprocess.Popen[bytes]
    out: Path
    err: Path
    seconds: float

    @property
    def first(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.out.read_text("utf-8").splitlines()[0])
        return found

    def ask(self, query: str, viewer: str | None = None) -> httpx2.Response:
        headers = {"authorization": f"Bearer {self.first['tokens'][viewer]}"} if viewer else {}
        return httpx2.post(self.first["url"], json={"query": query}, headers=headers)

    def end(self, number: signal.Signals) -> int:
        self.process.send_signal(number)
        return self.process.wait(20)


def started(folder: Path, *arguments: str, **more: str) -> Running:
    """Start a command and wait for its first line, or for its end."""
    out, err = folder / "out", folder / "err"
    begun = time.monotonic()
    with out.open("wb") as stdout, err.open("wb") as stderr:
        process = subprocess.Popen([*HUB, *arguments], cwd=folder, env=environment(**more), stdout=stdout, stderr=stderr)
    while not out.read_bytes().endswith(b"\n") and b"listening" not in err.read_bytes() and process.poll() is None:
        assert time.monotonic() - begun < 240
        time.sleep(0.02)
    return Running(process, out, err, time.monotonic() - begun)


def counted(demo: Running) -> int:
    found: int = demo.ask(COUNT, "admin").json()["data"]["cases"]["totalCount"]
    return found


def done(folder: Path, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*HUB, *arguments], cwd=folder, env=environment(**more), capture_output=True, text=True, timeout=240, check=False
    )


@dataclass(frozen=True)
class Story:
    """What one demo left behind: a first run, and what it said."""

    folder: Path
    data: Path
    first: dict[str, Any]
    lines: list[str]
    errors: str
    code: int
    cases: int

    @property
    def settings(self) -> dict[str, str]:
        return {
            "HUB_DATABASE_URL": f"sqlite:///{self.data / 'hub.db'}",
            "HUB_KEYS_FILE": str(self.data / "keys.json"),
            "HUB_SERVER_PORT": "0",
        }


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Story:
    """A demo of about 200 cases, started, asked and ended once."""
    folder = tmp_path_factory.mktemp("demo")
    data = folder / "data"
    demo = started(folder, "demo", "--json", "--port", "0", "--data", str(data), "--cases", "200", "--rate", "0")
    try:
        cases = counted(demo)
    finally:
        code = demo.end(signal.SIGTERM)
    lines = demo.out.read_text("utf-8").splitlines()
    return Story(folder, data, demo.first, lines, demo.err.read_text("utf-8"), code, cases)


@pytest.fixture
def again(story: Story) -> Iterator[Running]:
    """The same demo, started again on its folder."""
    demo = started(story.folder, "demo", "--json", "--port", "0", "--data", str(story.data), "--cases", "200", "--rate", "0")
    yield demo
    if demo.process.poll() is None:
        demo.end(signal.SIGKILL)


def test_the_first_line_is_the_address_and_the_tokens_and_nothing_follows(story: Story) -> None:
    assert len(story.lines) == 1
    assert list(story.first) == ["url", "tokens"]
    assert list(story.first["tokens"]) == VIEWERS
    assert story.first["url"].startswith("http://127.0.0.1:")
    assert story.first["url"].endswith("/graphql")


def test_everything_else_goes_to_standard_error_and_no_token_does(story: Story) -> None:
    assert f"{story.cases} cases; the next day of the files is 2025-12-31" in story.errors
    assert "Traceback" not in story.errors
    assert not [token for token in story.first["tokens"].values() if token in story.errors]


def test_a_signal_ends_it_without_a_complaint(story: Story) -> None:
    assert story.code == 0


def test_keys_and_base_are_for_their_owner(story: Story) -> None:
    assert stat.S_IMODE((story.data / "keys.json").stat().st_mode) == 0o600


def test_a_second_start_is_quick_and_keeps_everything(story: Story, again: Running) -> None:
    seen = {viewer: again.ask(COUNT, viewer).json()["data"]["cases"]["totalCount"] for viewer in VIEWERS}

    assert again.seconds < 60
    assert seen["admin"] == story.cases
    assert all(0 < seen[viewer] < story.cases for viewer in VIEWERS[1:])
    assert again.ask(COUNT).json() == {"data": {"cases": {"totalCount": 0}}}
    old = httpx2.post(
        again.first["url"], json={"query": COUNT}, headers={"authorization": f"Bearer {story.first['tokens']['admin']}"}
    )
    assert old.status_code == 200


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interruption_ends_it_at_once(again: Running, number: signal.Signals) -> None:
    with httpx2.Client() as client:
        client.post(again.first["url"], json={"query": COUNT})
        begun = time.monotonic()

        code = again.end(number)

    assert code in (0, 130)
    assert time.monotonic() - begun < 5
    assert "Traceback" not in again.err.read_text("utf-8")


def test_a_human_gets_a_first_query(story: Story, tmp_path: Path) -> None:
    demo = started(tmp_path, "demo", "--port", "0", "--data", str(story.data), "--rate", "0")
    try:
        while "curl" not in demo.out.read_text("utf-8"):
            assert demo.process.poll() is None
            time.sleep(0.05)
        text = demo.out.read_text("utf-8")
        (curl,) = [line for line in text.splitlines() if line.startswith("curl ")]
        answer = subprocess.run(["sh", "-c", curl], capture_output=True, timeout=20, check=True)
        assert len(json.loads(answer.stdout)["data"]["cases"]["nodes"]) == 3
        assert all(viewer in text for viewer in VIEWERS)
        (jobs,) = [line for line in text.splitlines() if line.endswith(" hub jobs")]
        hub = f"{sys.executable} -m hub"
        listed = subprocess.run(
            ["sh", "-c", jobs.replace(" hub jobs", f" {hub} jobs")],
            env=environment(),
            capture_output=True,
            timeout=60,
            check=True,
        )
        assert b"overdue" in listed.stdout
    finally:
        demo.end(signal.SIGINT)


def test_the_year_came_by_files_and_about_as_many_cases_as_were_asked_for(story: Story, again: Running) -> None:
    by_state = again.ask("{caseStatistics(by: [STATE]) {state count}}", "admin").json()["data"]["caseStatistics"]
    batches = again.ask("{batches {totalCount}}", "admin").json()["data"]["batches"]["totalCount"]

    assert 150 < story.cases < 250
    assert len(by_state) > 4
    assert batches > 20
    assert not list((story.data / "incoming").glob("*.ok"))


def test_days_pass_and_the_count_grows_until_it_ends_and_then_goes_on_there(tmp_path: Path) -> None:
    arguments = ("demo", "--json", "--port", "0", "--data", str(tmp_path / "data"), "--cases", "150", "--rate")
    demo = started(tmp_path, *arguments, "0.2")
    try:
        first, begun = counted(demo), time.monotonic()
        while counted(demo) < first + 3:
            assert time.monotonic() - begun < 240
            time.sleep(0.2)
    finally:
        code = demo.end(signal.SIGTERM)
    assert (code, "Traceback" in demo.err.read_text("utf-8")) == (0, False)
    kept = json.loads((tmp_path / "data" / "demo.json").read_text("utf-8"))
    assert (kept["cases"], kept["day"] > "2025-12-31") == (150, True)

    demo = started(tmp_path, *arguments, "0")
    try:
        tomorrow = dt.date.fromisoformat(kept["day"]) + dt.timedelta(days=1)
        assert f"the next day of the files is {tomorrow}" in demo.err.read_text("utf-8")
        assert counted(demo) >= first + 3
    finally:
        demo.end(signal.SIGTERM)

    demo = started(tmp_path, *arguments, "0.2")
    try:
        begun = time.monotonic()
        while f"{tomorrow}: " not in demo.err.read_text("utf-8"):
            assert time.monotonic() - begun < 240
            time.sleep(0.2)
    finally:
        demo.end(signal.SIGTERM)


def test_officials_act_while_it_runs(tmp_path: Path) -> None:
    """Referrals are issued, accepted and settled while one watches (issue of deeds, 8)."""
    arguments = ("--json", "--port", "0", "--data", str(tmp_path / "data"), "--cases", "60", "--rate", "1")
    demo = started(tmp_path, "demo", *arguments)
    try:
        first, begun = watched(demo), time.monotonic()
        while (now := watched(demo))["referrals"] < first["referrals"] + 2 or len(changed(first, now)) < 3:
            assert time.monotonic() - begun < 240
            time.sleep(0.3)
    finally:
        code = demo.end(signal.SIGTERM)
    told = demo.err.read_text("utf-8")
    assert "deeds of officials until 2025-12-30" in told
    assert (code, "HUB-500" in told, "Traceback" in told) == (0, False, False)


def watched(demo: Running) -> dict[str, int]:
    """How many referrals are in each state, how many in all."""
    states = demo.ask("{referralStatistics(by: [STATE]) {state count}}", "admin").json()["data"]["referralStatistics"]
    found = {each["state"]: each["count"] for each in states}
    return {**found, "referrals": sum(found.values())}


def changed(first: dict[str, int], now: dict[str, int]) -> set[str]:
    return {state for state in first.keys() | now.keys() if first.get(state) != now.get(state)}


def test_what_an_interrupted_start_left_is_made_anew(tmp_path: Path) -> None:
    arguments = ("demo", "--json", "--port", "0", "--data", str(tmp_path / "data"), "--cases", "20", "--rate", "0")
    err = tmp_path / "early"
    with err.open("wb") as stderr:
        early = subprocess.Popen([*HUB, *arguments], cwd=tmp_path, env=environment(), stdout=stderr, stderr=stderr)
    while b"rows written" not in err.read_bytes():
        assert early.poll() is None
        time.sleep(0.02)
    early.kill()
    early.wait()
    assert json.loads((tmp_path / "data" / "demo.json").read_text("utf-8"))["loaded"] is False

    demo = started(tmp_path, *arguments)
    try:
        assert counted(demo) == 20
    finally:
        demo.end(signal.SIGTERM)


def test_a_base_of_others_is_not_touched(tmp_path: Path) -> None:
    (tmp_path / "hub.db").write_bytes(b"mine")
    ended = done(tmp_path, "demo", "--port", "0", "--data", str(tmp_path))
    assert (ended.returncode, ended.stderr[:8]) == (1, "HUB-701 ")
    assert (tmp_path / "hub.db").read_bytes() == b"mine"


def test_a_base_that_is_another_demos_is_not_touched(story: Story, tmp_path: Path) -> None:
    """Without `--data` of its folder its keys are not there, and nothing in it could be opened."""
    before = (story.data / "hub.db").read_bytes()

    ended = done(tmp_path, "demo", "--port", "0", "--data", str(tmp_path), "--database", f"sqlite:///{story.data / 'hub.db'}")

    assert (ended.returncode, ended.stdout, ended.stderr[:8]) == (1, "", "HUB-701 ")
    assert ended.stderr.count("\n") == 1
    assert (story.data / "hub.db").read_bytes() == before


def test_a_calendar_that_is_none_is_told(tmp_path: Path) -> None:
    (tmp_path / "demo.json").write_text("[]")
    ended = done(tmp_path, "demo", "--port", "0", "--data", str(tmp_path))
    assert (ended.returncode, ended.stdout) == (1, "")
    assert ended.stderr.startswith("HUB-701 ")


class TestServe:
    def test_it_serves_the_same_folder_by_its_settings(self, story: Story, tmp_path: Path) -> None:
        hub = started(tmp_path, "serve", **story.settings)
        try:
            (line,) = [json.loads(line) for line in hub.err.read_text("utf-8").splitlines() if '"listening"' in line]
            headers = {"authorization": f"Bearer {story.first['tokens']['court']}"}
            found = httpx2.post(line["url"], json={"query": COUNT}, headers=headers).json()
            assert 0 < found["data"]["cases"]["totalCount"] < story.cases
            assert hub.out.read_bytes() == b""
        finally:
            code = hub.end(signal.SIGTERM)
        assert code in (0, 130)
        assert "Traceback" not in hub.err.read_text("utf-8")

    def test_it_does_not_start_without_keys(self, story: Story, tmp_path: Path) -> None:
        ended = done(tmp_path, "serve", **{**story.settings, "HUB_KEYS_FILE": str(tmp_path / "none.json")})
        assert (ended.returncode, ended.stdout) == (1, "")
        assert ended.stderr.startswith("HUB-507 ")
        assert not (tmp_path / "none.json").exists()

    def test_it_does_not_start_with_other_keys_than_the_bases(self, story: Story, tmp_path: Path) -> None:
        mine = {**story.settings, "HUB_KEYS_FILE": str(tmp_path / "keys.json")}
        assert done(tmp_path, "keys", "init", **mine).returncode == 0
        ended = done(tmp_path, "serve", **mine)
        assert (ended.returncode, ended.stdout) == (1, "")
        assert ended.stderr.startswith("HUB-508 ")

    def test_it_does_not_start_on_a_base_that_was_never_migrated(self, story: Story, tmp_path: Path) -> None:
        ended = done(tmp_path, "serve", **{**story.settings, "HUB_DATABASE_URL": f"sqlite:///{tmp_path / 'new.db'}"})
        assert (ended.returncode, ended.stdout) == (1, "")
        assert ended.stderr.startswith("HUB-5")

    def test_it_takes_no_development_token_where_others_could_reach_it(self, story: Story, tmp_path: Path) -> None:
        hub = started(tmp_path, "serve", **story.settings, HUB_SERVER_HOST="0.0.0.0")
        try:
            (line,) = [json.loads(line) for line in hub.err.read_text("utf-8").splitlines() if '"listening"' in line]
            url = line["url"].replace("0.0.0.0", "127.0.0.1")
            headers = {"authorization": f"Bearer {story.first['tokens']['admin']}"}
            answer = httpx2.post(url, json={"query": COUNT}, headers=headers)
            assert (answer.status_code, answer.json()["errors"][0]["extensions"]["hub"]) == (403, "HUB-405")
            assert httpx2.post(url, json={"query": COUNT}).json() == {"data": {"cases": {"totalCount": 0}}}
        finally:
            hub.end(signal.SIGTERM)

    def test_a_port_that_is_taken_is_told(self, story: Story, again: Running, tmp_path: Path) -> None:
        port = again.first["url"].split("/")[2].rpartition(":")[2]
        ended = done(tmp_path, "serve", **{**story.settings, "HUB_SERVER_PORT": port})
        assert ended.returncode == 1
        assert "HUB-701" in ended.stderr
        assert "Traceback" not in ended.stderr


class TestCommands:
    def test_a_token_made_by_hand_is_taken(self, story: Story, again: Running) -> None:
        ended = done(story.folder, "token", "court", "--subject", "judge", "--json", **story.settings)
        assert ended.returncode == 0, ended.stderr
        made = json.loads(ended.stdout)

        headers = {"authorization": f"Bearer {made['token']}"}
        found = httpx2.post(again.first["url"], json={"query": COUNT}, headers=headers).json()

        assert found == again.ask(COUNT, "court").json()

    def test_check_finds_everything_good(self, story: Story) -> None:
        ended = done(story.folder, "check", "--json", **story.settings)
        found = json.loads(ended.stdout)
        assert (ended.returncode, found["good"]) == (0, True), found
        assert all(check["good"] for check in found["checks"].values())

    def test_check_finds_other_keys(self, story: Story, tmp_path: Path) -> None:
        mine = {**story.settings, "HUB_KEYS_FILE": str(tmp_path / "keys.json")}
        assert done(tmp_path, "keys", "init", "--json", **mine).returncode == 0

        ended = done(tmp_path, "check", "--json", **mine)

        found = json.loads(ended.stdout)
        assert (ended.returncode, found["good"]) == (1, False)
        assert [check["code"] for check in found["checks"].values() if not check["good"]] == ["HUB-508"]


class TestMemory:
    MIXED = (
        "{cases(first: 50) {nodes {number title state parties {nodes {name phone}} events(first: 5) {nodes {type}}}}}",
        "{cases(first: 20) {totalCount nodes {number title}}}",
        "{caseStatistics(by: [STATE]) {state count}}",
        "{courts {nodes {name}}}",
        "{nope}",
        "{",
        "{cases(first: -1) {totalCount}}",
        "{__schema {types {name}}}",
    )

    def ask(self, demo: Running, count: int, *, tail: str = "") -> None:
        with httpx2.Client() as client:
            for number in range(count):
                viewer = VIEWERS[number % 5] if number % 5 < 4 else None
                headers = {"authorization": f"Bearer {demo.first['tokens'][viewer]}"} if viewer else {}
                query = self.MIXED[number % len(self.MIXED)] + (f" # {tail} {number}" if tail else "")
                client.post(demo.first["url"], json={"query": query}, headers=headers)

    def mebibytes(self, demo: Running) -> float:
        status = Path(f"/proc/{demo.process.pid}/status").read_text("utf-8")
        (line,) = [line for line in status.splitlines() if line.startswith("VmRSS:")]
        return int(line.split()[1]) / 1024

    @pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="asks Linux for the size of a process")
    def test_it_stays_flat_over_five_thousand_requests(self, again: Running) -> None:
        self.ask(again, 1_000)
        before = self.mebibytes(again)

        self.ask(again, 5_000)

        assert self.mebibytes(again) - before < 6
        assert self.mebibytes(again) < 165

    @pytest.mark.long
    @pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="asks Linux for the size of a process")
    def test_documents_that_never_come_again_do_not_fill_it(self, again: Running) -> None:
        self.ask(again, 10_000, tail="once")
        before = self.mebibytes(again)

        self.ask(again, 10_000, tail="twice")

        assert self.mebibytes(again) - before < 6
        assert self.mebibytes(again) < 165
