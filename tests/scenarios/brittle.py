"""Desks over a base that fails at each statement in turn."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from tests.scenarios.desk import Desks
from tests.store.test_ledger import _failing

STANDING = ("regions", "organisations", "courts", "codes", "policies", "mediators", "viewers", "jobs")
"""Tables that none of these verbs writes."""


@dataclass
class Brittle(Desks):
    """Desks over a base that fails at each statement in turn: what a deed writes is there only when it is done."""

    counted: dict[str, int] = field(default_factory=dict)
    every: bool = False

    async def settled(self, viewer: str, verb: str, given: dict[str, Any]) -> dict[str, Any]:
        if verb in self.counted:
            return await super().settled(viewer, verb, given)
        before = await self.written()
        for number in range(1, 200) if self.every else _ever_further():
            with _failing(self.hub.base, number):  # type: ignore[arg-type]
                document = await super().settled(viewer, verb, given)
            if "errors" not in document:
                self.counted[verb] = number
                return document
            assert document["errors"][0]["extensions"]["hub"] == "HUB-503", document["errors"]
            assert await self.written() == before, (verb, number)
        raise AssertionError(verb)

    async def written(self) -> dict[str, Any]:
        """Every table that a deed writes: how many rows, and how often they were changed."""
        tables = [table for name, table in self.hub.base.metadata.tables.items() if name not in STANDING]
        rows = [sa.select(sa.literal(t.name), sa.func.count(), sa.func.sum(t.c.version)).select_from(t) for t in tables]
        async with self.hub.base.engine.connect() as connection:
            return {row[0]: (row[1], row[2]) for row in await connection.execute(sa.union_all(*rows))}


def _ever_further() -> Iterator[int]:
    """1, 3, 6, 10, ...: of each part of a deed some statement fails."""
    number = 0
    for step in range(1, 30):
        number += step
        yield number
