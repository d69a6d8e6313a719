"""Jobs, their runs and next times as the graph shows them: to those who see the whole city (DESIGN section 9)."""

import datetime as dt
from typing import Any

import orjson
import pytest
from tests.jobs.offices import Clock, Told, process, routine
from tests.procedures.agencies import Hub

from hub.access.unsealing import Openings
from hub.access.viewers import PUBLIC, read_viewers
from hub.parts import hub_acts, hub_graph
from hub.procedures.doing import Doing
from hub.resolvers.answer import Corridor
from hub.settings import Limits
from hub.store.base import reader_of
from hub.web.body import Question

JOBS = """{ jobs(filter: {paused: {eq: false}}) { totalCount nodes { name schedule nextAt clause
  runs(first: 5, orderBy: [{field: PERIOD, direction: DESC}]) {
    nodes { period since state reason attempts error outcome { name count } } } } } }"""


RUN = """mutation ($job: ID!, $asOf: Instant!, $key: String!) {
  runJob(job: $job, asOf: $asOf, idempotencyKey: $key) {
    repeated job { name } jobRun { id period reason state } } }"""


async def ask(hub: Hub, url: str, viewer: str | None, query: str = JOBS, **variables: Any) -> dict[str, Any]:
    """The whole document."""
    base, limits = hub.base, Limits()
    reader = reader_of(url, statement_seconds=limits.deadline_seconds)
    openings = Openings(base.engine, base.metadata, base.model, ledger=base.ledger, seal=hub.seal, now=lambda: hub.now)
    async with base.engine.connect() as connection:
        viewers = await read_viewers(connection, base.metadata.tables["policies"], dt.date(2026, 6, 1))
    doing = Doing(base, hub_acts(), seal=hub.seal, now=lambda: hub.now, agreements={})
    hashed = hub.seal.hashed
    corridor = Corridor(hub_graph(), base.model, reader, hashed=hashed, limits=limits, openings=openings, doing=doing)
    question = Question(query, None, variables, {}, read_only=False)
    answer = await corridor.answer(question, viewers[viewer] if viewer else PUBLIC)
    await reader.close()
    document: dict[str, Any] = orjson.loads(answer.body)
    return document


async def listed(hub: Hub, url: str, viewer: str | None) -> dict[str, Any]:
    document = await ask(hub, url, viewer)
    assert "errors" not in document, document
    found: dict[str, Any] = document["data"]["jobs"]
    return found


async def test_a_job_shows_its_schedule_its_next_time_and_what_its_runs_came_to(hub: Hub, configured: Any) -> None:
    clock, told = Clock(), Told()
    one = process(hub, clock, daily=routine(told.body, each_period=True))
    await one.run_due()
    clock.passes(days=1, minutes=10)
    await one.run_due()

    found = await listed(hub, configured.url, "admin")

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
async def test_who_does_not_see_the_city_sees_no_jobs(hub: Hub, configured: Any, viewer: str | None) -> None:
    await process(hub, Clock(), daily=routine(Told().body)).run_due()

    assert await listed(hub, configured.url, viewer) == {"totalCount": 0, "nodes": []}


async def test_a_run_that_is_asked_for_is_written_once_and_taken_by_the_next_process(hub: Hub, configured: Any) -> None:
    """Issue 6, demand 1: `runJob` writes a requested run; a repeat of the request gives the same one."""
    clock, told = Clock(), Told()
    one = process(hub, clock, daily=routine(told.body))
    await one.run_due()
    period = "2026-05-30T16:05:00.000000Z"
    given = {"job": "job_daily", "asOf": period, "key": "run-the-daily-1"}

    [first, again] = [(await ask(hub, configured.url, "admin", RUN, **given))["data"]["runJob"] for _ in range(2)]

    assert (first["repeated"], again["repeated"]) == (False, True)
    assert first["jobRun"] == again["jobRun"]
    assert (first["job"]["name"], first["jobRun"]["state"], first["jobRun"]["period"]) == ("daily", "REQUESTED", period)
    assert await one.run_due() == 1
    assert told.periods == ["05-31 00:05"]
    refused = await ask(hub, configured.url, "admin", RUN, **given | {"key": "run-the-daily-2"})
    assert [error["extensions"]["hub"] for error in refused["errors"]] == ["HUB-733"]


async def test_who_may_not_run_jobs_or_does_not_see_them_changes_nothing(hub: Hub, configured: Any) -> None:
    await process(hub, Clock(), daily=routine(Told().body)).run_due()
    given = {"job": "job_daily", "asOf": "2026-05-30T16:05:00.000000Z", "key": "run-the-daily-3"}

    for viewer, said, code in (
        ("supervisor", given, "HUB-403"),
        (None, given, "HUB-403"),
        ("admin", given | {"job": "job_none"}, "HUB-702"),
        ("admin", given | {"asOf": "2199-01-01T00:00:00.000000Z"}, "HUB-732"),
    ):
        document = await ask(hub, configured.url, viewer, RUN, **said)
        assert [error["extensions"]["hub"] for error in document["errors"]] == [code]
    assert await hub.rows("job_runs") == []
