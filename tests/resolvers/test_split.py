"""Lists too deep for a base's parser become statements of their own, in the same snapshot: the bytes stay the same."""

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import orjson
import pytest
from tests.oracle.municipality import generate
from tests.oracle.operations import Asked
from tests.oracle.oracle import Oracle
from tests.resolvers.test_property import ask
from tests.resolvers.town import Town, filled

from hub.errors import SwallowedRow
from hub.resolvers.split import checked, laters, nested, split
from hub.resolvers.statements import Statements
from hub.schema.graph import HubSchema
from hub.schema.model import Model
from hub.store.dialects.read_sqlite import SQLiteReader
from hub.store.plan import Connection, Plan, walk
from hub.store.seal import Seal

LINKS = (
    ("regions", '(first: 100, filter: {code: {eq: "370400"}})'),
    ("children", "(first: 3)"),
    ("children", "(first: 2)"),
    ("organisations", "(first: 3)"),
    ("cases", "(first: 2, orderBy: [{field: DUE_ON, direction: DESC}])"),
    ("parties", "(first: 2, filter: {not: {case: {parties: {none: {role: {eq: AGENT}}}}}})"),
    ("case { modes", "(first: 2)"),
    ("case { referrals", "(first: 2, filter: {or: [{members: {some: {}}}, {case: {online: {eq: true}}}]})"),
    ("members", "(last: 2)"),
)  # fmt: skip


def deep(levels: int, leaf: str = "id version") -> str:
    """Lists inside one another, each with its count and its cursors."""
    text = leaf
    for name, arguments in reversed(LINKS[:levels]):
        closing = " }" if "{" in name else ""
        parts = f"totalCount pageInfo {{ hasNextPage endCursor }} edges {{ cursor node {{ id {text} }} }}"
        text = f"{name}{arguments} {{ {parts} }}{closing}"
    return f"{{ {text} }}"


@pytest.fixture
def statements(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What was run on SQLite's reader, one after the other."""
    run: list[str] = []
    together = SQLiteReader._together

    def counted(self: SQLiteReader, work: Callable[..., Any]) -> Any:
        def working(inner: Callable[..., Any]) -> Any:
            def counting(sql: str, values: Sequence[Any]) -> Any:
                run.append(sql)
                return inner(sql, values)

            return work(counting)

        return together(self, working)

    monkeypatch.setattr(SQLiteReader, "_together", counted)
    return run


def forced(monkeypatch: pytest.MonkeyPatch, deepest: int, *, alone: bool) -> None:
    """Every statement is split there, whatever the parser could take; further in only where it can take no more."""

    async def depths(_: Statements, plan: Plan) -> Any:
        return ((deepest, alone), (0, False), (0, True)) if nested(plan) else ((None, False),)

    monkeypatch.setattr(Statements, "_depths", depths)


# --- the same bytes ---------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("levels", range(5, len(LINKS) + 1))
async def test_whatever_the_depth_the_bytes_are_the_oracles(levels: int, town: Town) -> None:
    async with town.comparison() as comparison:
        assert not await comparison.red(town.directed(Asked(deep(levels), {}, None)))


async def test_an_old_parser_makes_statements_of_what_is_too_deep(town: Town, statements: list[str]) -> None:
    async with town.corridor() as corridor:
        reader = corridor._reader
        bound = await reader.deepest()
        await ask(corridor, town.viewer("admin"), Asked(deep(3), {}, None))
        assert statements == []
        body, _ = await ask(corridor, town.viewer("admin"), Asked(deep(len(LINKS)), {}, None))

    assert orjson.loads(body)["data"]["regions"]["totalCount"] == 1
    assert (len(statements) > 1) is (bound is not None)
    assert (bound is not None) is (town.base.url.startswith("sqlite") and sqlite3.sqlite_version_info < (3, 46))


@pytest.mark.parametrize("town_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(("deepest", "alone"), [(0, False), (1, False), (2, False), (0, True)])
async def test_wherever_it_is_split_the_bytes_are_the_oracles(
    deepest: int, alone: bool, town: Town, statements: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    forced(monkeypatch, deepest, alone=alone)
    turns = [*town.drawn(11, 60), *list(town.directed(Asked(deep(6), {}, None)))[:6]]

    async with town.comparison() as comparison:
        assert not await comparison.red(iter(turns))

    assert statements


@pytest.mark.parametrize("town_url", ["sqlite"], indirect=True)
async def test_one_statement_answers_a_list_for_all_its_parents(
    town: Town, statements: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    forced(monkeypatch, 0, alone=False)
    text = "{ cases(first: 20) { nodes { id a: parties { nodes { id case { referrals { totalCount } } } } b: modes { totalCount } } } }"

    async with town.corridor() as corridor:
        await ask(corridor, town.viewer("admin"), Asked(text, {}, None))

    assert len(statements) == 4


# --- one snapshot -----------------------------------------------------------------------------------------------------
async def test_a_deed_between_two_statements_is_not_seen(
    tmp_path: Path, model: Model, schema: HubSchema, oracle: Oracle, seal: Seal, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = generate(5, cases=5)
    base = await filled(f"sqlite:///{tmp_path}/hub.db", model, seal, data)
    town = Town(base, data, oracle, model, schema, seal)
    forced(monkeypatch, 0, alone=False)
    together = SQLiteReader._together

    def disturbed(self: SQLiteReader, work: Callable[..., Any]) -> Any:
        def working(run: Callable[..., Any]) -> Any:
            def running(sql: str, values: Sequence[Any]) -> Any:
                found = run(sql, values)
                with sqlite3.connect(tmp_path / "hub.db") as other:
                    other.execute("UPDATE parties SET version = version + 1")
                return found

            return work(running)

        return together(self, working)

    monkeypatch.setattr(SQLiteReader, "_together", disturbed)
    text = "{ cases { nodes { parties { nodes { version case { parties { nodes { version } } } } } } } }"
    async with town.corridor() as corridor:
        body, _ = await ask(corridor, town.viewer("admin"), Asked(text, {}, None))
    await base.engine.dispose()

    assert set(versions(orjson.loads(body))) == {1}


def versions(value: Any) -> Iterator[int]:
    if isinstance(value, list):
        for each in value:
            yield from versions(each)
    elif isinstance(value, dict):
        for name, each in value.items():
            yield from [each] if name == "version" else versions(each)


# --- the plan ---------------------------------------------------------------------------------------------------------
async def plan_of(town: Town, text: str) -> Plan:
    async with town.corridor() as corridor:
        await ask(corridor, town.viewer("admin"), Asked(text, {}, None))
        operation = corridor._documents.operation(text, None)
        (prepared,) = (each for each, _ in operation.plans._kept.values())
        found: Plan = prepared.plan
        return found


@pytest.mark.parametrize("town_url", ["postgresql"], indirect=True)
async def test_depth_is_counted_anew_in_every_statement(town: Town) -> None:
    plan = await plan_of(town, deep(7))
    lists = [part for part in walk(plan.roots) if isinstance(part, Connection)]
    assert (len(lists), laters(plan), nested(plan)) == (7, [], True)

    assert [len(laters(split(plan, deepest))) for deepest in (0, 1, 2, 3, 6, 7)] == [6, 6, 3, 2, 1, 0]


@pytest.mark.parametrize("town_url", ["postgresql"], indirect=True)
async def test_what_is_not_nested_is_not_split(town: Town) -> None:
    plan = await plan_of(town, "{ cases(first: 1) { nodes { organisation { name } } } regions { totalCount } }")

    assert not nested(plan)
    assert split(plan, 0) == plan


async def test_a_swallowed_row_is_found_in_every_text() -> None:
    assert checked(b'{"data":{}}') == b'{"data":{}}'
    with pytest.raises(SwallowedRow):
        checked(b'{"data":{"cases":\x01}}')
