"""Settings: strict, typed, and helpful where they are wrong."""

import tomllib
from dataclasses import fields
from pathlib import Path

import pytest

from hub.errors import BadConfiguration
from hub.settings import Limits, Server, Settings, config_directory, fit, load, read_lines

CHECKOUT = Path(__file__).parent.parent / "config"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "hub.toml").write_text("", "utf-8")
    return tmp_path


def settings_of(folder: Path, text: str = "", **environment: str) -> Settings:
    (folder / "hub.toml").write_text(text, "utf-8")
    return load({"HUB_CONFIG": str(folder), **environment})


def test_an_empty_file_gives_the_defaults(folder: Path) -> None:
    assert settings_of(folder) == Settings(config=folder)


def test_the_shipped_file_says_every_setting_with_its_default_and_a_comment() -> None:
    text = (CHECKOUT / "hub.toml").read_text("utf-8")

    assert load({"HUB_CONFIG": str(CHECKOUT)}) == Settings(config=CHECKOUT)
    said = {(part, key) for part, values in tomllib.loads(text).items() for key in values}
    parts = [item for item in fields(Settings) if item.name != "config"]
    assert said == {(part.name, item.name) for part in parts for item in fields(part.type)}  # type: ignore[arg-type]
    assert all("#" in line for line in text.splitlines() if " = " in line)


def test_the_file_wins_over_the_defaults_and_the_environment_over_the_file(folder: Path) -> None:
    text = "[server]\nport = 9000\n[limits]\ntokens = 100\n"

    found = settings_of(folder, text, HUB_SERVER_PORT="9001", HUB_LIMITS_DEADLINE_SECONDS="2.5", HUB_TEST_POSTGRES="x")

    assert (found.server.port, found.limits.tokens, found.limits.deadline_seconds) == (9001, 100, 2.5)
    assert found.server.host == "127.0.0.1"


def test_a_whole_number_serves_as_seconds(folder: Path) -> None:
    assert settings_of(folder, "[limits]\nbody_seconds = 3").limits.body_seconds == 3.0


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("[server]\nprot = 1", "hub.toml: server: unknown key prot, did you mean port?"),
        ("[sever]\nport = 1", "hub.toml: unknown key sever, did you mean server?"),
        ("config = 'x'", "hub.toml: unknown key config"),
        ("zzz = 1", "hub.toml: unknown key zzz"),
        ("server = 1", "hub.toml: server is of another type, a table is expected"),
        ("[server]\nport = '1'", "hub.toml: server: port is of another type, an integer is expected"),
        ("[server]\nport = true", "hub.toml: server: port is of another type, an integer is expected"),
        ("[server]\nport = 70000", "server.port is between 0 (any free one) and 65535"),
        ("[keys]\ncipher = 'ROT13'", "keys.cipher is one of AES-256-GCM, SM4-GCM"),
        ("[tokens]\nlife_seconds = 43201", "tokens.life_seconds is between 1 and 43200"),
        ("[logs]\nlevel = 'loud'", "logs.level is one of debug, info, warning, error"),
        ("[limits]\naliases = 0", "limits.aliases is greater than zero"),
        ("[limits]\ndeadline_seconds = nan", "limits.deadline_seconds is greater than zero"),
        ("[limits]\ndeadline_seconds = inf", "limits.deadline_seconds is greater than zero"),
    ],
)
def test_what_is_wrong_is_said_where_it_is_wrong(folder: Path, text: str, reason: str) -> None:
    with pytest.raises(BadConfiguration) as error:
        settings_of(folder, text)

    assert error.value.facts["reason"] == reason


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("HUB_SERVER_PROT", "1", "environment: unknown variable HUB_SERVER_PROT, did you mean HUB_SERVER_PORT?"),
        ("HUB_SERVER", "1", "environment: unknown variable HUB_SERVER"),
        ("HUB_SERVER_PORT", "secret", "HUB_SERVER_PORT is of another type, an integer is expected"),
    ],
)
def test_the_environment_is_as_strict_as_the_file(folder: Path, name: str, value: str, reason: str) -> None:
    with pytest.raises(BadConfiguration) as error:
        settings_of(folder, **{name: value})

    assert str(error.value.facts["reason"]).startswith(reason)
    assert "secret" not in str(error.value)


def test_broken_and_missing_files_are_coded_errors(tmp_path: Path) -> None:
    with pytest.raises(BadConfiguration, match=r"hub\.toml cannot be read"):
        load({"HUB_CONFIG": str(tmp_path)})
    with pytest.raises(BadConfiguration, match=r"hub\.toml: "):
        settings_of(tmp_path, "[server")
    (tmp_path / "hub.toml").write_bytes(b"\xff")
    with pytest.raises(BadConfiguration, match=r"hub\.toml cannot be read"):
        load({"HUB_CONFIG": str(tmp_path)})
    with pytest.raises(BadConfiguration, match="HUB_CONFIG"):
        load({"HUB_CONFIG": str(tmp_path / "nowhere")})


def test_without_hub_config_the_checkout_is_found() -> None:
    assert config_directory({}) == CHECKOUT


def test_an_address_with_a_password_is_not_shown(folder: Path) -> None:
    found = settings_of(folder, HUB_DATABASE_URL="postgresql://hub:secret@base/hub")

    assert "secret" not in repr(found)


@pytest.mark.parametrize(
    ("host", "loopback"),
    [("127.0.0.1", True), ("127.8.0.1", True), ("::1", True), ("localhost", True), ("10.0.0.1", False), ("hub", False)],
)
def test_loopback_is_what_only_this_machine_can_reach(host: str, loopback: bool) -> None:
    assert Server(host=host).is_loopback is loopback


def test_limits_can_be_read_back_from_a_row() -> None:
    assert fit(Limits, {"tokens": 7}, "policy limits").tokens == 7
    with pytest.raises(BadConfiguration, match="did you mean tokens"):
        fit(Limits, {"token": 7}, "policy limits")


def test_lines_may_begin_with_a_byte_order_mark(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes("\ufeff一,二\r\n三".encode())

    assert read_lines(tmp_path / "a.csv") == ["一,二", "三"]
    with pytest.raises(BadConfiguration):
        read_lines(tmp_path / "b.csv")
