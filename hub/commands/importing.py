"""`hub import`: progress while files are taken in, and one line a file."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click
import orjson

from hub.app import now
from hub.commands.opening import opened
from hub.errors import HubError, NoAgreement
from hub.exchange_settings import read_agreements
from hub.procedures.deliveries import Counter
from hub.procedures.intake import Outcome
from hub.settings import Settings, suggestion
from hub.store.seal import Seal, read_keys

_COLUMNS = ("received", "applied", "merged", "corrected", "unchanged", "superseded", "quarantined")


async def import_record(settings: Settings, record: str, files: Sequence[Path], *, as_json: bool) -> bool:
    """Take in files of an agency's record; whether all were taken. NoAgreement for a record without one."""
    agreements = read_agreements(settings.config)
    if record not in agreements:
        raise NoAgreement(record=f"{record}{suggestion(record, agreements)}")
    async with opened(settings) as base:
        counter = Counter(base, Seal(read_keys(settings.keys.file)), agreements, now)
        return await _import_files(counter, record, files, as_json=as_json)


async def _import_files(counter: Counter, record: str, files: Sequence[Path], *, as_json: bool) -> bool:
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
