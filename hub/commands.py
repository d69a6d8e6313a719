"""What longer commands do and how they tell it: `hub import` with its progress, its table and its lines of JSON."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click
import orjson

from hub.errors import HubError
from hub.procedures.deliveries import Counter
from hub.procedures.intake import Outcome

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
