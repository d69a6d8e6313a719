"""The region levels that placed rows keep: taken from their region, and again when it changes."""

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from hub.schema.model import LEVELS, Model
from hub.store import dialects
from hub.store.changes import Row


class Places:
    """Fills city, district, town and zone of rows with a `levels` link."""

    def __init__(self, model: Model, metadata: sa.MetaData) -> None:
        self._links = {noun.name: noun.placed for noun in model.nouns.values() if noun.placed}
        self._tables = {name: metadata.tables[model[name].table] for name in self._links}
        self._region = next((link.targets[0] for link in self._links.values()), None)
        self._asked = None if self._region is None else _asked(metadata.tables[model[self._region].table])

    def fill(self, connection: sa.Connection, rows: Sequence[Row]) -> None:
        """Give the rows of the deed the levels of their region; a region that is not there is refused by its key."""
        placed = [(row, link) for row in rows if (link := self._links.get(row.noun.name)) and link.name in row.values]
        if not placed or self._asked is None:
            return
        ids = sorted({row.values[link.name] for row, link in placed if row.values[link.name]})
        known: dict[str, Mapping[Any, Any]] = {
            region["id"]: region for region in connection.execute(self._asked, {"ids": ids}).mappings()
        }
        known |= {row.id: _levels(row) for row in rows if row.noun.name == self._region}
        for row, link in placed:
            region = known.get(row.values[link.name], {})
            row.columns |= {level: region.get(level) for level in LEVELS}

    def fill_again(self, connection: sa.Connection, rows: Sequence[Row]) -> None:
        """Bring the rows placed in a changed region up to its new levels."""
        for row in rows:
            if row.noun.name != self._region or row.before is None:
                continue
            levels = _levels(row)
            if any(levels[level] != row.before[level] for level in LEVELS):
                for name, table in self._tables.items():
                    placed = table.c[self._links[name].column] == row.id
                    connection.execute(table.update().where(placed).values(levels))


def _levels(row: Row) -> dict[str, Any]:
    return {level: row.now(level) for level in LEVELS}


def _asked(regions: sa.Table) -> sa.Select[Any]:
    levels = (regions.c[level] for level in LEVELS)
    return sa.select(regions.c.id, *levels).where(dialects.listed(regions.c.id, dialects.texts("ids")))
