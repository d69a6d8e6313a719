"""No change is missed: whatever makes an answer another touches what it was read from, by any operation and any deed.

Deeds insert rows, and move and change them by the values of other rows of their noun; so rows come into lists, leave them
and change within them. A failure names the seed, the deed and the operation: the same draw gives them again.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from tests.conftest import Base
from tests.oracle import rows, viewers
from tests.oracle.municipality import generate
from tests.oracle.operations import Asked, Operations
from tests.resolvers.test_property import Question, corridor_of, load, seen_by

from hub.access.viewers import Scope, Viewer
from hub.errors import HubError
from hub.live.touches import Heard, heard_of
from hub.live.watched import Watch
from hub.schema.cases import Case
from hub.schema.graph import HubSchema, graph
from hub.schema.model import Model, Noun
from hub.store.changes import UNHEARD, Insert, Update
from hub.store.ledger import Ledger
from hub.store.log import Log
from hub.store.seal import Seal

ASKED, DEEDS = 60, 25
ASKED_LONG, DEEDS_LONG = 200, 150
OFTEN = ("Case", "Party", "Referral", "ReferralMember", "SourceRecord", "Deadline", "Organisation", "Mediator", "Code")
"""Nouns that deeds are about in one case of two."""

NEVER = UNHEARD | {"Event", "Region", "Opening", "Court"}
"""What no deed of these is about: the log itself, what it does not tell, and registers whose every change wakes all."""


@dataclass
class Watched:
    """One operation of one viewer, as it was answered last."""

    number: int
    asked: Any
    viewer: Any
    body: bytes = b""
    watch: Watch | None = None


@pytest.fixture(scope="module")
def schema(model: Model) -> HubSchema:
    return graph(model)


@pytest.mark.parametrize("seed", [11, 12])
async def test_what_makes_an_answer_another_touches_it(
    seed: int, base: Base, model: Model, schema: HubSchema, seal: Seal
) -> None:
    assert not await missed(Town(seed, base, model, schema, seal), ASKED, DEEDS)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(100, 110))
async def test_what_makes_an_answer_another_touches_it_for_long(
    seed: int, base: Base, model: Model, schema: HubSchema, seal: Seal
) -> None:
    assert not await missed(Town(seed, base, model, schema, seal), ASKED_LONG, DEEDS_LONG)


async def test_statistics_hear_of_the_rows_that_say_of_which_group_others_are(
    base: Base, model: Model, schema: HubSchema, seal: Seal
) -> None:
    """A referral is counted in the district of its case: when the case moves, no referral is touched."""
    town = Town(13, base, model, schema, seal)
    await load(town.data, town.ledger)
    everybody = Viewer("city", "admin", Scope(city=tuple({row["city"] for row in town.data["Region"].values() if row["city"]})))
    text = "{referralStatistics(by: [CASE_DISPUTE_TYPE]) {count caseDisputeType {code}}}"
    each = Watched(0, Asked(text, {}, None), everybody)
    async with corridor_of(base, model, schema, seal) as corridor:
        assert await answered(corridor, each)
        before, watch, position = each.body, each.watch, await town.log.newest()
        of = {row["case"] for row in town.data["Referral"].values()}
        case = next(row for row in town.data["Case"].values() if row["id"] in of)
        other = next(row["dispute_type"] for row in town.data["Case"].values() if row["dispute_type"] != case["dispute_type"])
        await town.ledger.write([Update(Case, case["id"], 1, {"dispute_type": other})], actor="intake", now=rows.WRITTEN_AT)
        heard = [told for entry in await town.log.after(position) for told in heard_of(entry)]
        await answered(corridor, each)
    assert each.body != before
    assert watch is not None
    assert any(map(watch.touches, heard))


@dataclass
class Town:
    """A municipality on a base, and what deeds are drawn by."""

    seed: int
    base: Base
    model: Model
    schema: HubSchema
    seal: Seal
    cases: int = 12

    def __post_init__(self) -> None:
        self.rng = random.Random(self.seed)  # noqa: S311 - repeatable, not secret
        self.data = generate(self.seed, cases=self.cases)
        self.ledger = Ledger(self.base.engine, self.base.metadata, self.model, self.seal)
        self.log = Log(self.base.engine, self.base.metadata, self.model)
        self.written: dict[str, list[tuple[Any, dict[str, Any]]]] = {}
        for entity, values in rows.written(self.data):
            if entity.declared.name not in NEVER:
                self.written.setdefault(entity.declared.name, []).append((entity, dict(values)))

    async def deed(self) -> str:
        """Do something; what it was."""
        while True:
            often = [name for name in OFTEN if name in self.written]
            name = self.rng.choice(often if self.rng.random() < 0.5 else sorted(self.written))
            change = self._inserted(name) if self.rng.random() < 0.3 else await self._changed(name)
            try:
                await self.ledger.write([change], actor="intake", now=rows.WRITTEN_AT)
            except (HubError, TypeError):
                # No row of the noun may be so.
                continue
            self._know(name, change)
            return f"{type(change).__name__} {name} {dict(change.values)}"

    async def _changed(self, name: str) -> Update:
        entity, mine = self.rng.choice(self.written[name])
        _, other = self.rng.choice(self.written[name])
        names = sorted(member for member in mine if member not in self._own(name))
        taken = self.rng.sample(names, min(len(names), self.rng.choice((1, 1, 2, 4))))
        table = self.base.metadata.tables[self.model[name].table]
        async with self.base.engine.connect() as connection:
            asked = table.select().where(table.c.id == mine["id"])
            version = (await connection.execute(asked)).mappings().one()["version"]
        values = {member: other.get(member) for member in taken}
        return Update(entity, mine["id"], version, values)

    def _inserted(self, name: str) -> Insert:
        entity, like = self.rng.choice(self.written[name])
        _, other = self.rng.choice(self.written[name])
        own = self._own(name)
        values = {member: self.rng.choice((like, other)).get(member) for member in like if member not in own}
        unique = {member: f"{like[member]}{self.rng.randrange(10**6)}" for member in own - {"id"} if like.get(member)}
        return Insert(entity, {**values, **unique, "id": self.ledger.new_id(entity)})

    def _know(self, name: str, change: Insert | Update) -> None:
        """The rows as they are after the deed."""
        if isinstance(change, Insert):
            self.written[name].append((change.noun, dict(change.values)))
            return
        mine = next(values for _, values in self.written[name] if values["id"] == change.id)
        mine.update(change.values)

    def _own(self, name: str) -> set[str]:
        """What no two rows share."""
        return {"id", *(member.name for member in self.model[name].members.values() if getattr(member, "unique", False))}

    def live(self, watch: Watch) -> bool:
        """Whether it may be asked live."""
        return watch.nouns.isdisjoint(noun.prefix for noun in self._unheard())

    def _unheard(self) -> Iterator[Noun]:
        return (noun for noun in self.model.nouns.values() if noun.name in UNHEARD)


async def missed(town: Town, count: int, deeds: int) -> list[str]:
    """What was missed, told so that it can be drawn again."""
    await load(town.data, town.ledger)
    operations = Operations(town.schema._schema, town.model, town.data, town.seed)
    turns, found = viewers.turns(town.data), list[str]()
    drawn = [Watched(number, operations.draw(), seen_by(next(turns), town.data)) for number in range(count)]
    async with corridor_of(town.base, town.model, town.schema, town.seal) as corridor:
        asked = [each for each in drawn if await answered(corridor, each) and each.watch and town.live(each.watch)]
        assert len(asked) > count / 2
        position, others = await town.log.newest(), 0
        for number in range(deeds):
            told = await town.deed()
            entries = await town.log.after(position)
            position = entries[-1].position if entries else position
            heard: list[Heard] = [each for entry in entries for each in heard_of(entry)]
            for each in asked:
                before, watch = each.body, each.watch
                assert watch is not None
                await answered(corridor, each)
                if each.body != before:
                    others += 1
                    if not any(map(watch.touches, heard)):
                        found.append(miss(town.seed, number, told, each, before, heard))
    assert others
    return found


async def answered(corridor: Any, each: Watched) -> bool:
    """Ask it; whether it was answered."""
    try:
        answer = await corridor.answer(
            Question(each.asked.text, each.asked.variables, each.asked.name), each.viewer, reads=True
        )
    except HubError:
        return False
    if not answer.refused:
        each.body, each.watch = answer.body, answer.watch
    return not answer.refused


def miss(seed: int, number: int, told: str, each: Watched, before: bytes, heard: list[Heard]) -> str:
    at = next((place for place, pair in enumerate(zip(before, each.body, strict=False)) if pair[0] != pair[1]), 0)
    parts = (body[max(0, at - 150) : at + 150].decode(errors="replace") for body in (before, each.body))
    lines = [f"--- seed {seed} deed {number} operation {each.number} viewer {each.viewer.name}", told, each.asked.text]
    return "\n".join([*lines, f"variables {each.asked.variables}", *parts, str(heard)])
