"""Orders, cursors and pages over Python rows."""

import datetime as dt
import enum
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from hub.errors import BadCursor, BadText, ForeignCursor
from hub.rules import wording
from hub.schema.model import Column, Noun
from hub.schema.scalars import Kind, parse_date, parse_instant, show_instant

from .rows import Row

Order = tuple[tuple[str, bool], ...]
"""Member names with whether they ascend; `id` is always among them, and null is the greatest value."""

BY_ID: Order = (("id", True),)


@dataclass(frozen=True, slots=True)
class Page:
    """Which part of a sorted list is asked for: `size` rows after the cursor, or before it."""

    order: Order = BY_ID
    size: int = 20
    backward: bool = False
    cursor: tuple[Any, ...] | None = None


@dataclass(frozen=True, slots=True)
class Cut:
    """The rows of a page in list order, and whether there is more on either side."""

    rows: Sequence[Row]
    more_before: bool
    more_after: bool


def order_of(terms: Iterable[tuple[str, bool]]) -> Order:
    """The order asked for, made total: `id` in the direction of the last term."""
    named = tuple(terms) or BY_ID
    return named if any(name == "id" for name, _ in named) else (*named, ("id", named[-1][1]))


def stored(value: Any) -> Any:
    """A value as it is stored, compared and put into cursors."""
    if isinstance(value, enum.Enum):
        return value.name
    if isinstance(value, dt.datetime):
        return show_instant(value)
    return value.isoformat() if isinstance(value, dt.date) else value


def cursor_of(noun: Noun, row: Row, order: Order) -> str:
    """The text that points behind a row of that order."""
    return orjson.dumps([tag_of(order), *_position(noun, row, order)]).hex()


def tag_of(order: Order) -> str:
    """`registered_at:d,id:d`."""
    return ",".join(f"{name}:{'a' if ascending else 'd'}" for name, ascending in order)


def read_cursor(noun: Noun, text: str, order: Order) -> tuple[Any, ...]:
    """The position a cursor holds; BadCursor when it is none, ForeignCursor when it is one of another order."""
    try:
        said = bytes.fromhex(text)
        parts = orjson.loads(said.decode())
    except ValueError:
        raise BadCursor from None
    if said.hex() != text or not isinstance(parts, list) or not parts or not isinstance(parts[0], str):
        raise BadCursor
    if parts[0] != tag_of(order):
        raise ForeignCursor
    values = parts[1:]
    if len(values) != len(order) or not all(_fits(noun, name, value) for (name, _), value in zip(order, values, strict=True)):
        raise BadCursor
    return tuple(values)


def arranged(noun: Noun, rows: Iterable[Row], order: Order) -> list[Row]:
    """The rows in that order."""
    found = list(rows)
    for name, ascending in reversed(order):
        found.sort(key=lambda row, name=name: _greatest_null(_key(noun, row, name)), reverse=not ascending)  # type: ignore[misc]
    return found


def cut(noun: Noun, rows: Sequence[Row], page: Page) -> Cut:
    """The page of rows that are arranged already. Towards where it came from a page says that a cursor was given."""
    given = page.cursor is not None
    if page.cursor is not None:
        rows = [row for row in rows if _beyond(noun, row, page)]
    more = len(rows) > page.size
    if page.backward:
        return Cut(rows[max(0, len(rows) - page.size) :], more, given)
    return Cut(rows[: page.size], given, more)


def _beyond(noun: Noun, row: Row, page: Page) -> bool:
    """Whether the row lies strictly after the cursor (strictly before it, going backward)."""
    for (_, ascending), mine, theirs in zip(page.order, _position(noun, row, page.order), page.cursor or (), strict=True):
        if mine != theirs:
            return (_greatest_null(mine) > _greatest_null(theirs)) == (ascending != page.backward)
    return False


def _position(noun: Noun, row: Row, order: Order) -> tuple[Any, ...]:
    return tuple(_key(noun, row, name) for name, _ in order)


def _key(noun: Noun, row: Row, name: str) -> Any:
    member = noun.members[name]
    value = stored(row[name])
    return wording.sound_key(value) if isinstance(member, Column) and member.sound and value is not None else value


def _greatest_null(value: Any) -> tuple[bool, Any]:
    return value is None, value if value is not None else 0


def _fits(noun: Noun, name: str, value: Any) -> bool:
    member = noun.members[name]
    if not isinstance(member, Column) or value is None:
        return member.nullable and value is None
    if member.kind in (Kind.INT, Kind.MONEY):
        return isinstance(value, int) and not isinstance(value, bool)
    return isinstance(value, str) and _spelled(member.kind, value)


def _spelled(kind: Kind, value: str) -> bool:
    try:
        if kind is Kind.DATE:
            parse_date(value)
        return kind is not Kind.INSTANT or parse_instant(value) == value
    except BadText:
        return False
