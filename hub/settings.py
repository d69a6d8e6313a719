"""Settings: config/*.toml and the environment as frozen objects. Nothing else reads either."""

import datetime as dt
import ipaddress
import math
import os
import re
import tomllib
import types
from collections.abc import Iterable, Mapping
from dataclasses import MISSING, dataclass, field, fields, is_dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any, TypeVar, Union, cast, get_args, get_origin, get_type_hints

from hub.errors import BadConfiguration

T = TypeVar("T")

CIPHERS = ("AES-256-GCM", "SM4-GCM")
LOG_LEVELS = ("debug", "info", "warning", "error")
LONGEST_POLL_SECONDS = 3600.0
LONGEST_TOKEN_SECONDS = 12 * 3600
"""No token lives longer, whatever a configuration says."""

_ORIGIN = re.compile(r"https?://[a-z0-9.\-\[\]:]+")
_SECRETS = "HUB_SECRET_"
_NOT_SETTINGS = ("HUB_CONFIG", "HUB_TEST_", _SECRETS)


@dataclass(frozen=True, slots=True)
class Server:
    """Where the hub listens, and whose pages may open WebSockets beside its own. Development tokens work on loopback
    hosts only.
    """

    host: str = "127.0.0.1"
    port: int = 8000
    origins: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        _hold(0 <= self.port <= 65535, "server.port is between 0 (any free one) and 65535")
        for origin in self.origins:
            _hold(_ORIGIN.fullmatch(origin) is not None, "server.origins are like https://portal.example:8443")

    @property
    def is_loopback(self) -> bool:
        """Whether only this machine can reach the host."""
        if self.host == "localhost":
            return True
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return False


@dataclass(frozen=True, slots=True)
class Database:
    """The information base: `sqlite:///file` or `postgresql://...`. Never shown: it can hold a password."""

    url: str = field(default="sqlite:///hub-data/hub.db", repr=False)
    weak_durability: bool = False
    """Whether the hub may serve although what it acknowledged could be lost with the power."""

    @property
    def file(self) -> Path | None:
        """The base that is a file; None for a server."""
        scheme, _, place = self.url.partition(":///")
        name = place.partition("?")[0]
        return Path(name) if scheme.startswith("sqlite") and name not in ("", ":memory:") else None

    @property
    def is_missing(self) -> bool:
        """Whether the base is a file that is not there: opening it would make it."""
        return self.file is not None and not self.file.exists()

    @property
    def folder(self) -> Path | None:
        """The folder of a base that is a file; None for a server."""
        return self.file.parent if self.file else None


@dataclass(frozen=True, slots=True)
class KeyFile:
    """Where the keys are (mode 600), and the cipher that new values are sealed with."""

    file: Path = Path("hub-data/keys.json")
    cipher: str = "AES-256-GCM"

    def __post_init__(self) -> None:
        _hold(self.cipher in CIPHERS, f"keys.cipher is one of {', '.join(CIPHERS)}")


@dataclass(frozen=True, slots=True)
class Tokens:
    """How long development tokens live unless their maker says otherwise."""

    life_seconds: int = LONGEST_TOKEN_SECONDS

    def __post_init__(self) -> None:
        _hold(0 < self.life_seconds <= LONGEST_TOKEN_SECONDS, "tokens.life_seconds is between 1 and 43200")


@dataclass(frozen=True, slots=True)
class Logs:
    """What is logged, as JSON lines on standard error."""

    level: str = "info"

    def __post_init__(self) -> None:
        _hold(self.level in LOG_LEVELS, f"logs.level is one of {', '.join(LOG_LEVELS)}")


@dataclass(frozen=True, slots=True)
class Watched:
    """The folder into which agencies put files while the hub serves; none where it is empty."""

    folder: str = ""
    poll_seconds: float = 5.0

    def __post_init__(self) -> None:
        _hold(0 < self.poll_seconds <= LONGEST_POLL_SECONDS, "exchange.poll_seconds is between 0 and 3600")


@dataclass(frozen=True, slots=True)
class Timely:
    """Whether this process runs jobs, how often it looks for some, and how long one is its own without a renewal."""

    run: bool = True
    poll_seconds: float = 5.0
    lease_seconds: float = 30.0

    def __post_init__(self) -> None:
        _hold(0 < self.poll_seconds <= LONGEST_POLL_SECONDS, "jobs.poll_seconds is between 0 and 3600")
        _hold(1 <= self.lease_seconds <= LONGEST_POLL_SECONDS, "jobs.lease_seconds is between 1 and 3600")


@dataclass(frozen=True, slots=True)
class Outgoing:
    """Whether this process brings events to receivers (outlets.toml), how often it looks for acknowledgement files, and
    how long an outlet is its own without a renewal.
    """

    run: bool = True
    poll_seconds: float = 5.0
    lease_seconds: float = 30.0

    def __post_init__(self) -> None:
        _hold(0 < self.poll_seconds <= LONGEST_POLL_SECONDS, "outlets.poll_seconds is between 0 and 3600")
        _hold(1 <= self.lease_seconds <= LONGEST_POLL_SECONDS, "outlets.lease_seconds is between 1 and 3600")


@dataclass(frozen=True, slots=True)
class Limits:
    """What one request, one document and one answer may cost. PROTOCOL.md tells clients."""

    body_bytes: int = 512 * 1024
    body_seconds: float = 10.0
    json_depth: int = 64
    tokens: int = 2000
    entity_levels: int = 8
    raw_depth: int = 30
    aliases: int = 30
    root_fields: int = 20
    root_mutations: int = 10
    directives: int = 50
    list_items: int = 250
    node_budget: int = 10_000
    deadline_seconds: float = 10.0
    waiting_per_principal: int = 8
    answer_bytes: int = 8 * 1024 * 1024
    sockets: int = 8192
    sockets_per_principal: int = 20
    init_seconds: float = 5.0
    operations_per_socket: int = 50
    live_per_principal: int = 200
    messages_per_second: int = 50
    frame_bytes: int = 256 * 1024
    heartbeat_seconds: float = 15.0
    stalled_seconds: float = 60.0
    ticket_seconds: float = 60.0
    warning_seconds: float = 60.0

    def __post_init__(self) -> None:
        for item in fields(self):
            _hold(0 < getattr(self, item.name) < math.inf, f"limits.{item.name} is greater than zero")
        _hold(self.warning_seconds <= LONGEST_TOKEN_SECONDS, "limits.warning_seconds is at most 43200")


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything a process knows before it opens the information base."""

    config: Path
    server: Server = field(default_factory=Server)
    database: Database = field(default_factory=Database)
    keys: KeyFile = field(default_factory=KeyFile)
    tokens: Tokens = field(default_factory=Tokens)
    logs: Logs = field(default_factory=Logs)
    exchange: Watched = field(default_factory=Watched)
    jobs: Timely = field(default_factory=Timely)
    outlets: Outgoing = field(default_factory=Outgoing)
    limits: Limits = field(default_factory=Limits)


def load(environment: Mapping[str, str] | None = None) -> Settings:
    """hub.toml with the environment's `HUB_<SECTION>_<KEY>` over it; HUB_CONFIG names another folder.

    Raises BadConfiguration (HUB-701) for an unknown key, a wrong type or a value out of range.
    """
    given = os.environ if environment is None else environment
    directory = config_directory(given)
    values = read(directory, "hub")
    _hold("config" not in values, "hub.toml: unknown key config")
    for name, text in given.items():
        if name.startswith("HUB_") and not name.startswith(_NOT_SETTINGS):
            section, key, hint = _place(name)
            values[section] = {**_section(values, section), key: _from_text(text, hint, name)}
    return fit(Settings, {**values, "config": directory}, "hub.toml")


def secrets_said(environment: Mapping[str, str] | None = None) -> dict[str, tuple[str, ...]]:
    """The secrets of receivers, by name in lower case: `HUB_SECRET_<NAME>`, one or two with a comma between them."""
    given = os.environ if environment is None else environment
    named = {name.removeprefix(_SECRETS).lower(): text for name, text in given.items() if name.startswith(_SECRETS)}
    return {name: tuple(part.strip() for part in text.split(",") if part.strip()) for name, text in named.items()}


def config_directory(environment: Mapping[str, str]) -> Path:
    """HUB_CONFIG; otherwise the folder inside the installed package; otherwise the one beside it in a checkout."""
    package = Path(__file__).parent
    named = environment.get("HUB_CONFIG")
    places = [Path(named)] if named else [package / "config", package.parent / "config"]
    found = next((place for place in places if place.is_dir()), None)
    if found is None:
        raise BadConfiguration(reason="the folder of configuration (HUB_CONFIG) is missing")
    return found


def read(directory: Path, name: str) -> dict[str, Any]:
    """The content of one TOML file of the configuration; BadConfiguration where it is missing or is no TOML."""
    try:
        return tomllib.loads((directory / f"{name}.toml").read_text("utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise BadConfiguration(reason=f"{name}.toml cannot be read") from error
    except tomllib.TOMLDecodeError as error:
        raise BadConfiguration(reason=f"{name}.toml: {error}") from error


def read_lines(path: Path) -> list[str]:
    """The lines of a text file in UTF-8, with or without a byte order mark; BadConfiguration where it has none."""
    try:
        return path.read_text("utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise BadConfiguration(reason=f"{path.name} cannot be read as UTF-8 text") from error


def fit(kind: type[T], values: Mapping[str, Any], where: str) -> T:
    """`values` as the dataclass `kind`, every type exact; BadConfiguration says where and what, never the value."""
    hints = get_type_hints(kind)
    known = {item.name: item for item in fields(cast("Any", kind))}
    for name in values:
        if name not in known:
            raise BadConfiguration(reason=f"{where}: unknown key {name}{suggestion(name, known)}")
    for name, item in known.items():
        if name not in values and item.default is MISSING and item.default_factory is MISSING:
            raise BadConfiguration(reason=f"{where}: {name} is missing")
    return kind(**{name: _fitted(value, hints[name], f"{where}: {name}") for name, value in values.items()})


def suggestion(name: str, known: Iterable[str]) -> str:
    """`, did you mean port?`, or nothing where no known name is near."""
    near = get_close_matches(name, known, n=1, cutoff=0.6)
    return f", did you mean {near[0]}?" if near else ""


def _fitted(value: Any, hint: Any, where: str) -> Any:
    if get_origin(hint) in (Union, types.UnionType):
        hint = next(kind for kind in get_args(hint) if kind is not type(None))
    if is_dataclass(hint) and isinstance(value, dict):
        return fit(cast("type", hint), value, where)
    if get_origin(hint) is tuple and isinstance(value, list):
        return tuple(_fitted(item, get_args(hint)[0], where) for item in value)
    if get_origin(hint) is Mapping and isinstance(value, dict):
        return {name: _fitted(item, get_args(hint)[1], f"{where}: {name}") for name, item in value.items()}
    if hint is Any:
        return value
    if hint is float and type(value) is int:
        return float(value)
    if hint is Path and isinstance(value, (str, Path)):
        return Path(value)
    if type(value) is not hint:
        raise BadConfiguration(reason=f"{where} is of another type, {_word(hint)} is expected")
    return value


def _word(hint: Any) -> str:
    words = {
        str: "text",
        int: "an integer",
        float: "a number",
        bool: "true or false",
        Path: "a path",
        dt.date: "a date",
    }
    return words.get(hint, "a list" if get_origin(hint) is tuple else "a table")


def _from_text(text: str, hint: Any, name: str) -> Any:
    """A value of the environment, typed as its setting."""
    try:
        if hint is bool:
            return {"true": True, "false": False}[text.lower()]
        if get_origin(hint) is tuple:
            return tuple(part.strip() for part in text.split(",") if part.strip())
        return hint(text)
    except (KeyError, ValueError):
        raise BadConfiguration(reason=f"{name} is of another type, {_word(hint)} is expected") from None


def _place(name: str) -> tuple[str, str, Any]:
    sections = {item.name for item in fields(Settings)} - {"config"}
    hints = get_type_hints(Settings)
    places = {f"HUB_{part}_{item.name}".upper(): (part, item.name) for part in sections for item in fields(hints[part])}
    if name not in places:
        raise BadConfiguration(reason=f"environment: unknown variable {name}{suggestion(name, places)}")
    section, key = places[name]
    return section, key, get_type_hints(hints[section])[key]


def _section(values: Mapping[str, Any], name: str) -> dict[str, Any]:
    section = values.get(name, {})
    _hold(isinstance(section, dict), f"hub.toml: {name} is of another type, a table is expected")
    return cast("dict[str, Any]", section)


def _hold(condition: bool, reason: str) -> None:
    if not condition:
        raise BadConfiguration(reason=reason)
