"""A municipality that lies in a base, and the corridor over it beside the oracle."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from tests.conftest import Base
from tests.oracle import viewers
from tests.oracle.operations import Asked, Operations
from tests.oracle.oracle import Oracle
from tests.oracle.rows import Data
from tests.resolvers.test_property import ask, corridor_of, load, same_rows, seen_by

from hub.schema.graph import HubSchema
from hub.schema.model import Model
from hub.store import migrate
from hub.store.base import open_base
from hub.store.ledger import Ledger
from hub.store.seal import Seal
from hub.store.tables import tables

__all__ = ["Comparison", "Town", "Turn", "filled"]

Turn = tuple[Asked, viewers.Viewer]
"""An operation and who asks it."""


@dataclass(frozen=True)
class Town:
    """What lies in the base, and whoever can tell what is right about it."""

    base: Base
    data: Data
    oracle: Oracle
    model: Model
    schema: HubSchema
    seal: Seal

    def drawn(self, seed: int, most: int) -> Iterator[Turn]:
        """Operations at random with their viewers; the same seed draws the same ones."""
        operations, watching = Operations(self.oracle.core, self.model, self.data, seed), viewers.turns(self.data)
        return ((operations.draw(), next(watching)) for _ in range(most))

    def directed(self, *asked: Asked) -> Iterator[Turn]:
        """These operations, in this order, for each viewer there is."""
        return ((each, viewer) for viewer in viewers.viewers(self.data) for each in asked)

    def viewer(self, name: str) -> Any:
        """The hub's viewer of this name."""
        return seen_by(next(each for each in viewers.viewers(self.data) if each.name == name), self.data)

    @asynccontextmanager
    async def corridor(self) -> AsyncIterator[Any]:
        """The corridor as its code is now."""
        async with corridor_of(self.base, self.model, self.schema, self.seal) as corridor:
            yield corridor

    @asynccontextmanager
    async def comparison(self) -> AsyncIterator["Comparison"]:
        """The corridor beside the oracle."""
        async with self.corridor() as corridor:
            yield Comparison(self, corridor)


@dataclass(frozen=True)
class Comparison:
    """Asks both the same."""

    town: Town
    corridor: Any

    async def red(self, turns: Iterator[Turn]) -> list[Turn]:
        """What was asked up to the first answer that differs; nothing where none does."""
        asked: list[Turn] = []
        for turn in turns:
            asked.append(turn)
            if await self.differs(*turn):
                return asked
        return []

    async def differs(self, asked: Asked, viewer: viewers.Viewer) -> bool:
        """Whether the two answers are different; an answer is a document, also where it is wrong."""
        expected = self.town.oracle.answer(self.town.data, viewer, asked.text, asked.variables, asked.name)
        body, read = await ask(self.corridor, seen_by(viewer, self.town.data), asked)
        assert body.startswith(b'{"'), body
        return body != expected.body or not same_rows(read, expected)


async def filled(url: str, model: Model, seal: Seal, data: Data, *, lax: tuple[str, str] | None = None) -> Base:
    """A new base with the municipality in it; the `lax` column of a table takes nulls although its noun has none."""
    metadata = tables(model)
    if lax is not None:
        metadata.tables[lax[0]].columns[lax[1]].nullable = True
    engine = await open_base(url)
    await migrate.create(engine, metadata)
    await load(data, Ledger(engine, metadata, model, seal))
    return Base(url, engine, metadata)
