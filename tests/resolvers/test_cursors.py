"""Cursors are unsigned, so they are read strictly: whatever is none is refused with its code."""

import datetime as dt
from typing import Any

import orjson
import pytest

from hub.errors import BadCursor, ForeignCursor
from hub.resolvers.cursors import LONGEST, check_form, form_of, parts_of, tag_of, value_at
from hub.schema.scalars import Kind
from hub.store.wanted import Term

ID = Term("id", ascending=True, nullable=False, kind=Kind.ID)
DUE = Term("due_on", ascending=True, nullable=True, kind=Kind.DATE)


def cursor(*parts: Any) -> str:
    return orjson.dumps(list(parts)).hex()


def test_a_cursor_is_its_orders_tag_and_a_value_per_term() -> None:
    text = cursor("due_on:a,id:a", None, "case_1")

    assert parts_of(text) == ["due_on:a,id:a", None, "case_1"]
    assert form_of(text) == ("due_on:a,id:a", (True, False))
    assert tag_of([("due_on", True), ("id", False)]) == "due_on:a,id:d"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "0",
        "zz",
        "null",
        cursor("id:a", "x").upper(),
        f" {cursor('id:a', 'x')}",
        cursor("id:a", "x").replace("22", "2 2", 1),
        cursor("id:a", "x") + "\n",
        b"[".hex(),
        b"{}".hex(),
        b"[]".hex(),
        b"[1]".hex(),
        b"5".hex(),
        b'["id:a","\xff"]'.hex(),
        b'["id:a","\\ud800"]'.hex(),
        (b"[" * 5000).hex(),
        cursor("id:a", "x" * LONGEST),
    ],
)
def test_what_is_no_cursor_has_no_form(text: str) -> None:
    assert parts_of(text) is None
    assert form_of(text) is None
    with pytest.raises(BadCursor):
        check_form(form_of(text), (ID,), "id:a")


def test_a_cursor_of_another_order_is_told_from_one_that_is_none() -> None:
    with pytest.raises(ForeignCursor):
        check_form(form_of(cursor("number:a,id:a", "1", "case_1")), (ID,), "id:a")


@pytest.mark.parametrize("values", [(), ("x", "y"), (None,)])
def test_a_cursor_with_too_many_values_too_few_or_a_null_is_refused(values: tuple[Any, ...]) -> None:
    with pytest.raises(BadCursor):
        check_form(form_of(cursor("id:a", *values)), (ID,), "id:a")


def test_a_null_stands_where_the_column_may_be_null() -> None:
    form = form_of(cursor("due_on:a,id:a", None, "case_1"))

    assert check_form(form, (DUE, ID), "due_on:a,id:a") == (True, False)


@pytest.mark.parametrize(
    ("kind", "value", "read"),
    [
        (Kind.ID, "case_1", "case_1"),
        (Kind.TEXT, "甲\n'\"\\", "甲\n'\"\\"),
        (Kind.ENUM, "ACCEPTED", "ACCEPTED"),
        (Kind.INT, -7, -7),
        (Kind.MONEY, 2**63 - 1, 2**63 - 1),
        (Kind.DATE, "0987-06-05", dt.date(987, 6, 5)),
        (Kind.INSTANT, "2025-02-01T00:00:00.500000Z", "2025-02-01T00:00:00.500000Z"),
    ],
)
def test_a_value_is_read_for_the_driver(kind: Kind, value: Any, read: Any) -> None:
    found = value_at(cursor("x:a", value), 0, Term("x", ascending=True, nullable=False, kind=kind))

    assert str(found) == str(read)


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (Kind.INT, True),
        (Kind.INT, "1"),
        (Kind.INT, 1.0),
        (Kind.INT, 2**63),
        (Kind.MONEY, -(2**63)),
        (Kind.TEXT, 1),
        (Kind.TEXT, []),
        (Kind.TEXT, "a\0b"),
        (Kind.DATE, "2025-02-30"),
        (Kind.DATE, "20250201"),
        (Kind.INSTANT, "2025-02-01T00:00:00Z"),
        (Kind.INSTANT, "2025-02-01T08:00:00.000000+08:00"),
        (Kind.INSTANT, "yesterday"),
    ],
)
def test_a_value_of_another_kind_is_refused(kind: Kind, value: Any) -> None:
    with pytest.raises(BadCursor):
        value_at(cursor("x:a", value), 0, Term("x", ascending=True, nullable=False, kind=kind))
