"""Statistics that are added up from what is kept are those of the rows, for whoever asks, while deeds run."""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import orjson
import pytest_asyncio
from tests.conftest import Base
from tests.oracle import viewers
from tests.oracle.municipality import generate
from tests.oracle.operations import Asked
from tests.oracle.rows import WRITTEN_AT as NOW
from tests.oracle.rows import Data
from tests.resolvers.test_property import SECONDS, ask, load, seen_by

from hub.live.follower import Follower
from hub.live.tallies import Tallies
from hub.resolvers.answer import Corridor
from hub.schema.cases import Case, CaseState
from hub.schema.graph import graph
from hub.schema.model import Model
from hub.settings import Limits
from hub.store.base import doorbell_of, reader_of
from hub.store.changes import Update
from hub.store.dialects.readers import Reader
from hub.store.ledger import Ledger
from hub.store.log import Log
from hub.store.seal import Seal
from hub.store.tallies import Tallier
from hub.store.touched import looked_for

SEED, CASES, DEEDS, WRITTEN = 7, 25, 8, 30
PLACES = ("370402001", "370402002", "370403001", "370481001", "370403", "370400")
_THEN = '"1970-01-01T00:00:00Z"'
EVERYBODY = f"{{ or: [{{ registeredAt: {{ gte: {_THEN} }} }}, {{ registeredAt: {{ lt: {_THEN} }} }}] }}"
"""A filter that everything meets and that no tally holds the columns of."""

QUESTIONS = (
    "{ caseStatistics(by: [STATE]) { count state amountSum } }",
    "{ caseStatistics(by: [DISTRICT, STATE]) { district { code name } count state } }",
    "{ caseStatistics { count amountSum } }",
    "{ caseStatistics(by: [DISPUTE_TYPE, REGISTERED_ON_MONTH]) { disputeType { code zh } registeredOnMonth count } }",
    '{ caseStatistics(by: [ORGANISATION], filter: { or: [{ state: { eq: HANDLING } }, { district: { eq: "370402" } }] })'
    " { count organisation { name } state } }",
    "{ cases(first: 3) { totalCount nodes { id state } } caseStatistics(by: [TOWN, RISK]) { town { name } risk count } }",
)


class Listening:
    """A reader that counts the statements."""

    def __init__(self, reader: Reader) -> None:
        self._reader, self.statements = reader, 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._reader, name)

    async def fetch(self, sql: str, values: Any, **how: Any) -> Any:
        self.statements += 1
        return await self._reader.fetch(sql, values, **how)


@dataclass
class City:
    """A municipality asked over tallies and, beside it, over its rows."""

    base: Base
    data: Data
    ledger: Ledger
    follower: Follower
    reader: Listening
    tallies: Tallies
    kept: Corridor
    plain: Corridor

    @property
    def viewers(self) -> list[Any]:
        """One per way of seeing rows."""
        return [seen_by(each, self.data) for each in viewers.viewers(self.data)]

    def viewer(self, name: str) -> Any:
        """The one of this name."""
        return next(each for each in self.viewers if each.name == name)

    async def equal(self) -> None:
        """Both say the same to everybody, a second time too."""
        for text in QUESTIONS:
            for viewer in self.viewers:
                asked = Asked(text, {}, None)
                expected, _ = await ask(self.plain, viewer, asked)
                assert b'"errors"' not in expected
                for _ in range(2):
                    assert (await ask(self.kept, viewer, asked))[0] == expected, (viewer.name, text)

    async def deed(self, chance: random.Random) -> None:
        """A case moves, changes its state or its amount."""
        case = chance.choice(sorted(self.data["Case"]))
        async with self.base.engine.connect() as connection:
            cases = self.base.metadata.tables["cases"]
            version = (await connection.execute(cases.select().where(cases.c.id == case))).mappings().one()["version"]
        values: Any = chance.choice(
            (
                {"region": f"region_{chance.choice(PLACES)}"},
                {"state": chance.choice(list(CaseState))},
                {"amount": chance.randrange(10**6)},
                {"title": "标题"},
            )
        )
        await self.ledger.write([Update(Case, case, version, values)], actor="admin", now=NOW)

    async def settled(self) -> None:
        """The follower has read what there is."""
        newest = await self.follower.log.newest()
        async with asyncio.timeout(10):
            while self.follower.newest < newest:
                await self.follower.beyond(self.follower.newest)


@pytest_asyncio.fixture
async def city(base: Base, model: Model, seal: Seal) -> AsyncIterator[City]:
    ledger, data = Ledger(base.engine, base.metadata, model, seal), generate(SEED, cases=CASES)
    await load(data, ledger)
    follower = Follower(Log(base.engine, base.metadata, model), doorbell_of(base.url))
    ledger.rings(lambda _: follower.doorbell.ring())
    await follower.start()
    running = asyncio.create_task(follower.run())
    reader: Any = Listening(reader_of(base.url, statement_seconds=SECONDS))
    told: Any = {"prefix": lambda noun: model[noun].prefix, "told": lambda noun: frozenset(looked_for(model[noun]))}
    tallies = Tallies(Tallier(model, reader).count, follower, **told)
    options: Any = {"hashed": seal.hashed, "limits": Limits(), "openings": None}
    kept, plain = (Corridor(graph(model), model, reader, tallies=given, **options) for given in (tallies.given, None))
    yield City(base, data, ledger, follower, reader, tallies, kept, plain)
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running
    await reader.close()


async def test_what_is_kept_is_what_the_rows_say(city: City) -> None:
    """After every deed, for whoever asks; nothing is counted that no deed touched; and one answer is of one snapshot."""
    chance = random.Random(SEED)  # noqa: S311 - repeatable, not secret
    await city.equal()
    for _ in range(DEEDS):
        await city.deed(chance)
        await city.settled()
        await city.equal()
    await _costs_nothing(city)
    await _is_of_one_snapshot(city, chance)


async def _costs_nothing(city: City) -> None:
    asked = Asked(QUESTIONS[1], {}, None)
    await ask(city.kept, city.viewer("admin"), asked)
    counted, city.reader.statements = city.tallies.counted, 0
    for _ in range(5):
        await ask(city.kept, city.viewer("admin"), asked)
    assert (city.tallies.counted, city.reader.statements) == (counted, 5)


async def _is_of_one_snapshot(city: City, chance: random.Random) -> None:
    """The same statistics from rows and from what is kept, in one answer, asked without a pause while deeds run."""
    by, fields = "by: [DISTRICT, STATE]", "{ district { code } state count amountSum }"
    text = f"{{ a: caseStatistics({by}) {fields} b: caseStatistics({by}, filter: {EVERYBODY}) {fields} }}"
    before, over = city.tallies.handed, asyncio.Event()

    async def write() -> None:
        for _ in range(WRITTEN):
            await city.deed(chance)
            await asyncio.sleep(0.01)
        over.set()

    async with asyncio.TaskGroup() as group:
        group.create_task(write())
        while not over.is_set():
            body, _ = await ask(city.kept, city.viewer("admin"), Asked(text, {}, None))
            both = orjson.loads(body)["data"]
            assert both["a"] == both["b"]
    assert city.tallies.handed > before + WRITTEN
