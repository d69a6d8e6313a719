"""What each shape of a question is compiled to, for reading: one statement per shape and dialect, kept in `sql/`.

`python -m tests.store.test_compile` writes the files anew; what changed in them is to be read like any other change.
"""

import asyncio
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path
from typing import Any

import orjson
import pytest
from sqlalchemy.dialects import sqlite
from sqlalchemy.dialects.postgresql.asyncpg import dialect as asyncpg
from sqlalchemy.engine import Dialect
from tests.conftest import Base
from tests.resolvers.test_property import Limits

from hub.access.viewers import Scope, Viewer
from hub.parts import hub_graph, hub_model
from hub.resolvers.answer import Corridor
from hub.store.base import reader_of
from hub.store.dialects.readers import Run, T
from hub.web.body import Question

FOLDER = Path(__file__).parent / "sql"

VIEWER = Viewer(
    "of a district and of a body", "dispatch", Scope(district=("370402",), organisations=("org_1",)), frozenset({"name"})
)
CASE = "case_" + "0" * 32
CURSOR = orjson.dumps(["due_on:a,id:a", "2025-02-01", CASE]).hex()

SHAPES: Mapping[str, str] = {
    "one_by_key": '{ case(number: "1") { id title state amount open registeredAt dueOn online disputeType { zh } } }',
    "actions": "{ cases(first: 2) { nodes { availableActions { action } referrals { nodes { availableActions { verb } } } } } }",
    "one_by_id": f'{{ node(id: "{CASE}") {{ id __typename ... on Case {{ number }} }} }}',
    "flat_page": "{ cases(first: 50, orderBy: [{field: REGISTERED_AT, direction: DESC}]) { nodes { id number state } } }",
    "nested_page": """{ cases(first: 50) { nodes { number organisation { name region { name } } mediator { name }
        parties { nodes { name phone } } referrals(first: 5) { nodes { number members { nodes { joinedOn } } } } } } }""",
    "page_with_flags_and_cursors": """{ cases(first: 10) { totalCount edges { cursor node { number } }
        pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }""",
    "backward_page": f"""{{ cases(last: 10, before: "{CURSOR}", orderBy: [{{field: DUE_ON}}])
        {{ nodes {{ number }} pageInfo {{ hasPreviousPage }} }} }}""",
    "nullable_order_with_cursor": f'{{ cases(after: "{CURSOR}", orderBy: [{{field: DUE_ON}}]) {{ nodes {{ dueOn }} }} }}',
    "filter_over_links": """{ cases(filter: {organisation: {level: {eq: TOWN}}, parties: {some: {role: {eq: AGENT}}},
        referrals: {none: {court: {code: {in: ["1"]}}}}, not: {amount: {gt: "5"}}, or: [{outcome: {isNull: true}}, {online:
        {eq: true}}]}) { nodes { number } } }""",
    "search": '{ cases(filter: {search: "邻里纠纷"}) { totalCount nodes { title } } }',
    "statistics": """{ caseStatistics(by: [STATE, DISTRICT, REGISTERED_ON_MONTH]) { state district { name } registeredOnMonth
        count amountSum } }""",
    "nodes": f'{{ nodes(ids: ["{CASE}", "region_370402"]) {{ id ... on Case {{ number }} ... on Region {{ name }} }} }}',
    "entities": f"""{{ _entities(representations: [{{__typename: "Case", number: "1"}}, {{__typename: "Case", id: "{CASE}"}}, 5])
        {{ ... on Case {{ number }} }} }}""",
    "union_link": "{ parties { nodes { case { events { nodes { subject { ... on Case { number } ... on Party { name } } } } } } } }",
    "records": "{ cases { nodes { events { nodes { facts { id name } } } } } }",
    "several_roots": "{ __typename a: cases(first: 1) { nodes { number } } regions { totalCount } caseStatistics { count } }",
    "hole": "query @opening(purpose: CONTACT) { parties { nodes { phone phoneOpened } } }",
    "reads": "{ cases(first: 5) { nodes { number mediator { name } parties { nodes { role } } } } }",
}  # fmt: skip
DIALECTS: Mapping[str, Callable[[], Dialect]] = {
    "sqlite": lambda: sqlite.dialect(paramstyle="qmark"),
    "postgresql": lambda: asyncpg(),  # type: ignore[no-untyped-call]  # noqa: PLW0108
}


class _Heard(Exception):
    """The statement is known; nobody runs it."""


@dataclass
class Listener:
    """A reader that answers nothing and keeps what it is asked."""

    dialect: Dialect
    at_once: int = 1
    heard: list[tuple[str, Sequence[Any]]] = field(default_factory=list)

    async def fetch(self, sql: str, values: Sequence[Any], **_: Any) -> bytes:
        self.heard.append((sql, values))
        raise _Heard

    async def rows(self, sql: str, values: Sequence[Any], **_: Any) -> Sequence[Sequence[Any]]:
        raise NotImplementedError

    async def together(self, work: Callable[[Run], T]) -> T:
        raise NotImplementedError

    def allow(self, statement_seconds: float) -> None: ...

    async def deepest(self) -> int | None:
        return None

    async def parses(self, sqls: Sequence[str]) -> bool:
        return bool(sqls)

    async def close(self) -> None:
        raise NotImplementedError


async def heard(shape: str, dialect: str) -> list[tuple[str, Sequence[Any]]]:
    """Every statement that the shape asks of the base, with its values."""
    listener = Listener(DIALECTS[dialect]())
    options: Any = {"hashed": lambda kind, text: f"{kind}:{text}", "limits": Limits(), "openings": lambda *_: None}
    corridor = Corridor(hub_graph(), hub_model(), listener, **options)
    with suppress(_Heard):
        await corridor.answer(Question(SHAPES[shape], None, {}, {}, read_only=True), VIEWER, reads=shape == "reads")
    return listener.heard


def file_of(shape: str, dialect: str) -> Path:
    return FOLDER / f"{shape}.{dialect}.sql"


def as_file(sql: str) -> str:
    """One line per clause, without blanks at their ends; marks that no editor shows are spelled."""
    lines = (line.rstrip() for line in sql.splitlines())
    return "\n".join(lines).replace("\x01", "␁").replace("\x02", "␂").replace("\x03", "␃") + "\n"


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("shape", SHAPES)
async def test_a_shape_is_one_statement_that_was_read_before(shape: str, dialect: str) -> None:
    ((sql, values),) = await heard(shape, dialect)

    assert ";" not in sql
    assert as_file(sql) == file_of(shape, dialect).read_text("utf-8")
    assert sql.count("?") == len(values) or dialect != "sqlite"


async def test_each_statement_runs_on_its_database(base: Base) -> None:
    reader = reader_of(base.url, statement_seconds=20)
    try:
        for shape in SHAPES:
            ((sql, values),) = await heard(shape, base.engine.dialect.name)
            assert (await reader.fetch(sql, values)).startswith(b'{"data":{')
    finally:
        await reader.close()


def test_there_is_no_file_of_a_shape_that_is_gone() -> None:
    assert {path.name for path in FOLDER.iterdir()} == {file_of(*each).name for each in product(SHAPES, DIALECTS)}


def test_no_value_of_a_client_or_a_viewer_is_written_into_a_statement() -> None:
    text = "".join(path.read_text("utf-8") for path in sorted(FOLDER.iterdir()))

    assert not [value for value in ("370402", "org_1", CASE, "邻里", "AGENT", "2025-02-01") if value in text]


def written() -> Iterator[str]:
    """Write every file anew; the names of those that changed."""
    FOLDER.mkdir(exist_ok=True)
    for path in FOLDER.iterdir():
        if path.name not in {file_of(*each).name for each in product(SHAPES, DIALECTS)}:
            path.unlink()
            yield path.name
    for shape, dialect in product(SHAPES, DIALECTS):
        ((sql, _),) = asyncio.run(heard(shape, dialect))
        file, text = file_of(shape, dialect), as_file(sql)
        if not file.exists() or file.read_text("utf-8") != text:
            file.write_text(text, "utf-8")
            yield file.name


if __name__ == "__main__":
    sys.stdout.write("".join(f"{name}\n" for name in written()))
