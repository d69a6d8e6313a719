"""Answers of one plan that differ in variables or scope are given by one statement, each as if it had been asked alone."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from tests.oracle import viewers
from tests.resolvers.test_property import Question, seen_by
from tests.resolvers.town import Town
from tests.store.test_compile import SHAPES

from hub.access.viewers import PUBLIC, Scope, Viewer
from hub.errors import Deadline, HubError, SwallowedRow, Unavailable
from hub.resolvers.statements import Prepared, Statements
from hub.resolvers.together import FEW, SIZES, Found, Given, Together
from hub.store.dialects.spelling import SWALLOWED
from hub.store.plan import MOST_SMALL

DASHBOARD = """{ cases(first: 50, orderBy: [{field: REGISTERED_AT, direction: DESC}]) { nodes { id number state } } }"""


@dataclass
class Heard:
    """What was run alone, by its plan: the values, and the answer."""

    plans: dict[int, tuple[Prepared, list[Given], list[Found]]] = field(default_factory=dict)

    def add(self, prepared: Prepared, given: Given, found: Found) -> None:
        _, sets, answers = self.plans.setdefault(id(prepared), (prepared, [], []))
        sets.append(given)
        answers.append(found)


@dataclass
class Reading:
    """The town's reader: counts statements, and fails where it is told to."""

    reader: Any
    statements: list[str] = field(default_factory=list)
    fails: Callable[[Sequence[Any]], Exception | None] = lambda _: None

    def __getattr__(self, name: str) -> Any:
        return getattr(self.reader, name)

    async def fetch(self, sql: str, values: Sequence[Any], **how: Any) -> Any:
        self._heard(sql, values)
        return await self.reader.fetch(sql, values, **how)

    async def rows(self, sql: str, values: Sequence[Any], **how: Any) -> Any:
        self._heard(sql, values)
        return await self.reader.rows(sql, values, **how)

    def _heard(self, sql: str, values: Sequence[Any]) -> None:
        self.statements.append(sql)
        error = self.fails(values)
        if error is not None:
            raise error


@dataclass
class Corridor:
    """The corridor over the town, whose statements are heard, and what runs many of them together."""

    real: Any
    heard: Heard
    reading: Reading
    together: Together

    async def ask(self, text: str, viewer: Viewer, variables: dict[str, Any] | None = None, name: str | None = None) -> None:
        try:
            await self.real.answer(Question(text, variables or {}, name), viewer, reads=True)
        except HubError:
            # What is refused before it runs, or while it does, is not compared here.
            return


@asynccontextmanager
async def listening(town: Town, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Corridor]:
    heard, run = Heard(), Statements.run

    async def hearing(self: Statements, prepared: Prepared, coerced: Any, scope: Any, shown: set[str]) -> bytes:
        mine: set[str] = set()
        body = await run(self, prepared, coerced, scope, mine)
        heard.add(prepared, Given(coerced, scope), (body, frozenset(mine)))
        shown |= mine
        return body

    async with town.corridor() as real:
        reading = Reading(real._reader)
        real._statements._reader = reading
        with monkeypatch.context() as patched:
            patched.setattr(Statements, "run", hearing)
            statements = Statements(town.model, reading)
            yield Corridor(real, heard, reading, Together(_Alone(statements, run), reading))


class _Alone(Statements):
    """Statements that nobody listens to."""

    def __init__(self, of: Statements, run: Any) -> None:
        super().__init__(of._model, of._reader)
        self._run = run

    async def run(self, *given: Any) -> bytes:
        body: bytes = await self._run(self, *given)
        return body


@pytest.mark.parametrize(("drawn", "nth"), [(15, 5), pytest.param(400, 1, marks=pytest.mark.long)])
async def test_each_answer_is_the_one_that_it_would_be_alone(
    town: Town, monkeypatch: pytest.MonkeyPatch, drawn: int, nth: int
) -> None:
    """For operations at random and every shape of the compiler's, of several viewers: the bytes, and the rows shown."""
    every = [seen_by(viewer, town.data) for viewer in viewers.viewers(town.data)][::nth]
    async with listening(town, monkeypatch) as corridor:
        for shape, text in SHAPES.items():
            for viewer in every if shape != "hole" else ():
                await corridor.ask(text, viewer)
        for asked, _ in town.drawn(11, drawn):
            for viewer in every:
                await corridor.ask(asked.text, viewer, dict(asked.variables), asked.name)
        plans, together = list(corridor.heard.plans.values()), 0
        for prepared, sets, answers in plans:
            # Some are the same: enough that every plan is run together.
            times = FEW // len(sets) + 1
            del corridor.reading.statements[:]
            assert await corridor.together.run(prepared, sets * times) == answers * times, prepared.statement.sql
            together += len(corridor.reading.statements) == 1

        assert len(plans) > 5 * drawn
        # What nests as deep as SQLite's parser reads goes no level deeper.
        assert together > len(plans) * (0.8 if await corridor.reading.deepest() is not None else 0.999)


async def test_a_thousand_scopes_take_ten_statements(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    """Issue 7, demand 3; what a scope holds decides which statement, so others go apart."""
    async with listening(town, monkeypatch) as corridor:
        for number in range(1000):
            scope = Scope(town=(f"37040{number % 7}{number:03}",))
            await corridor.ask(DASHBOARD, Viewer(f"v{number}", "dispatch", scope, frozenset({"name"})))
        await corridor.ask(DASHBOARD, PUBLIC)
        ((prepared, sets, answers), (other, _, _)) = corridor.heard.plans.values()
        del corridor.reading.statements[:]

        assert await corridor.together.run(prepared, sets) == answers
        assert len(corridor.reading.statements) == 8
        assert len(set(corridor.reading.statements)) == 1
        assert len({each[0] for each in answers if isinstance(each, tuple)}) > 1
        assert other.statement.sql != prepared.statement.sql


async def test_few_that_are_planned_by_their_values_are_run_alone(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    async with listening(town, monkeypatch) as corridor:
        for viewer in (town.viewer("district"), town.viewer("town")):
            await corridor.ask("{ caseStatistics(by: [STATE]) { state count } }", viewer)
        for prepared, sets, answers in corridor.heard.plans.values():
            del corridor.reading.statements[:]
            assert await corridor.together.run(prepared, sets * 8) == answers * 8
            assert corridor.reading.statements == [prepared.statement.sql] * 8
            assert await corridor.together.run(prepared, sets * 9) == answers * 9
            assert len(corridor.reading.statements) == 9


async def test_what_fails_together_is_tried_by_halves_down_to_the_one(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    async with listening(town, monkeypatch) as corridor:
        for number in range(20):
            await corridor.ask(DASHBOARD, Viewer("v", "dispatch", Scope(town=(f"370402{number:03}",)), frozenset()))
        ((prepared, sets, answers),) = corridor.heard.plans.values()
        statements = corridor.reading.statements

        corridor.reading.fails = lambda values: ValueError("one") if "370402013" in values else None
        found = await corridor.together.run(prepared, sets)
        assert [each for each in found if isinstance(each, Exception)] == [found[13]]
        assert [*found[:13], *found[14:]] == [*answers[:13], *answers[14:]]

        corridor.reading.fails = lambda values: Deadline(limit="1") if len(values) > 17 else None
        del statements[:]
        assert await corridor.together.run(prepared, sets) == answers
        assert len(statements) == 1 + 2 + 4, "20, 10 and 10 took too long; then 5 each"
        del statements[:]
        assert await corridor.together.run(prepared, sets) == answers
        assert len(statements) == 4, "it is remembered how many are answered in time"

        corridor.reading.fails = lambda _: None
        for _ in range(4):
            await corridor.together.run(prepared, sets)
        del statements[:]
        assert await corridor.together.run(prepared, sets) == answers
        assert len(statements) == 1, "and tried again when there is time"


async def test_a_base_that_is_away_is_not_asked_again_for_each(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    async with listening(town, monkeypatch) as corridor:
        for number in range(100):
            await corridor.ask(DASHBOARD, Viewer("v", "dispatch", Scope(town=(f"370402{number:03}",)), frozenset()))
        ((prepared, sets, _),) = corridor.heard.plans.values()
        del corridor.reading.statements[:]

        corridor.reading.fails = lambda _: Unavailable()
        found = await corridor.together.run(prepared, sets)

        assert all(isinstance(each, Unavailable) for each in found)
        assert len(found) == 100
        assert len(corridor.reading.statements) < 15


async def test_a_row_that_a_null_swallowed_is_one_answers_alone(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    async with listening(town, monkeypatch) as corridor:
        for number in range(3):
            await corridor.ask(DASHBOARD, Viewer("v", "dispatch", Scope(town=(f"370402{number:03}",)), frozenset()))
        ((prepared, sets, answers),) = corridor.heard.plans.values()
        rows = corridor.reading.rows

        async def swallowing(*given: Any, **how: Any) -> Any:
            return [(place, SWALLOWED.encode() if place == 1 else text) for place, text in await rows(*given, **how)]

        monkeypatch.setattr(corridor.reading, "rows", swallowing)
        found = await corridor.together.run(prepared, sets)

        assert isinstance(found[1], SwallowedRow)
        assert [found[0], found[2]] == [answers[0], answers[2]]


async def test_answers_that_show_much_are_fewer_to_a_statement(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    async with listening(town, monkeypatch) as corridor:
        for number in range(SIZES[-1]):
            await corridor.ask(DASHBOARD, Viewer("v", "dispatch", Scope(town=(f"370402{number:03}",)), frozenset()))
        ((prepared, sets, answers),) = corridor.heard.plans.values()
        del corridor.reading.statements[:]
        large = replace(prepared, plan=replace(prepared.plan, cost=MOST_SMALL * 100))

        assert await corridor.together.run(large, sets) == answers
        assert len(corridor.reading.statements) == 13
