"""What comes round is configuration: a row that does not hold is refused by its name, and what left the files ends."""

import datetime as dt
from dataclasses import replace
from typing import Any

import pytest
from tests.procedures.agencies import CONFIG, NOW, Hub

from hub.errors import BadConfiguration
from hub.procedures import rounds
from hub.procedures.configuration import apply
from hub.procedures.cycles import read_rhythm
from hub.procedures.rounds import open_rounds
from hub.procedures.rows import rows_of
from hub.procedures.seeds import Seeds, read_seeds
from hub.procedures.sweeps import Sweep, sweep_of
from hub.settings import Limits
from hub.store.ledger import Decide

SEEDS = read_seeds(CONFIG)
VILLAGE, FESTIVAL, MONTHLY = SEEDS.cycles[0], SEEDS.key_periods[0], SEEDS.duties[0]


def with_(**changed: Any) -> Seeds:
    return replace(SEEDS, **changed)


@pytest.mark.parametrize(
    ("seeds", "said"),
    [
        (with_(cycles=(replace(VILLAGE, every="FORTNIGHT"),)), "cycle village: every FORTNIGHT is unknown"),
        (with_(cycles=(replace(VILLAGE, level="HAMLET"),)), "cycle village: level HAMLET is unknown"),
        (with_(cycles=(replace(VILLAGE, focus="PEOPLE"),)), "cycle village: key people have no scope of their own yet"),
        (with_(cycles=(replace(VILLAGE, focus="AREAS", areas=("999999",)),)), "cycle village: areas 999999 is unknown"),
        (with_(cycles=(replace(VILLAGE, dispute_type="77"),)), "cycle village: dispute_type 77 is unknown"),
        (with_(cycles=(replace(VILLAGE, key="a key"),)), "cycle a key: a key is letters"),
        (with_(key_periods=(replace(FESTIVAL, last=dt.date(2025, 1, 1)),)), "key period spring-festival-2025: it ends"),
        (with_(key_periods=(FESTIVAL, replace(FESTIVAL, key="again"))), "key period again: spring-festival-2025 still runs"),
        (with_(duties=(replace(MONTHLY, within=-1),)), "meeting duty town-monthly: days are negative"),
        (with_(duties=(replace(MONTHLY, basis="依据"),)), "meeting duty town-monthly: basis"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_row_that_does_not_hold_is_refused_by_its_name(seeds: Seeds, said: str) -> None:
    with pytest.raises(BadConfiguration, match=said):
        rows_of(seeds, Limits())


async def test_what_was_applied_is_read_back_and_what_left_the_files_ends(hub: Hub) -> None:
    policies = hub.base.metadata.tables["policies"]
    async with hub.base.engine.connect() as connection:
        known = await read_rhythm(connection, policies, NOW.date())
    assert [each.key for each in known.cycles] == ["district", "town", "village"]
    assert (len(known.key_periods), len(known.duties)) == (len(SEEDS.key_periods), len(SEEDS.duties))

    less = with_(cycles=(VILLAGE,), key_periods=(), duties=())
    await apply(hub.base, less, Limits(), actor="admin", now=NOW)

    async with hub.base.engine.connect() as connection:
        left = await read_rhythm(connection, policies, NOW.date())
    assert ([each.key for each in left.cycles], left.key_periods, left.duties) == (["village"], (), ())


async def test_who_is_interrupted_goes_on_where_it_ended(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    """DESIGN section 9 · Campaigns are opened whole: what was opened stays, and is opened once."""
    monkeypatch.setattr(rounds, "MOST", 40)
    sweep = sweep_of(hub.base, hub.seal, NOW)
    deeds = 0

    async def dies(decide: Decide, cases: Any) -> Any:
        nonlocal deeds
        deeds += 1
        if deeds > 2:
            raise ConnectionError
        return await sweep.transact(decide, cases)

    with pytest.raises(ConnectionError):
        await open_rounds(Sweep(hub.base, hub.seal, NOW, dies))
    begun, given = len(await hub.rows("campaigns")), len(await hub.rows("tasks"))
    assert 0 < begun < 8

    rest = await open_rounds(sweep)

    assert (begun + rest["campaigns"], given + rest["tasks"]) == (8, 72)
    tasks = await hub.rows("tasks")
    assert len({(row["campaign_id"], row["organisation_id"]) for row in tasks}) == len(tasks) == 72
    assert len(await hub.rows("deadlines")) == 72 + 8
    assert (await open_rounds(sweep))["campaigns"] == 0
