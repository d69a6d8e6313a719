"""A job that fails is supervised: who looks after the hub is told why, once, until a run of it is done (R65)."""

from collections.abc import Mapping

import orjson
from tests.jobs.offices import Clock, process
from tests.procedures.agencies import Hub

from hub.errors import Unavailable
from hub.jobs.contract import NoOptions, Routine, Work


async def test_a_failing_job_raises_one_alert_that_ends_when_it_is_done(hub: Hub) -> None:
    broken = [True]

    async def body(_work: Work, _options: NoOptions) -> Mapping[str, int]:
        if broken[0]:
            raise Unavailable(reason="test")
        return {"done": 1}

    routine = Routine("试验 · A test", body, clause="无 · None", schedule="daily 00:05", backoff_seconds=60)
    clock = Clock()
    one = process(hub, clock, trial=routine)
    await one.run_due()
    clock.passes(days=1, hours=1)
    await one.run_due()
    clock.passes(minutes=2)
    await one.run_due()

    [alert] = await hub.rows("supervision_alerts")
    assert (alert["subject_id"], alert["trigger"], alert["level"]) == ("job_trial", "JOB_FAILED", "YELLOW")
    assert (alert["state"], alert["ended_on"]) == ("RAISED", None)
    [event] = [each for each in await hub.rows("events") if each["subject_id"] == alert["id"]]
    facts = {each["name"]: each["code"] for each in orjson.loads(event["facts"])}
    assert facts["error"] == Unavailable.code
    assert orjson.loads(event["routing_after"])["city"] == "370400"

    broken[0] = False
    clock.passes(minutes=5)
    await one.run_due()
    [alert] = await hub.rows("supervision_alerts")
    assert (alert["state"], alert["ended_as"]) == ("RESOLVED", "MET")
