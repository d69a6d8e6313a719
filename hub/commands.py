"""What longer commands do and how they tell it: `hub import` with its progress and its lines of JSON, `hub jobs`."""

import datetime as dt
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click
import orjson

from hub.errors import HubError
from hub.jobs.scheduler import Scheduler
from hub.procedures.configuration import Base
from hub.procedures.deliveries import Counter
from hub.procedures.intake import Outcome
from hub.procedures.jobs import standing
from hub.rules.values import SHANGHAI

_COLUMNS = ("received", "applied", "merged", "corrected", "unchanged", "superseded", "quarantined")


async def import_files(counter: Counter, record: str, files: Sequence[Path], *, as_json: bool) -> bool:
    """Take in the files one after the other; whether all were taken. After a refused one the next is taken."""
    told: list[dict[str, Any]] = []
    for path in files:
        try:
            facts = _facts(path, await _import(counter, record, path, silent=as_json))
        except HubError as error:
            facts = {"file": path.name, "refused": error.code, "sentence": str(error)}
        told.append(facts)
        if as_json:
            click.echo(orjson.dumps(facts).decode())
    if not as_json:
        click.echo(_table(told))
    return not any("refused" in facts for facts in told)


async def list_jobs(base: Base, *, as_json: bool) -> None:
    """Tell of every job: its schedule, when it is due next, and what its last run came to; JSON is one line a job."""
    for row in await standing(base):
        facts = _job(row)
        if as_json:
            click.echo(orjson.dumps(facts).decode())
            continue
        last = " ".join(filter(None, (facts["lastState"], facts["lastError"], _local(facts["lastPeriod"]))))
        due = "retired" if facts["retired"] else "paused" if facts["paused"] else _local(facts["nextAt"])
        click.echo(f"{facts['name']:24} {facts['schedule']:28} next {due:17} last {last or '-'}")


async def run_job(scheduler: Scheduler, name: str, as_of: dt.datetime, *, as_json: bool) -> bool:
    """Run a job as of a moment and tell what it came to; whether it was done."""
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


async def _import(counter: Counter, record: str, path: Path, *, silent: bool) -> Outcome:
    if silent or not sys.stderr.isatty():
        return await counter.take(record, path)
    with click.progressbar(length=1, label=path.name, file=sys.stderr, show_pos=True) as bar:

        def told(count: int, of: int) -> None:
            bar.length = of
            bar.update(count - bar.pos)

        return await counter.take(record, path, told=told)


def _facts(path: Path, outcome: Outcome) -> dict[str, Any]:
    reasons = {reason.name: count for reason, count in outcome.quarantined.items()}
    counts = {name: getattr(outcome, name) for name in _COLUMNS[:-1]}
    return {"file": path.name, "batch": outcome.batch, **counts, "quarantined": reasons}


def _table(told: Sequence[dict[str, Any]]) -> str:
    """One line a file; why it was refused, or what became of its rows."""
    width = max((len(facts["file"]) for facts in told), default=0)
    lines = [f"{'':{width}}  {'  '.join(f'{name:>11}' for name in _COLUMNS)}"]
    for facts in told:
        if "refused" in facts:
            lines.append(f"{facts['file']:{width}}  {facts['refused']} {facts['sentence']}")
            continue
        counts = [facts[name] for name in _COLUMNS[:-1]] + [sum(facts["quarantined"].values())]
        reasons = "  ".join(f"{reason} {count}" for reason, count in facts["quarantined"].items())
        lines.append(f"{facts['file']:{width}}  {'  '.join(f'{count:>11}' for count in counts)}  {reasons}".rstrip())
    return "\n".join(lines)
