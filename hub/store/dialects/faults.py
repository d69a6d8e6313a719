"""What a driver's errors are to us: only their codes, and the names of constraints."""

import sqlite3

import asyncpg
from sqlalchemy import (
    MetaData,
    PrimaryKeyConstraint,
    UniqueConstraint,
)
from sqlalchemy.exc import DBAPIError

from hub.errors import (
    Deadline,
    HubError,
    NotMigrated,
    Refused,
    StorageFull,
    StoreError,
    TooDeep,
    Unavailable,
)

_FAULTS: dict[str, type[HubError]] = {
    "SQLITE_FULL": StorageFull,
    "SQLITE_BUSY": Unavailable,
    "SQLITE_LOCKED": Unavailable,
    "SQLITE_READONLY": Unavailable,
    "SQLITE_IOERR": Unavailable,
    "SQLITE_CANTOPEN": Unavailable,
    "SQLITE_CORRUPT": Unavailable,
    "SQLITE_NOTADB": Unavailable,
    "08": Unavailable,
    "40": Unavailable,
    "53": Unavailable,
    "53100": StorageFull,
    "55P03": Unavailable,
    "57P": Unavailable,
    "58": Unavailable,
    "42P01": NotMigrated,
    "42703": NotMigrated,
}
"""Codes of the drivers (whole or beginning) and what they are to us; the longest that fits counts."""


DRIVER_ERRORS = (asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError)
"""What comes straight from a driver, past SQLAlchemy: where rows are copied into a table, and where the server went
away while the driver was about to say something.
"""

_GAVE_WAY = ("40P01", "40001")

_TOO_DEEP = ("parser stack overflow", "Expression tree is too large", "at most 64 tables")
"""How SQLite says that a statement is nested too deeply for it."""


def hub_error(error: BaseException, metadata: MetaData | None, statement_seconds: float | None) -> HubError:
    """What a driver's error is to us. Only its code and the constraint's name are kept, never its text."""
    if isinstance(error, asyncpg.PostgresError):
        return _postgresql_error(error, error, statement_seconds)
    if not isinstance(error, DBAPIError) or error.connection_invalidated or error.orig is None:
        return Unavailable(reason=type(error).__name__)
    if isinstance(error.orig, sqlite3.Error):
        return _sqlite_error(error.orig, metadata)
    return _postgresql_error(error.orig, error.orig.__cause__, statement_seconds)


def _postgresql_error(error: BaseException, driver: BaseException | None, statement_seconds: float | None) -> HubError:
    state = str(getattr(error, "sqlstate", None) or "")
    if state.startswith("23"):
        return Refused(constraint=getattr(driver, "constraint_name", None) or state)
    if state == "57014":
        return Deadline(limit=statement_seconds)
    return _by_code(state) if state else Unavailable(reason=type(error).__name__)


def gave_way(error: HubError) -> bool:
    """Whether the base ended a transaction because two waited for each other: begun anew, it can succeed."""
    return error.facts.get("reason") in _GAVE_WAY


def _sqlite_error(error: sqlite3.Error, metadata: MetaData | None) -> HubError:
    code, sentence = getattr(error, "sqlite_errorname", ""), str(error)
    if code.startswith("SQLITE_CONSTRAINT"):
        return Refused(constraint=_constraint_name(code, sentence.partition(" failed: ")[2], metadata))
    if sentence.startswith(("no such table", "no such column")) or "has no column" in sentence:
        return NotMigrated(reason=code)
    if sentence.startswith(_TOO_DEEP):
        return TooDeep()
    return _by_code(code)


def _by_code(code: str) -> HubError:
    fitting = sorted((known for known in _FAULTS if code.startswith(known)), key=len)
    return _FAULTS[fitting[-1]](reason=code) if fitting else StoreError(reason=code)


def _constraint_name(code: str, detail: str, metadata: MetaData | None) -> str:
    """SQLite names checks, but says only which columns are not unique; the model knows their constraint."""
    if code == "SQLITE_CONSTRAINT_CHECK":
        return detail
    if code == "SQLITE_CONSTRAINT_FOREIGNKEY":
        return "foreign_key"
    table, columns = detail.partition(".")[0], [part.partition(".")[2] for part in detail.split(", ")]
    known = metadata.tables.get(table) if metadata is not None else None
    if known is None:
        return code.removeprefix("SQLITE_CONSTRAINT_").lower()
    keys = [rule for rule in known.constraints if isinstance(rule, (PrimaryKeyConstraint, UniqueConstraint))]
    rules = [*keys, *(index for index in known.indexes if index.unique)]
    named = [str(rule.name) for rule in rules if [column.name for column in rule.columns] == columns]
    return named[0] if named else code.removeprefix("SQLITE_CONSTRAINT_").lower()


def driver_error(error: BaseException, statement_seconds: float | None) -> HubError:
    """What an error that comes straight from a driver is to us."""
    if isinstance(error, sqlite3.Error):
        return deadline(statement_seconds) if "interrupt" in str(error) else _sqlite_error(error, None)
    if isinstance(error, TimeoutError):
        return deadline(statement_seconds)
    state = str(getattr(error, "sqlstate", None) or "")
    if state == "57014":
        return deadline(statement_seconds)
    return _by_code(state) if state else Unavailable(reason=type(error).__name__)


def deadline(statement_seconds: float | None) -> HubError:
    """A statement ran out of time."""
    return Deadline(limit=f"{statement_seconds or 0:g}")
