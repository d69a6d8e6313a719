"""`hub jobs`: what there is, when it is due, and running one."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

import click
import orjson

from hub.app import now
from hub.commands.opening import opened
from hub.errors import BadConfiguration
from hub.jobs.scheduler import Scheduler
from hub.parts import routines
from hub.procedures.configuration import Base
from hub.procedures.runs import standing
from hub.rules.values import SHANGHAI
from hub.serving import scheduler_of
from hub.settings import Settings, suggestion


async def list_jobs(settings: Settings, *, as_json: bool) -> None:
    """Tell of every job: its schedule, when it is due next, and what its last run came to; JSON is one line a job."""
    async with opened(settings) as base:
        await _list(base, as_json=as_json)


async def run_job(settings: Settings, name: str, as_of: dt.datetime, *, as_json: bool) -> bool:
    """Run a job as of a moment and tell what it came to; whether it was done."""
    if name not in routines():
        raise BadConfiguration(reason=f"no job {name}{suggestion(name, routines())}")
    async with opened(settings) as base:
        return await _run(scheduler_of(settings, base), name, as_of, as_json=as_json)


def moment(text: str | None) -> dt.datetime:
    """An instant as it is written; of Asia/Shanghai where no zone is said."""
    if text is None:
        return now()
    try:
        found = dt.datetime.fromisoformat(text)
    except ValueError:
        raise BadConfiguration(reason="--as-of is no instant, say e.g. 2026-06-01T00:05+08:00") from None
    return found if found.tzinfo else found.replace(tzinfo=SHANGHAI)


async def _list(base: Base, *, as_json: bool) -> None:
    for row in await standing(base):
        facts = _job(row)
        if as_json:
            click.echo(orjson.dumps(facts).decode())
            continue
        last = " ".join(filter(None, (facts["lastState"], facts["lastError"], _local(facts["lastPeriod"]))))
        due = "retired" if facts["retired"] else "paused" if facts["paused"] else _local(facts["nextAt"])
        click.echo(f"{facts['name']:24} {facts['schedule']:28} next {due:17} last {last or '-'}")


async def _run(scheduler: Scheduler, name: str, as_of: dt.datetime, *, as_json: bool) -> bool:
    run = await scheduler.run_one(name, as_of, actor="admin")
    outcome = {each["name"]: int(each["count"]) for each in orjson.loads(run["outcome"])}
    facts = {"job": name, "run": run["id"], "period": run["period"], "state": run["state"], "error": run["error"]}
    counts = ", ".join(f"{count} {what}" for what, count in outcome.items())
    told = f"{name} {_local(run['period'])}: {run['state']} {run['error'] or counts}".rstrip()
    click.echo(orjson.dumps({**facts, "outcome": outcome}).decode() if as_json else told)
    return bool(run["state"] == "DONE")


def _job(row: Mapping[str, Any]) -> dict[str, Any]:
    told = {"name": row["name"], "schedule": row["schedule"], "purpose": row["purpose"], "clause": row["clause"]}
    marks = {"nextAt": row["next_at"], "paused": bool(row["paused"]), "retired": bool(row["retired"])}
    last = {f"last{name.capitalize()}": row[f"run_{name}"] for name in ("period", "state", "error")}
    return {**told, **marks, **last}


def _local(instant: str | None) -> str:
    return f"{dt.datetime.fromisoformat(instant).astimezone(SHANGHAI):%Y-%m-%d %H:%M}" if instant else ""
