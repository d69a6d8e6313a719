"""Finding: which cases and referrals filters of the graph find, whoever may see them: what jobs freeze figures of."""

from collections.abc import Iterator, Sequence
from dataclasses import fields
from itertools import count
from typing import Any, cast

import sqlalchemy as sa
from graphql.utilities import coerce_input_value
from sqlalchemy.ext.asyncio import AsyncEngine

from hub.resolvers.arguments import Arguments, Binds
from hub.rules.indicators import Found, Wanted
from hub.schema.graph import HubSchema
from hub.schema.meetings import Counts
from hub.schema.model import Model, Noun
from hub.store.base import faults
from hub.store.conditions import Conditions, table
from hub.store.dialects.driven import driven
from hub.store.dialects.spelling import typed
from hub.store.seal import Seal

_NOUNS = {Counts.CASES: ("Case", "handled_days"), Counts.REFERRALS: ("Referral", "mediation_days")}
"""The noun of what is counted, and its column of the days that it needed."""

_ROW, _CASE = "r", "c"
_OF_CASE = tuple(each.name for each in fields(Found) if each.name not in ("id", "days"))


class Finder:
    """Finds by filters of the graph; all of one call by one statement, so in one state of the base."""

    def __init__(self, schema: HubSchema, model: Model, engine: AsyncEngine, metadata: sa.MetaData, seal: Seal) -> None:
        self._types = schema._schema.type_map  # noqa: SLF001 - the framework's own door to graphql-core
        self._model, self._engine, self._metadata, self._seal = model, engine, metadata, seal

    async def __call__(self, wanted: Sequence[Wanted]) -> list[list[Found]]:
        """Per filter what it finds, by id. A filter that is refused is so as in the graph."""
        binds, names = Binds(self._model, self._seal.hashed), count()
        asked = [self._asked(number, each, binds, names) for number, each in enumerate(wanted)]
        if not asked:
            return []
        values = {name: read(cast("Any", {})) for name, read in binds.sources.items()}
        sql, given = driven(sa.union_all(*asked), self._engine.dialect, values)
        found: list[list[Found]] = [[] for _ in wanted]
        with faults(self._metadata):
            async with self._engine.connect() as connection:
                for row in (await connection.exec_driver_sql(sql, given)).mappings():
                    values = {name: row[name] for name in ("id", "days", *_OF_CASE)}
                    found[row["number"]].append(Found(**values))
        return [sorted(each, key=lambda one: one.id) for each in found]

    def _asked(self, number: int, wanted: Wanted, binds: Binds, names: Iterator[int]) -> sa.Select[Any]:
        name, days = _NOUNS[wanted.counts]
        noun, kind = self._model[name], self._types[f"{name}Filter"]
        condition = Arguments(self._model, binds).condition(
            noun, coerce_input_value(dict(wanted.filter), cast("Any", kind))
        )
        met = Conditions(_everybody, lambda letter: f"{letter}{next(names)}").where(noun, _ROW, condition)
        own = (typed(f"{_ROW}.id").label("id"), typed(f"{_ROW}.{days}").label("days"))
        shown = [typed(f"{_CASE}.{each}").label(each) for each in _OF_CASE]
        mine = typed(f"{_CASE}.id") == typed(f"{_ROW}.{'id' if wanted.counts is Counts.CASES else 'case_id'}")
        source = sa.join(table(noun.table, _ROW), table(self._model["Case"].table, _CASE), mine)
        asked: sa.Select[Any] = sa.select(sa.literal_column(str(number)).label("number"), *own, *shown)
        return asked.select_from(source).where(*met)


def _everybody(noun: Noun, alias: str, *, listed: bool = False) -> sa.ColumnElement[bool] | None:
    """Jobs look at all there is."""
    del noun, alias, listed
    return None
