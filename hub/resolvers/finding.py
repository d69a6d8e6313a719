"""Finding: which cases filters of the graph find, whoever may see them: what jobs freeze figures of."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields
from itertools import count
from typing import Any, cast

import sqlalchemy as sa
from graphql.utilities import coerce_input_value
from sqlalchemy.ext.asyncio import AsyncEngine

from hub.resolvers.arguments import Arguments, Binds
from hub.rules.indicators import Found
from hub.schema.graph import HubSchema
from hub.schema.model import Model, Noun
from hub.store.base import faults
from hub.store.conditions import Conditions, table
from hub.store.dialects.driven import driven
from hub.store.dialects.spelling import typed
from hub.store.seal import Seal

_ROW = "c"
_SHOWN = tuple(each.name for each in fields(Found))


class Finder:
    """Finds by filters of `cases`; all of one call by one statement, so in one state of the base."""

    def __init__(self, schema: HubSchema, model: Model, engine: AsyncEngine, metadata: sa.MetaData, seal: Seal) -> None:
        self._kind: Any = schema._schema.type_map["CaseFilter"]  # noqa: SLF001 - the framework's own door to graphql-core
        self._model, self._engine, self._metadata, self._seal = model, engine, metadata, seal

    async def __call__(self, filters: Sequence[Mapping[str, Any]]) -> list[list[Found]]:
        """Per filter the cases that it finds, by id. A filter that is refused is so as in the graph."""
        binds, names = Binds(self._model, self._seal.hashed), count()
        asked = [self._asked(number, each, binds, names) for number, each in enumerate(filters)]
        if not asked:
            return []
        values = {name: read(cast("Any", {})) for name, read in binds.sources.items()}
        sql, given = driven(sa.union_all(*asked), self._engine.dialect, values)
        found: list[list[Found]] = [[] for _ in filters]
        with faults(self._metadata):
            async with self._engine.connect() as connection:
                for row in (await connection.exec_driver_sql(sql, given)).mappings():
                    found[row["number"]].append(Found(**{name: row[name] for name in _SHOWN}))
        return [sorted(each, key=lambda one: one.id) for each in found]

    def _asked(self, number: int, said: Mapping[str, Any], binds: Binds, names: Iterator[int]) -> sa.Select[Any]:
        noun, given = self._model["Case"], coerce_input_value(dict(said), self._kind)
        condition = Arguments(self._model, binds).condition(noun, cast("Any", given))
        met = Conditions(_everybody, lambda kind: f"{kind}{next(names)}").where(noun, _ROW, condition)
        shown = [typed(f"{_ROW}.{name}").label(name) for name in _SHOWN]
        asked: sa.Select[Any] = sa.select(sa.literal_column(str(number)).label("number"), *shown)
        return asked.select_from(table(noun.table, _ROW)).where(*met)


def _everybody(noun: Noun, alias: str, *, listed: bool = False) -> sa.ColumnElement[bool] | None:
    """Jobs look at all there is."""
    del noun, alias, listed
    return None
