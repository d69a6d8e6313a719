"""One statement for many sets of values: the sets come as rows, and what was a value is a column of its set's row."""

import re
from collections.abc import Sequence
from itertools import cycle

from sqlalchemy.engine import Dialect

MOST_VALUES = 32_766
"""Of one statement: SQLite takes no more, and PostgreSQL's driver only one more."""

_NUMBERED = re.compile(r"\$(\d+)::(\w+(?:\[\])?)")


def for_sets(sql: str, names: Sequence[str], sets: int, dialect: Dialect) -> str:
    """The statement's value for each of so many sets, behind the set's place.

    `names` are those of the statement's values, as the driver takes them. Each set brings its place and then one value
    per name, in the order in which the names occur first; a set without a place (NULL) is not asked for.
    """
    return (_for_sqlite if dialect.name == "sqlite" else _for_postgresql)(sql, names, sets)


def _for_sqlite(sql: str, names: Sequence[str], sets: int) -> str:
    columns = {name: f"given.column{number}" for number, name in enumerate(dict.fromkeys(names), 2)}
    pieces = sql.split("?")
    if len(pieces) != len(names) + 1:
        raise ValueError("a statement's places and values do not match")
    inner = "".join(
        piece + place for piece, place in zip(pieces, (*(columns[name] for name in names), ""), strict=True)
    )
    row = f"({', '.join('?' * (len(columns) + 1))})"
    return _asked("given.column1", inner, f"(VALUES {', '.join([row] * sets)}) AS given")


def _for_postgresql(sql: str, names: Sequence[str], sets: int) -> str:
    kinds = {int(number): kind for number, kind in _NUMBERED.findall(sql)}
    inner = _NUMBERED.sub(r"given.v\1", sql)
    if len(kinds) != len(names) or "$" in inner:
        raise ValueError("a statement's places and values do not match")
    types = ("INTEGER", *(kinds[number] for number in sorted(kinds)))
    places = (f"${number}::{kind}" for number, kind in zip(range(1, sets * len(types) + 1), cycle(types), strict=False))
    rows = (f"({', '.join(row)})" for row in zip(*[places] * len(types), strict=True))
    columns = ", ".join(("place", *(f"v{number}" for number in sorted(kinds))))
    return _asked("given.place", inner, f"(VALUES {', '.join(rows)}) AS given({columns})")


def _asked(place: str, inner: str, given: str) -> str:
    return f"SELECT {place}, ({inner}) FROM {given} WHERE {place} IS NOT NULL"
