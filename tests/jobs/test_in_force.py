"""A viewer's days begin and end by an event of the log, and by nothing else."""

import datetime as dt
import json
from typing import Any

from tests.jobs.offices import BEGIN, Clock, process
from tests.procedures.agencies import Hub

from hub.jobs.in_force import ROUTINE
from hub.live.admission import Admission
from hub.schema.policies import Policy
from hub.store.ledger import Insert
from hub.store.log import BEGINNING, Log

FIRST = BEGIN.date()


async def told(hub: Hub, since: Any) -> list[str]:
    log = Log(hub.base.engine, hub.base.metadata, hub.base.model)
    facts = [json.loads(entry.facts) for entry in await log.after(since) if entry.type == "CONFIGURATION_APPLIED"]
    return sorted(fact["code"] for said in facts for fact in said if fact["name"] == "viewer")


async def test_viewers_are_told_of_on_their_first_day_and_after_their_last(hub: Hub) -> None:
    clock, days = Clock(), dt.timedelta(1)
    spans = {"begins": (FIRST + days, None), "ends": (None, FIRST), "later": (FIRST + 9 * days, None), "always": (None, None)}
    one = process(hub, clock, in_force=ROUTINE)
    await one.run_due()
    for name, (begin, end) in spans.items():
        values = {"kind": "viewer", "name": name, "body": "{}", "valid_from": begin, "valid_to": end}
        await hub.base.ledger.write([Insert(Policy, values, event=None)], actor="admin", now=clock.moment)
    newest = await Log(hub.base.engine, hub.base.metadata, hub.base.model).newest()

    clock.passes(days=1, hours=1)
    await one.run_due()

    assert await told(hub, newest) == ["begins", "ends"]
    clock.passes(days=1)
    await one.run_due()
    assert len(await told(hub, newest)) == 2


async def test_an_event_that_tells_of_a_viewer_has_them_read_anew_first(hub: Hub) -> None:
    read: list[int] = []

    async def reading() -> tuple[dict[str, Any], frozenset[str]]:
        read.append(1)
        return {}, frozenset()

    admission, log = Admission(reading), Log(hub.base.engine, hub.base.metadata, hub.base.model)
    entries = await log.after(BEGINNING)
    await admission.ahead([entry for entry in entries if entry.type != "CONFIGURATION_APPLIED"])
    assert read == []
    await admission.ahead(None)
    assert read == [1]
