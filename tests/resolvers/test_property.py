"""The corridor against the oracle: the same bytes for any operation, viewer and data, on both databases.

Ordinary runs ask 1,000 operations of each database; `--long` asks 10,000 of other seeds. A failure names the seed and
the number of the operation: `Operations(core, model, generate(seed, cases=...), seed)` draws it again.
"""

import importlib.util
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import orjson
import pytest
from tests.conftest import Base
from tests.oracle import access, answers, conditions, pages, rows, viewers
from tests.oracle.municipality import generate
from tests.oracle.operations import Asked, Operations
from tests.oracle.oracle import Oracle, Outcome

from hub.errors import HubError
from hub.schema.graph import HubSchema, graph
from hub.schema.model import Model
from hub.store.changes import Insert, batches
from hub.store.ledger import Ledger
from hub.store.seal import Seal

HAS_CORRIDOR = importlib.util.find_spec("hub.resolvers.answer") is not None
pytestmark = pytest.mark.skipif(not HAS_CORRIDOR, reason="the corridor is not there yet")

CASES = (0, 3, 12, 25, 40, 60, 30, 50, 20, 40)
"""How many cases each data set has."""

PER_SET, PER_SET_LONG = 100, 1000
MOST_SHOWN = 3

TOO_DEEP = b'"hub":"HUB-512"'
MOST_TOO_DEEP = {"sqlite": 0.03, "postgresql": 0.0}
"""What SQLite's parser cannot read is refused by the corridor, and the oracle cannot know; this share may be."""

FAULTS: Mapping[str, tuple[Any, str, Any, Any]] = {
    "a mask is forgotten": (access, "_MASKS", ("Party", "name"), lambda _sight, _row, value: value),
    "a sealed value is shown": (access, "_MASKS", ("Party", "phone"), lambda _sight, _row, value: value),
    "parties are public": (access, "_RULES", "Party", lambda _sight, _row: True),
    "members of a referral do not see its case": (
        access,
        "_RULES",
        "Case",
        lambda sight, row: bool(sight.places(row) & set(sight.viewer.regions)),
    ),
    "null is the smallest value": (
        pages,
        "_greatest_null",
        None,
        lambda value: (value is not None, value if value is not None else 0),
    ),
    "a difference with null is unknown": (
        conditions,
        "_OPERATORS",
        "ne",
        lambda mine, operand: mine is not None and mine != operand,
    ),
    "equal and open are the same": (answers, "COMPUTED", ("Case", "open"), lambda _row: True),
    "a search looks at titles only": (conditions, "SEARCHED", "Case", ("title",)),
}
SECONDS = 20.0


@dataclass(frozen=True)
class Limits:
    """Wide enough for whatever is drawn."""

    tokens: int = 20_000
    entity_levels: int = 12
    raw_depth: int = 60
    aliases: int = 300
    root_fields: int = 20
    root_mutations: int = 10
    directives: int = 300
    list_items: int = 250
    node_budget: int = 10_000_000


@dataclass(frozen=True)
class Question:
    """A request as the transports hand it on."""

    query: str
    variables: Mapping[str, Any]
    operation_name: str | None
    extensions: Mapping[str, Any] = field(default_factory=dict)
    read_only: bool = True


@pytest.fixture(autouse=True)
def _template(request: pytest.FixtureRequest, database: str) -> None:
    """The tables to copy are made before a loop runs."""
    request.getfixturevalue("sqlite_template" if database == "sqlite" else "postgres_template")


@pytest.fixture(scope="module")
def schema(model: Model) -> HubSchema:
    return graph(model)


@pytest.fixture(scope="module")
def oracle(schema: HubSchema, model: Model) -> Oracle:
    return Oracle(schema, model)


@pytest.mark.parametrize("number", range(len(CASES)))
async def test_bytes_are_those_of_the_oracle(number: int, both: "Both") -> None:
    found = await both.compare(100 + number, CASES[number], PER_SET)
    assert not found, "\n".join(found)


@pytest.mark.long
@pytest.mark.parametrize("number", range(len(CASES)))
async def test_bytes_are_those_of_the_oracle_for_long(number: int, both: "Both") -> None:
    found = await both.compare(1000 + number, CASES[number], PER_SET_LONG)
    assert not found, "\n".join(found)


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
@pytest.mark.parametrize("fault", FAULTS)
async def test_a_planted_fault_is_seen(fault: str, both: "Both", monkeypatch: pytest.MonkeyPatch) -> None:
    """A judge that cannot say no is none: each of these, done to one side only, must show."""
    module, name, key, wrong = FAULTS[fault]
    if key is None:
        monkeypatch.setattr(module, name, wrong)
    else:
        monkeypatch.setitem(getattr(module, name), key, wrong)
    assert await both.compare(300, 30, 900, enough=1)


@dataclass
class Both:
    """The oracle and the corridor side by side."""

    base: Base
    model: Model
    schema: HubSchema
    oracle: Oracle
    seal: Seal

    async def compare(self, seed: int, cases: int, count: int, *, enough: int = MOST_SHOWN) -> list[str]:
        """The first differences of so many operations, told so that each can be asked again."""
        data = generate(seed, cases=cases)
        await load(data, Ledger(self.base.engine, self.base.metadata, self.model, self.seal))
        watching = viewers.turns(data)
        operations = Operations(self.oracle.core, self.model, data, seed)
        found: list[str] = []
        too_deep = 0
        async with corridor_of(self.base, self.model, self.schema, self.seal) as corridor:
            for number in range(count):
                asked, viewer = operations.draw(), next(watching)
                expected = self.oracle.answer(data, viewer, asked.text, asked.variables, asked.name)
                body, read = await ask(corridor, seen_by(viewer, data), asked)
                too_deep += TOO_DEEP in body
                if (body != expected.body or not same_rows(read, expected)) and TOO_DEEP not in body:
                    found.append(told(seed, number, viewer, asked, expected, body, read))
                if len(found) >= enough:
                    break
        assert too_deep <= MOST_TOO_DEEP[self.base.engine.dialect.name] * count
        return found


@pytest.fixture
def both(base: Base, model: Model, schema: HubSchema, oracle: Oracle, seal: Seal) -> Both:
    return Both(base, model, schema, oracle, seal)


async def load(data: rows.Data, ledger: Ledger) -> None:
    """Write every row as one deed after the other; none is an event of its own."""
    changes = [Insert(entity, values, event=None) for entity, values in rows.written(data)]
    for batch in batches(changes):
        await ledger.write(batch, actor=rows.WRITTEN_BY, now=rows.WRITTEN_AT)


@asynccontextmanager
async def corridor_of(base: Base, model: Model, schema: HubSchema, seal: Seal) -> AsyncIterator[Any]:
    """The real corridor over the base; its operations open nothing."""
    from hub.resolvers.answer import Corridor  # noqa: PLC0415
    from hub.store.base import reader_of  # noqa: PLC0415

    def openings(*_: Any) -> Any:
        raise AssertionError("no operation drawn opens anything")

    reader = reader_of(base.url, statement_seconds=SECONDS)
    yield Corridor(schema, model, reader, hashed=seal.hashed, limits=Limits(), openings=openings)
    await reader.close()


async def ask(corridor: Any, viewer: Any, asked: Asked) -> tuple[bytes, frozenset[str] | None]:
    """The document that a client would get, and the ids of the rows it shows."""
    question = Question(asked.text, asked.variables, asked.name)
    try:
        answer = await corridor.answer(question, viewer, reads=True)
    except HubError as error:
        return orjson.dumps({"errors": [error.entry()]}), None
    except Exception as fault:  # noqa: BLE001 - a fault is one difference among others, and is told like them
        return f"{type(fault).__name__}: {fault}".encode(), None
    return answer.body, answer.read


def seen_by(viewer: viewers.Viewer, data: rows.Data) -> Any:
    """The oracle's viewer as the hub knows one: its regions sorted by level."""
    from hub.access.viewers import PUBLIC, Scope, Viewer  # noqa: PLC0415

    if viewer is viewers.PUBLIC:
        return PUBLIC
    levels: dict[str, list[str]] = {"CITY": [], "DISTRICT": [], "TOWN": [], "ZONE": []}
    kinds = {row["code"]: row["level"].name for row in data["Region"].values()}
    for code in viewer.regions:
        levels[kinds.get(code, "DISTRICT")].append(code)
    places = {name.lower(): tuple(codes) for name, codes in levels.items()}
    scope = replace(Scope(**places), organisations=viewer.organisations, courts=viewer.courts)
    may = frozenset({"sealed.open"})
    return Viewer(name=viewer.name, role=viewer.role, scope=scope, masks=viewer.masks, permissions=may)


def same_rows(read: frozenset[str] | None, expected: Outcome) -> bool:
    """Whether what was read is what was shown; a refused request read nothing."""
    shown = frozenset(id_ for ids in expected.touched.values() for id_ in ids)
    return expected.refused is not None or read is None or read == shown


def told(
    seed: int, number: int, viewer: viewers.Viewer, asked: Asked, expected: Outcome, found: bytes, read: frozenset[str] | None
) -> str:
    """One difference, so that it can be asked again."""
    shown = frozenset(id_ for ids in expected.touched.values() for id_ in ids)
    lines = [f"--- seed {seed} operation {number} viewer {viewer.name}", asked.text, f"variables {asked.variables}"]
    lines += [f"expected {around(expected.body, found)}", f"found    {around(found, expected.body)}"]
    if read is not None and read != shown:
        lines.append(f"read beyond {sorted(read - shown)}, lacking {sorted(shown - read)}")
    return "\n".join(lines)


def around(mine: bytes, other: bytes) -> str:
    """The part of a body where two of them part."""
    place = next(_partings(mine, other), min(len(mine), len(other)))
    return mine[max(0, place - 200) : place + 200].decode(errors="replace")


def _partings(mine: bytes, other: bytes) -> Iterator[int]:
    return (place for place, pair in enumerate(zip(mine, other, strict=False)) if pair[0] != pair[1])
