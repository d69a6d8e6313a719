"""Scope words as SQL find the rows that the permissions table gives, of each noun, for each way of seeing them."""

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest
import pytest_asyncio
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection
from tests.oracle import viewers
from tests.oracle.access import Sight
from tests.resolvers.test_property import seen_by
from tests.resolvers.town import Town

from hub.access.predicates import HOLDINGS, NEVER, SIZES, Predicates, shape_of, values_of
from hub.access.viewers import PUBLIC, Scope
from hub.schema.model import Model, Noun
from hub.store.conditions import table
from hub.store.dialects.spelling import typed


@pytest_asyncio.fixture
async def connection(town: Town) -> AsyncIterator[AsyncConnection]:
    async with town.base.engine.connect() as connection:
        yield connection
    await town.base.engine.dispose()


async def found(connection: AsyncConnection, model: Model, noun: Noun, scope: Scope, *, listed: bool) -> set[str]:
    """The ids of the rows that the predicate lets through."""
    predicate = Predicates(model, shape_of(scope, frozenset()))(noun, "t", listed=listed)
    rows = sa.select(typed("t.id")).select_from(table(noun.table, "t"))
    if predicate is not None:
        rows = rows.where(predicate)
    return set((await connection.execute(rows, values_of(scope))).scalars())


@pytest.mark.parametrize("listed", [False, True], ids=["of a row", "of a list"])
async def test_each_way_of_seeing_finds_what_the_permissions_table_gives(
    town: Town, connection: AsyncConnection, listed: bool
) -> None:
    told: dict[tuple[str, str], tuple[set[str], set[str]]] = {}
    counts: dict[str, set[int]] = {}
    for viewer in viewers.viewers(town.data):
        sight, scope = Sight(town.data, viewer), seen_by(viewer, town.data).scope
        for noun in town.model.graph_nouns:
            mine = await found(connection, town.model, noun, scope, listed=listed)
            theirs = {row["id"] for row in sight.rows(noun.name)}
            counts.setdefault(noun.name, set()).add(len(mine))
            if mine != theirs:
                told[noun.name, viewer.name] = (mine - theirs, theirs - mine)

    assert told == {}
    # A test in which every viewer sees the same would see nothing.
    assert [(n.name, counts[n.name]) for n in town.model.graph_nouns if not n.is_public and len(counts[n.name]) <= 2] == []


def test_who_holds_nothing_sees_what_is_public(model: Model) -> None:
    predicates = Predicates(model, shape_of(PUBLIC.scope, frozenset()))

    for noun in model.graph_nouns:
        for listed in (False, True):
            assert predicates(noun, "t", listed=listed) is (None if noun.is_public else NEVER)


def test_a_noun_without_scope_is_seen_by_nobody(model: Model) -> None:
    everything = Scope(city=("370400",), organisations=("org_1",), courts=("court_1",))

    for noun in model.nouns.values():
        if not noun.in_graph:
            assert Predicates(model, shape_of(everything, frozenset()))(noun, "t") is NEVER


# --- shapes -----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(("held", "size"), [(0, 0), (1, 1), (2, 2), (3, 4), (4, 4), (5, 8), (33, 64), (64, 64)])
def test_lists_of_about_the_same_length_share_a_shape(held: int, size: int) -> None:
    scope = Scope(organisations=tuple(f"org_{n}" for n in range(held)))

    shape, values = shape_of(scope, frozenset()), values_of(scope)

    assert dict(zip(HOLDINGS, shape.holdings, strict=True))["organisations"] == size
    assert len(values) == size
    assert set(values.values()) == set(scope.organisations)


def test_more_than_a_statement_takes_is_no_scope() -> None:
    with pytest.raises(ValueError, match="at most 64"):
        shape_of(Scope(courts=tuple(f"court_{n}" for n in range(SIZES[-1] + 1))), frozenset())


def test_a_shape_knows_masks_and_how_much_is_held_but_no_value() -> None:
    scope = Scope(city=("370400",), district=("370402", "370403"))

    assert shape_of(scope, frozenset()) == shape_of(Scope(city=("370100",), district=("1", "2")), frozenset())
    assert shape_of(scope, frozenset()) != shape_of(scope, frozenset({"name"}))
    assert shape_of(scope, frozenset()) != shape_of(replace(scope, city=()), frozenset())
    assert "3704" not in repr(shape_of(scope, frozenset()))


def test_no_value_of_a_scope_gets_into_a_statement(model: Model) -> None:
    scope = Scope(city=("'; DROP",), organisations=("org_1", "org_2", "org_3"), courts=("court_1",))
    for noun in model.graph_nouns:
        for listed in (False, True):
            predicate: Any = Predicates(model, shape_of(scope, frozenset()))(noun, "t", listed=listed)
            text = "" if predicate is None else str(predicate.compile(dialect=sa.dialects.sqlite.dialect()))
            assert not any(each in text for each in ("DROP", "org_", "court_1"))
