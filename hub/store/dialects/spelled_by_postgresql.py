"""How PostgreSQL spells the expressions of answers."""

from typing import Any

from sqlalchemy.ext.compiler import compiles

from hub.store.dialects.spelling import (
    Among,
    Bytes,
    Differs,
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


@compiles(JsonText, "postgresql")
def _json_text_postgresql(element: JsonText, compiler: Any, **options: Any) -> str:
    return f"CAST(to_json({compiler.process(element.parts[0], **options)}) AS TEXT)"


@compiles(Truth, "postgresql")
def _truth_postgresql(element: Truth, compiler: Any, **options: Any) -> str:
    return f"CAST({compiler.process(element.parts[0], **options)} AS TEXT)"


@compiles(Yuan, "postgresql")
def _yuan_postgresql(element: Yuan, compiler: Any, **options: Any) -> str:
    fen = compiler.process(element.parts[0], **options)
    sign = f"CASE WHEN {fen} < 0 THEN '\"-' ELSE '\"' END"
    rest = f"lpad(CAST(abs({fen}) % 100 AS TEXT), 2, '0')"
    return f"({sign} || CAST(abs({fen}) / 100 AS TEXT) || '.' || {rest} || '\"')"


@compiles(Hex, "postgresql")
def _hex_postgresql(element: Hex, compiler: Any, **options: Any) -> str:
    return f"encode(convert_to({compiler.process(element.parts[0], **options)}, 'UTF8'), 'hex')"


@compiles(Bytes, "postgresql")
def _bytes_postgresql(element: Bytes, compiler: Any, **options: Any) -> str:
    return f'({compiler.process(element.parts[0], **options)} COLLATE "C")'


@compiles(Whole, "postgresql")
def _whole_postgresql(element: Whole, compiler: Any, **options: Any) -> str:
    return f"convert_to({compiler.process(element.parts[0], **options)}, 'UTF8')"


@compiles(Gathered, "postgresql")
def _gathered_postgresql(element: Gathered, compiler: Any, **options: Any) -> str:
    return f"coalesce(string_agg({compiler.process(element.parts[0], **options)}, ','), '')"


@compiles(Among, "postgresql")
def _among_postgresql(element: Among, compiler: Any, **options: Any) -> str:
    column, values = (compiler.process(part, **options) for part in element.clauses)
    return f"{column} = ANY ({values})"


@compiles(Found, "postgresql")
def _found_postgresql(element: Found, compiler: Any, **options: Any) -> str:
    words, run = (compiler.process(part, **options) for part in list(element.clauses)[1:])
    tokens = f"{element.row}.search_tokens"
    return f"(to_tsvector('simple', {tokens}) @@ CAST({words} AS tsquery) AND strpos({tokens}, {run}) > 0)"


@compiles(Differs, "postgresql")
def _differs_postgresql(element: Differs, compiler: Any, **options: Any) -> str:
    one, other = (compiler.process(part, **options) for part in element.clauses)
    return f"({one} IS DISTINCT FROM {other})"


@compiles(ListRows, "postgresql")
def _list_rows_postgresql(element: ListRows, compiler: Any, **options: Any) -> str:
    (values,) = element.clauses
    source = (
        f"json_array_elements(CAST({compiler.process(values, **options)} AS json)) WITH ORDINALITY AS e(item, place)"
    )
    return f"(SELECT e.place, e.item FROM {source})"


@compiles(Item, "postgresql")
def _item_postgresql(element: Item, compiler: Any, **options: Any) -> str:
    at = element.said["at"]
    step = str(at) if isinstance(at, int) else f"'{at}'"
    return f"({compiler.process(element.parts[0], **options)} ->> {step})"
