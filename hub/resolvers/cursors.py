"""Cursors of pages: a position in an order, unsigned, because the viewer's predicate applies to every page."""

from collections.abc import Sequence
from typing import Any

import orjson

from hub.errors import BadCursor, BadText, ForeignCursor
from hub.schema.scalars import Kind, parse_date, parse_instant
from hub.store.wanted import Order, Term

LONGEST = 8_000


def parts_of(text: str) -> list[Any] | None:
    """`[tag, value, ...]` as the cursor says it; None when it is no cursor at all."""
    if len(text) > LONGEST:
        return None
    try:
        said = bytes.fromhex(text)
        parts = orjson.loads(said)
    except ValueError:
        return None
    # Blanks and capitals are hex digits to Python, but we never write them.
    is_ours = said.hex() == text and isinstance(parts, list) and parts and isinstance(parts[0], str)
    return parts if is_ours else None


def form_of(text: str) -> tuple[str, tuple[bool, ...]] | None:
    """What a plan must know of a cursor: its order's tag, and which of its values are null."""
    parts = parts_of(text)
    return None if parts is None else (parts[0], tuple(value is None for value in parts[1:]))


def tag_of(order: Sequence[tuple[str, bool]]) -> str:
    """The order's name within cursors: `registered_at:d,id:d`."""
    return ",".join(f"{name}:{'a' if ascending else 'd'}" for name, ascending in order)


def check_form(form: Any, order: Order, tag: str) -> tuple[bool, ...]:
    """Which values are null, once the form fits the order. BadCursor, ForeignCursor."""
    if form is None:
        raise BadCursor
    if form[0] != tag:
        raise ForeignCursor
    nulls: tuple[bool, ...] = form[1]
    if len(nulls) != len(order) or any(null and not term.nullable for null, term in zip(nulls, order, strict=True)):
        raise BadCursor
    return nulls


def value_at(text: str, place: int, term: Term) -> Any:
    """One value of a cursor whose form fits, for the driver. BadCursor when it is not of the column's kind."""
    parts = parts_of(text)
    if parts is None:
        raise BadCursor
    value = parts[place + 1]
    if term.kind in (Kind.INT, Kind.MONEY):
        if not isinstance(value, int) or isinstance(value, bool) or abs(value) >= 2**63:
            raise BadCursor
        return value
    if not isinstance(value, str) or "\x00" in value:
        raise BadCursor
    try:
        if term.kind is Kind.DATE:
            return parse_date(value)
        if term.kind is Kind.INSTANT and parse_instant(value) != value:
            raise BadCursor
    except BadText:
        raise BadCursor from None
    return value
