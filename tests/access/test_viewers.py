"""Viewers: what a policy row says, and that nothing else becomes a viewer."""

import datetime as dt
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import create_async_engine

from hub.access.predicates import SIZES
from hub.access.viewers import MOST_HELD, PUBLIC, Scope, Viewer, body_of, read_viewers, viewer_of
from hub.errors import BadConfiguration

COURT = Viewer("court", "court", Scope(courts=("court_鲁0402",)))
DISTRICT = Viewer("district", "dispatch", Scope(district=("370402",)), frozenset({"name"}), frozenset({"schema.read"}))
TODAY = dt.date(2025, 6, 1)


@pytest.mark.parametrize("viewer", [COURT, DISTRICT], ids=lambda viewer: viewer.name)
def test_a_row_gives_back_the_viewer_it_was_made_of(viewer: Viewer) -> None:
    assert viewer_of(viewer.name, body_of(viewer)) == viewer


def test_the_same_viewer_is_always_the_same_text() -> None:
    one = Viewer("a", "agency", Scope(), frozenset(("name", "x", "y")))
    other = Viewer("a", "agency", Scope(), frozenset(("y", "x", "name")))

    assert body_of(one) == body_of(other)


def test_the_public_sees_public_rows_with_names_masked() -> None:
    assert (PUBLIC.scope, PUBLIC.masks, PUBLIC.permissions) == (Scope(), frozenset({"name", "small"}), frozenset())
    assert not PUBLIC.may("schema.read")
    assert DISTRICT.may("schema.read")


@pytest.mark.parametrize("holding", ["city", "district", "town", "zone", "organisations", "courts"])
def test_no_viewer_holds_more_than_a_statement_takes(holding: str) -> None:
    def of(size: int) -> Viewer:
        held = {holding: tuple(f"{n}" for n in range(size))}
        return Viewer("a", "agency", Scope(**held))

    assert viewer_of("a", body_of(of(MOST_HELD))) == of(MOST_HELD)
    assert SIZES[-1] == MOST_HELD
    with pytest.raises(BadConfiguration, match=holding):
        body_of(of(MOST_HELD + 1))
    row = body_of(of(MOST_HELD)).replace('"0"', '"0","64"')
    with pytest.raises(BadConfiguration, match=holding):
        viewer_of("a", row)


def test_a_viewer_can_be_a_key() -> None:
    assert {COURT: 1}[viewer_of("court", body_of(COURT))] == 1


@pytest.mark.parametrize(
    "body",
    [
        "",
        "[]",
        "null",
        '{"role": "court"}',
        '{"role": "court", "scope": {"cities": []}, "masks": [], "permissions": []}',
        '{"role": "court", "scope": {"city": "370400"}, "masks": [], "permissions": []}',
        '{"role": "court", "scope": {"city": [1]}, "masks": [], "permissions": []}',
    ],
)
def test_a_row_that_is_not_ours_is_no_viewer(body: str) -> None:
    with pytest.raises(BadConfiguration, match="viewer x"):
        viewer_of("x", body)


async def test_only_rows_in_force_are_viewers(tmp_path: Path) -> None:
    policies = sa.Table(
        "policies",
        sa.MetaData(),
        *(sa.Column(name, sa.Text) for name in ("kind", "name", "body")),
        *(sa.Column(name, sa.Date) for name in ("valid_from", "valid_to")),
    )
    days = {
        "always": (None, None),
        "first day": (TODAY, None),
        "last day": (None, TODAY),
        "not yet": (TODAY + dt.timedelta(1), None),
        "no more": (None, TODAY - dt.timedelta(1)),
    }
    rows = [
        {"kind": "viewer", "name": name, "body": body_of(COURT), "valid_from": begun, "valid_to": ends}
        for name, (begun, ends) in days.items()
    ]
    engine = create_async_engine(f"sqlite+aiosqlite:///{tmp_path}/hub.db")
    async with engine.begin() as connection:
        await connection.run_sync(policies.create)
        await connection.execute(policies.insert(), [*rows, {**rows[0], "kind": "limits", "name": "default"}])

        found = await read_viewers(connection, policies, TODAY)

    await engine.dispose()
    assert sorted(found) == ["always", "first day", "last day"]
