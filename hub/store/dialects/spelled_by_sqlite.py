"""How SQLite spells the expressions of answers."""

from typing import Any

from sqlalchemy.ext.compiler import compiles

from hub.store.dialects.spelling import (
    Among,
    Bytes,
    Differs,
    Exists,
    Found,
    Gathered,
    Hex,
    Item,
    JsonText,
    ListRows,
    Truth,
    Whole,
    Yuan,
)


@compiles(JsonText, "sqlite")
def _json_text_sqlite(element: JsonText, compiler: Any, **options: Any) -> str:
    return f"json_quote({compiler.process(element.parts[0], **options)})"


@compiles(Truth, "sqlite")
def _truth_sqlite(element: Truth, compiler: Any, **options: Any) -> str:
    part = compiler.process(element.parts[0], **options)
    return f"CASE {part} WHEN 1 THEN 'true' WHEN 0 THEN 'false' END"


@compiles(Yuan, "sqlite")
def _yuan_sqlite(element: Yuan, compiler: Any, **options: Any) -> str:
    fen = compiler.process(element.parts[0], **options)
    shown = f"""printf('"%s%d.%02d"', CASE WHEN {fen} < 0 THEN '-' ELSE '' END, abs({fen}) / 100, abs({fen}) % 100)"""
    return f"CASE WHEN {fen} IS NOT NULL THEN {shown} END"


@compiles(Hex, "sqlite")
def _hex_sqlite(element: Hex, compiler: Any, **options: Any) -> str:
    # hex(NULL) is an empty text here, which no guard would see.
    return f"nullif(lower(hex({compiler.process(element.parts[0], **options)})), '')"


@compiles(Bytes, "sqlite")
def _bytes_sqlite(element: Bytes, compiler: Any, **options: Any) -> str:
    return str(compiler.process(element.parts[0], **options))


@compiles(Whole, "sqlite")
def _whole_sqlite(element: Whole, compiler: Any, **options: Any) -> str:
    return f"CAST({compiler.process(element.parts[0], **options)} AS BLOB)"


@compiles(Gathered, "sqlite")
def _gathered_sqlite(element: Gathered, compiler: Any, **options: Any) -> str:
    return f"coalesce(group_concat({compiler.process(element.parts[0], **options)}, ','), '')"


@compiles(Among, "sqlite")
def _among_sqlite(element: Among, compiler: Any, **options: Any) -> str:
    column, values = (compiler.process(part, **options) for part in element.clauses)
    # Through an index over a column of few values the list would cost the page its order.
    return f"{'' if element.eager else '+'}{column} IN (SELECT value FROM json_each({values}))"


@compiles(Found, "sqlite")
def _found_sqlite(element: Found, compiler: Any, **options: Any) -> str:
    phrase, search = next(iter(element.clauses)), f"{element.searched}_search"
    return f"{element.row}.id IN (SELECT id FROM {search} WHERE {search} MATCH {compiler.process(phrase, **options)})"


@compiles(Differs, "sqlite")
def _differs_sqlite(element: Differs, compiler: Any, **options: Any) -> str:
    one, other = (compiler.process(part, **options) for part in element.clauses)
    return f"({one} IS NOT {other})"


@compiles(ListRows, "sqlite")
def _list_rows_sqlite(element: ListRows, compiler: Any, **options: Any) -> str:
    (values,) = element.clauses
    return f"(SELECT key AS place, value AS item FROM json_each({compiler.process(values, **options)}))"


@compiles(Item, "sqlite")
def _item_sqlite(element: Item, compiler: Any, **options: Any) -> str:
    at = element.said["at"]
    path = f"$[{at}]" if isinstance(at, int) else f"$.{at}"
    return f"json_extract({compiler.process(element.parts[0], **options)}, '{path}')"


@compiles(Exists, "sqlite")
def _exists_sqlite(element: Exists, compiler: Any, **options: Any) -> str:
    # With a LIMIT of its own it stays a question: 3.51 makes a join of it otherwise, and gives rows twice.
    options.pop("asfrom", None)
    return f"{'' if element.wanted else 'NOT '}EXISTS ({compiler.process(element.rows, **options)} LIMIT 1)"
