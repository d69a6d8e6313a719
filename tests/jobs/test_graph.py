"""Jobs, their runs and next times as the graph shows them: to those who see the whole city (DESIGN section 9)."""

import datetime as dt
from typing import Any

import orjson
import pytest
from tests.jobs.offices import Clock, Told, process, routine
from tests.procedures.agencies import Hub

from hub.access.unsealing import Openings
from hub.access.viewers import PUBLIC, read_viewers
from hub.app import hub_graph
from hub.resolvers.answer import Corridor
from hub.settings import Limits
from hub.store.base import reader_of
from hub.web.body import Question

JOBS = """{ jobs(filter: {paused: {eq: false}}) { totalCount nodes { name schedule nextAt clause
  runs(first: 5, orderBy: [{field: PERIOD, direction: DESC}]) {
    nodes { period since state reason attempts error outcome { name count } } } } } }"""


async def ask(hub: Hub, url: str, viewer: str | None) -> dict[str, Any]:
    base, limits = hub.base, Limits()
    reader = reader_of(url, statement_seconds=limits.deadline_seconds)
    openings = Openings(base.engine, base.metadata, base.model, ledger=base.ledger, seal=hub.seal, now=lambda: hub.now)
    async with base.engine.connect() as connection:
        viewers = await read_viewers(connection, base.metadata.tables["policies"], dt.date(2026, 6, 1))
    corridor = Corridor(hub_graph(), base.model, reader, hashed=hub.seal.hashed, limits=limits, openings=openings)
    question = Question(JOBS, None, {}, {}, read_only=False)
    answer = await corridor.answer(question, viewers[viewer] if viewer else PUBLIC)
    await reader.close()
    document: dict[str, Any] = orjson.loads(answer.body)
    assert "errors" not in document, document
    found: dict[str, Any] = document["data"]["jobs"]
    return found


async def test_a_job_shows_its_schedule_its_next_time_and_what_its_runs_came_to(hub: Hub, base: Any) -> None:
    clock, told = Clock(), Told()
    one = process(hub, clock, daily=routine(told.body, each_period=True))
    await one.run_due()
    clock.passes(days=1, minutes=10)
    await one.run_due()

    found = await ask(hub, base.url, "admin")

    [job] = found["nodes"]
    assert (job["name"], job["schedule"], job["clause"]) == ("daily", "daily 00:05", "DESIGN 9")
    assert job["nextAt"] == "2026-06-02T16:05:00.000000Z"
    newest, first = job["runs"]["nodes"]
    assert newest == {
        "period": "2026-06-01T16:05:00.000000Z",
        "since": first["period"],
        "state": "DONE",
        "reason": "SCHEDULE",
        "attempts": 1,
        "error": None,
        "outcome": [{"name": "runs", "count": "2"}],
    }


@pytest.mark.parametrize("viewer", [None, "district", "court", "agency"])
async def test_who_does_not_see_the_city_sees_no_jobs(hub: Hub, base: Any, viewer: str | None) -> None:
    await process(hub, Clock(), daily=routine(Told().body)).run_due()

    assert await ask(hub, base.url, viewer) == {"totalCount": 0, "nodes": []}
