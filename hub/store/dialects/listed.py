"""A column that equals one of a list of texts: the list travels as one parameter, so the statement stays the same."""

from collections.abc import Collection
from typing import Any

import orjson
from sqlalchemy import BindParameter, Dialect, Text, bindparam, types
from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.expression import FunctionElement
from sqlalchemy.types import TypeDecorator, TypeEngine

Texts = Collection[str | None]


class _TextList(TypeDecorator[Texts]):
    """An array where the database has them, JSON where it has not."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(postgresql.ARRAY(Text) if dialect.name == "postgresql" else Text())

    def process_bind_param(self, value: Texts | None, dialect: Dialect) -> Any:
        values = list(value or ())
        return values if dialect.name == "postgresql" else orjson.dumps(values).decode()


class _Listed(FunctionElement[Any]):
    """Not typed as a boolean: where there are none, `= 1` would be written behind it, and no index looked into."""

    inherit_cache = True
    type = types.NULLTYPE
    name = "listed"


def listed(column: Any, values: Texts | BindParameter[Any]) -> FunctionElement[Any]:
    """The condition that the column equals one of the texts; `texts(name)` where they are given with each run.

    A parameter for each text would make it another statement for each length, compiled and planned anew.
    """
    held = values if isinstance(values, BindParameter) else bindparam(None, values, _TextList, unique=True)
    return _Listed(column, held)


def texts(name: str) -> BindParameter[Any]:
    """A list of texts that is given with each run."""
    return bindparam(name, type_=_TextList)


@compiles(_Listed, "postgresql")
def _listed_by_postgresql(element: _Listed, compiler: Any, **options: Any) -> str:
    column, values = (compiler.process(part, **options) for part in element.clauses)
    return f"{column} = ANY ({values})"


@compiles(_Listed, "sqlite")
def _listed_by_sqlite(element: _Listed, compiler: Any, **options: Any) -> str:
    column, values = (compiler.process(part, **options) for part in element.clauses)
    return f"{column} IN (SELECT value FROM json_each({values}))"
