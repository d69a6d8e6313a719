"""How each database spells the expressions that answers are made of: JSON text, lists, cursors, search."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Dialect
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.elements import ColumnElement
from sqlalchemy.sql.expression import FunctionElement

GROUP = 24
"""Parts in one pair of parentheses: longer chains and deeper nesting both break a parser."""

SWALLOWED = "\x01"
"""Stands where a NULL would have swallowed a row: no JSON text holds a control character."""

READ_BEGIN, READ_END, BEHIND = "\x02", "\x03", "~"
"""Around the id of a row that is shown, when what was read is asked for; `BEHIND` before one that only decides."""

MANY = 1_000_000_000
"""A LIMIT that limits nothing: with it, a select keeps its order inside another one."""

Text = sa.Text()


class Spelled(FunctionElement[str]):
    """An expression of our own: text, with its parts as arguments."""

    inherit_cache = False
    type = Text

    def __init__(self, *parts: Any, **options: Any) -> None:
        super().__init__(*parts)
        self.parts = tuple(self.clauses)
        self.said = options


class Joined(Spelled):
    """The texts one after the other."""

    name = "joined"


class JsonText(Spelled):
    """A text as a JSON string."""

    name = "json_text"


class Truth(Spelled):
    """A condition or boolean column as `true` or `false`."""

    name = "truth"


class Digits(Spelled):
    """A number or date as text."""

    name = "digits"


class Yuan(Spelled):
    """Fen as a JSON string of yuan with two places."""

    name = "yuan"


class Month(Spelled):
    """The month of a date: `2025-03`."""

    name = "month"


class Bytes(Spelled):
    """A text of no column, ordered byte by byte as every column is."""

    name = "bytes_text"


class Hex(Spelled):
    """The bytes of a text as lower-case hex digits."""

    name = "hex_text"


class Whole(Spelled):
    """The answer's text as the bytes that go to the socket."""

    name = "whole"


class Gathered(Spelled):
    """All texts of a group with commas between them, in the order of the rows."""

    name = "gathered"


class Condition(FunctionElement[Any]):
    """A condition of our own. Not typed as a boolean: where there are none, `= 1` would be written behind it."""

    inherit_cache = False
    type = sa.types.NULLTYPE


class Exists(ColumnElement[Any]):
    """There is such a row; without parentheses around it, which a parser would have to remember."""

    inherit_cache = False
    type = sa.types.NULLTYPE

    def __init__(self, rows: sa.Select[Any], *, wanted: bool = True) -> None:
        self.rows, self.wanted = rows, wanted


class In(ColumnElement[Any]):
    """The value is one of those that the rows hold, gathered once."""

    inherit_cache = False
    type = sa.types.NULLTYPE

    def __init__(self, value: Any, rows: Any) -> None:
        self.value, self.rows = value, rows


class NotTrue(Condition):
    """The condition is false or unknown."""

    name = "not_true"


class Among(Condition):
    """A column equals one of a list that travels as one parameter; `eager` where an index over it is worth using."""

    name = "among"

    def __init__(self, column: Any, values: Any, *, eager: bool) -> None:
        super().__init__(column, values)
        self.eager = eager


class Found(Condition):
    """The search index of `table` finds the text in the row: its phrase, or its words with their run."""

    name = "found"

    def __init__(self, table: str, alias: str, phrase: Any, words: Any, run: Any) -> None:
        super().__init__(phrase, words, run)
        self.searched, self.row = table, alias


class Differs(Condition):
    """The two are different, null being a value like any other."""

    name = "differs"


class ListRows(FunctionElement[Any]):
    """FROM: the items of a JSON list that travels as one parameter, with their place (`place`, `item`)."""

    inherit_cache = False
    type = Text
    name = "list_rows"


class Item(Spelled):
    """The text at a place of a JSON list (`item`), or of a JSON object under a name."""

    name = "item"


def keeps_order(dialect: Dialect) -> bool:
    """Whether rows that are joined to a page leave it in its order: SQLite reads the left side of a LEFT JOIN first."""
    return dialect.name == "sqlite"


def typed(expression: str, kind: Any = Text) -> ColumnElement[Any]:
    """A column of an alias by its text, so that statements nest without anybody guessing what they correlate to."""
    return sa.literal_column(expression, kind)


def constant(text: str) -> ColumnElement[str]:
    """A text of the plan's own (names, braces), never a client's."""
    escaped = text.replace("'", "''")
    return sa.literal_column(f"'{escaped}'", Text)


def joined(parts: Sequence[Any]) -> ColumnElement[Any]:
    """Texts and constants in one text; neighbouring constants become one, long chains become a tree."""
    merged: list[Any] = []
    for part in parts:
        if isinstance(part, str) and merged and isinstance(merged[-1], str):
            merged[-1] += part
        else:
            merged.append(part)
    found = [constant(part) if isinstance(part, str) else part for part in merged]
    while len(found) > GROUP:
        found = [Joined(*found[at : at + GROUP]) for at in range(0, len(found), GROUP)]
    return found[0] if len(found) == 1 else Joined(*found)


def nullable(expression: Any) -> ColumnElement[Any]:
    """The JSON text, or `null`."""
    return sa.func.coalesce(expression, constant("null"), type_=Text)


def guarded(expression: Any) -> ColumnElement[Any]:
    """The JSON text, or the mark that a NULL got into it."""
    return sa.func.coalesce(expression, constant(SWALLOWED), type_=Text)


def limited(statement: sa.Select[Any], rows: int = MANY) -> sa.Select[Any]:
    """The first rows only, as a number in the text: a parameter would hide from the planner how few they are."""
    return statement.suffix_with(sa.text(f"LIMIT {rows}"))


def scalar(statement: sa.Select[Any]) -> ColumnElement[Any]:
    """A select as a value that names its outer aliases itself."""
    found: ColumnElement[Any] = statement.correlate(None).scalar_subquery()
    return found


# --- both databases ---------------------------------------------------------------------------------------------------
@compiles(Joined)
def _joined(element: Joined, compiler: Any, **options: Any) -> str:
    return "(" + " || ".join(compiler.process(part, **options) for part in element.parts) + ")"


@compiles(Digits)
def _digits(element: Digits, compiler: Any, **options: Any) -> str:
    return f"CAST({compiler.process(element.parts[0], **options)} AS TEXT)"


@compiles(NotTrue)
def _not_true(element: NotTrue, compiler: Any, **options: Any) -> str:
    (part,) = element.clauses
    return f"({compiler.process(part, **options)}) IS NOT TRUE"


@compiles(Exists)
def _exists(element: Exists, compiler: Any, **options: Any) -> str:
    options.pop("asfrom", None)
    return f"{'' if element.wanted else 'NOT '}EXISTS ({compiler.process(element.rows, **options)})"


@compiles(In)
def _in(element: In, compiler: Any, **options: Any) -> str:
    options.pop("asfrom", None)
    return f"{compiler.process(element.value, **options)} IN ({compiler.process(element.rows, **options)})"


@compiles(Month)
def _month(element: Month, compiler: Any, **options: Any) -> str:
    return f"substr(CAST({compiler.process(element.parts[0], **options)} AS TEXT), 1, 7)"
