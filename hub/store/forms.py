"""What values become in the columns of their row: checked, spelled, sealed, hashed and masked by the declaration."""

import datetime as dt
import enum
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import orjson
import sqlalchemy as sa

from hub.errors import BadText, MalformedId
from hub.rules import masking, wording
from hub.schema.model import CodeColumn, Column, LinkMember, Member, Model, Noun, Sealed, record_fields
from hub.schema.scalars import LARGEST_FEN, Kind, show_instant
from hub.store.seal import Seal, context_of

LONGEST_TEXT = 1_000_000
LONGEST_SEARCHED = 20_000
"""Two such texts of different characters still fit PostgreSQL's index of one row (1 MiB)."""
LONGEST_INDEXED = 300
LONGEST_SOUNDED = 200
"""In characters: PostgreSQL's index entries hold 2,704 bytes, of several columns and of sound keys too."""

BY_LEDGER = ("version", "created_at", "updated_at")
"""What no caller may set."""

MASKS: Mapping[str, Callable[[str], str]] = {
    "name": masking.mask_name,
    "identity": masking.mask_identity,
    "phone": masking.mask_phone,
    "address": masking.mask_address,
}
"""How sealed values are shown; `text` needs the names of the row's case as well."""

_LARGEST_INT = 2**63


class Forms:
    """The columns of one noun's rows, but for what other rows decide: levels and texts masked with names."""

    def __init__(self, noun: Noun, model: Model, table: sa.Table, seal: Seal) -> None:
        self.noun = noun
        self._seal = seal
        stored = [m for m in noun.members.values() if isinstance(m, (Column, CodeColumn, LinkMember, Sealed))]
        members = {member.name: member for member in stored if member.name not in BY_LEDGER}
        self._checks = {name: _check(member, model, table) for name, member in members.items()}
        self._whole = tuple(name for name in members if name != "id")
        self._needed = {name for name, member in members.items() if not member.nullable}
        special = [m for m in members.values() if isinstance(m, (Column, Sealed)) and _has_more(m)]
        self._special = tuple(_special(member) for member in special)
        columns = {name: m.column if isinstance(m, LinkMember) else name for name, m in members.items()}
        self._columns = {name: column for name, column in columns.items() if not _is_sealed(members[name])}

    def checked(self, values: Mapping[str, Any], *, whole: bool) -> dict[str, Any]:
        """The values as they are stored. TypeError when a caller is wrong; BadText or MalformedId when a value is.

        `whole` rows lack nothing: what is absent is null, where that is allowed.
        """
        if unknown := [name for name in values if name not in self._checks]:
            raise TypeError(f"{self.noun.name} has no stored {', '.join(unknown)}")
        found: dict[str, Any] = dict.fromkeys(self._whole) if whole else {}
        checks = self._checks
        for name, value in values.items():
            if name != "id":
                found[name] = None if value is None else checks[name](value)
        for name in self._needed:
            if name in found and found[name] is None:
                raise TypeError(f"{self.noun.name}.{name} is never null")
        return found

    def columns(self, id_: str, values: Mapping[str, Any]) -> dict[str, Any]:
        """What the checked values are in the columns of the row."""
        known = self._columns
        found = {known[name]: value for name, value in values.items() if name in known}
        for special in self._special:
            if special.name in values:
                self._add_more(found, special, id_, values[special.name])
        return found

    def _add_more(self, found: dict[str, Any], special: "_Special", id_: str, value: str | None) -> None:
        if special.sealed:
            context = context_of(self.noun.table, special.name, id_)
            found[special.sealed] = None if value is None else self._seal.close(value, context)
        if special.shown:
            found[special.name] = None if value is None else special.shown(value)
        if special.sound:
            found[special.sound] = None if value is None else wording.sound_key(value)
        if special.hashed:
            found[special.hashed] = None if value is None else self._seal.hashed(special.kind, value)


@dataclass(frozen=True, slots=True)
class _Special:
    """A member that is more than its own column: the other columns' names, and how it is shown where it is sealed."""

    name: str
    sealed: str | None
    shown: Callable[[str], str | None] | None
    sound: str | None
    hashed: str | None
    kind: str


def _special(member: Column | Sealed) -> _Special:
    sealed, sound = _is_sealed(member), isinstance(member, Column) and member.sound
    mask = MASKS.get(member.mask or "", _nothing)
    return _Special(
        member.name,
        f"{member.name}_sealed" if sealed else None,
        mask if sealed and not is_text(member) else None,
        f"{member.name}_sound" if sound else None,
        f"{member.name}_hash" if member.hashed else None,
        member.hashed or "",
    )


def _nothing(_: str) -> None:
    return None


def is_text(member: Member) -> bool:
    """Whether the member is a text in which the names of the case's parties are masked."""
    return (isinstance(member, Column) and member.search) or (isinstance(member, Sealed) and member.mask == "text")


def _is_sealed(member: Member) -> bool:
    return isinstance(member, Sealed) or is_text(member)


def _has_more(member: Column | Sealed) -> bool:
    return _is_sealed(member) or bool(member.hashed) or (isinstance(member, Column) and member.sound)


def as_json(value: Any) -> str:
    """Compact JSON, as it is stored."""
    return orjson.dumps(value).decode()


def _check(member: Member, model: Model, table: sa.Table) -> Callable[[Any], Any]:
    where = f"{table.name}.{member.name}"
    if isinstance(member, LinkMember):
        return _link(where, "|".join(model[target].id_pattern.pattern for target in member.targets))
    if isinstance(member, Column) and member.kind not in (Kind.TEXT, Kind.ID):
        return _CHECKS[member.kind](where, member)
    return _text(where, _longest(member, table))


def _longest(member: Member, table: sa.Table) -> int:
    if isinstance(member, Column) and member.sound:
        return LONGEST_SOUNDED
    if isinstance(member, (Column, Sealed)) and member.search:
        return LONGEST_SEARCHED
    rules = [rule.columns for rule in table.constraints if isinstance(rule, sa.UniqueConstraint)]
    indexed = {column.name for columns in (*(i.columns for i in table.indexes), *rules) for column in columns}
    return LONGEST_INDEXED if member.name in indexed else LONGEST_TEXT


def _text(where: str, longest: int) -> Callable[[Any], str]:
    def check(value: Any) -> str:
        if not isinstance(value, str):
            raise TypeError(f"{where} is a text")
        if len(value) > longest or not wording.storable(value):
            raise BadText
        return value

    return check


def _link(where: str, pattern: str) -> Callable[[Any], str]:
    ids = re.compile(pattern)

    def check(value: Any) -> str:
        if not isinstance(value, str):
            raise TypeError(f"{where} is an id")
        if not ids.fullmatch(value):
            raise MalformedId
        return value

    return check


def _whole_number(largest: int) -> Callable[[str, Column], Callable[[Any], int]]:
    def checking(where: str, _: Column) -> Callable[[Any], int]:
        def check(value: Any) -> int:
            if not isinstance(value, int) or isinstance(value, bool):
                raise TypeError(f"{where} is a whole number")
            if abs(value) > largest:
                raise BadText
            return value

        return check

    return checking


def _exactly(kind: type) -> Callable[[str, Column], Callable[[Any], Any]]:
    def checking(where: str, _: Column) -> Callable[[Any], Any]:
        def check(value: Any) -> Any:
            # A datetime is a date and True is a number, but not here.
            if type(value) is not kind:
                raise TypeError(f"{where} is a {kind.__name__}")
            return value

        return check

    return checking


def _instant(where: str, _: Column) -> Callable[[Any], str]:
    def check(value: Any) -> str:
        if not isinstance(value, dt.datetime) or value.utcoffset() is None:
            raise TypeError(f"{where} is a datetime that knows its zone")
        return show_instant(value)

    return check


def _enum(where: str, member: Column) -> Callable[[Any], str]:
    kind = member.values or enum.Enum

    def check(value: Any) -> str:
        if not isinstance(value, kind):
            raise TypeError(f"{where} is a {kind.__name__}")
        return value.name

    return check


def _records(where: str, member: Column) -> Callable[[Any], str]:
    kind = member.record or object
    names = tuple(record_fields(kind))
    spell = _text(where, LONGEST_INDEXED)

    def check(value: Any) -> str:
        if not isinstance(value, (list, tuple)) or not all(isinstance(each, kind) for each in value):
            raise TypeError(f"{where} is a list of {kind.__name__}")
        rows = [{name: getattr(each, name) for name in names} for each in value]
        for text in (text for row in rows for text in row.values() if text is not None):
            spell(text)
        return as_json(rows)

    return check


_CHECKS: Mapping[Kind, Callable[[str, Column], Callable[[Any], Any]]] = {
    Kind.INT: _whole_number(_LARGEST_INT - 1),
    Kind.MONEY: _whole_number(LARGEST_FEN),
    Kind.BOOL: _exactly(bool),
    Kind.DATE: _exactly(dt.date),
    Kind.INSTANT: _instant,
    Kind.ENUM: _enum,
    Kind.RECORDS: _records,
}
