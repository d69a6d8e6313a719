"""The command line. Facts go to standard output, everything else to standard error, and never a traceback."""

import asyncio
import datetime as dt
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

import click

from hub import __version__
from hub.commands.ending import run
from hub.commands.telling import as_json, say, settings_now
from hub.commands.tokens import token
from hub.settings import load


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="hub")
def cli() -> None:
    """One graph over a municipality's disputes. Settings: config/hub.toml and HUB_<SECTION>_<KEY>."""


@cli.command()
@click.option("--draft", metavar="MESSAGE", help="Write the migration that the changed nouns need, instead.")
@as_json
def migrate(draft: str | None, *, as_json: bool) -> None:
    """Bring the information base to this version."""
    from hub.parts import hub_model
    from hub.store import migrate as store
    from hub.store.folders import private

    settings = settings_now()
    if settings.database.folder:
        private(settings.database.folder)
    if draft is not None:
        written = asyncio.run(store.draft(settings.database.url, hub_model(), draft))
        say({"written": str(written) if written else None}, f"{written or 'nothing differs'}", as_json=as_json)
        return
    version = asyncio.run(store.upgrade(settings.database.url))
    say({"version": version}, f"the base is at {version}", as_json=as_json)


@cli.command()
def sdl() -> None:
    """Print the graph's schema."""
    from hub.parts import hub_graph
    from hub.schema.graph import sdl as printed

    click.echo(printed(hub_graph()), nl=False)


cli.add_command(token)


@cli.command()
@as_json
def check(*, as_json: bool) -> None:
    """Look whether the hub could serve: base, version, configuration, keys."""
    from hub.parts import hub_model
    from hub.procedures.inspection import inspect

    findings = asyncio.run(inspect(settings_now(), hub_model(), today=_now().date()))
    good = all(finding.good for finding in findings)
    facts = {one.name: {"good": one.good, "code": one.code, "sentence": one.sentence} for one in findings}
    text = "\n".join(
        f"{'ok ' if one.good else 'BAD'} {one.name} {one.code} {one.sentence}".rstrip() for one in findings
    )
    say({"good": good, "checks": facts}, text, as_json=as_json)
    if not good:
        raise click.exceptions.Exit(1)


@cli.command()
@as_json
def verify(*, as_json: bool) -> None:
    """Look whether evidence of deliveries and openings is as it was written; keep what it prints elsewhere."""
    from hub.commands.clerking import verified

    newest, waiting = asyncio.run(verified(settings_now()))
    facts = {"links": newest.number, "newest": newest.link, "unsealed": waiting}
    text = f"{newest.number} links hold, the newest is {newest.link}; {waiting} rows are not sealed yet"
    say(facts, text, as_json=as_json)


@cli.group()
def config() -> None:
    """What a clerk may change: regions, courts, codes, organisations, viewers, limits."""


@config.command("apply")
@click.option("--villages", type=click.Path(path_type=Path), metavar="FILE", help="CSV: twelve-digit code, name.")
@as_json
def config_apply(villages: Path | None, *, as_json: bool) -> None:
    """Write config/ into the information base; what is there already stays as it is."""
    from hub.commands.clerking import apply_seeds

    done = asyncio.run(apply_seeds(settings_now(), villages))
    say(done, ", ".join(f"{count} {what}" for what, count in done.items()), as_json=as_json)


@cli.group()
def keys() -> None:
    """The keys of sealed values, hashes and tokens."""


@keys.command("init")
@as_json
def keys_init(*, as_json: bool) -> None:
    """Make the keys file (mode 600). Keep a copy elsewhere: lost keys are lost values."""
    from hub.store.seal import new_keys, write_keys

    settings = settings_now()
    made = new_keys(settings.keys.cipher)
    write_keys(settings.keys.file, made)
    facts = {"file": str(settings.keys.file), "key": made.current, "cipher": settings.keys.cipher}
    say(facts, f"{settings.keys.file} holds new keys; lost keys are lost values", as_json=as_json)


@cli.command("import")
@click.argument("record")
@click.argument("files", nargs=-1, required=True, metavar="FILE...", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="One line of JSON a file on standard output.")
def import_(record: str, files: tuple[Path, ...], *, as_json: bool) -> None:
    """Take in FILEs of an agency's RECORD (config/agreements); every row is accounted for."""
    from hub.commands.importing import import_record

    if not asyncio.run(import_record(settings_now(), record, files, as_json=as_json)):
        raise click.exceptions.Exit(1)


@cli.group(invoke_without_command=True)
@click.option("--json", "as_json", is_flag=True, help="One line of JSON a job on standard output.")
@click.pass_context
def jobs(context: click.Context, *, as_json: bool) -> None:
    """What is done because time passed: schedules, next times and last runs; `hub jobs run` runs one."""
    from hub.commands.scheduling import list_jobs

    if context.invoked_subcommand is None:
        asyncio.run(list_jobs(settings_now(), as_json=as_json))


@jobs.command("run")
@click.argument("name")
@click.option("--as-of", metavar="INSTANT", help="As of which moment, as 2026-06-01T00:05+08:00; now unless said.")
@as_json
def jobs_run(name: str, as_of: str | None, *, as_json: bool) -> None:
    """Run the job NAME as of a moment. A period that was run is refused."""
    from hub.commands.scheduling import moment, run_job

    if not asyncio.run(run_job(settings_now(), name, moment(as_of), as_json=as_json)):
        raise click.exceptions.Exit(1)


@cli.command("reload")
@click.option("--wait", type=click.FloatRange(0.1, 600), default=10.0, show_default=True, metavar="SECONDS")
@as_json
def reload_(wait: float, *, as_json: bool) -> None:
    """Have every process read configuration and policy anew; connections stay, what is under way goes on."""
    from hub.commands.reloading import reload

    found = asyncio.run(reload(settings_now(), wait))
    for each in found:
        facts = {"process": each.process, "reloaded": each.error is None, "code": each.error, "sentence": each.sentence}
        told = f"{each.process} {each.error} {each.sentence}" if each.error else f"{each.process} reloaded"
        say(facts, told, as_json=as_json)
    if any(each.error for each in found):
        raise click.exceptions.Exit(1)


@cli.command()
def serve() -> None:
    """Serve /graphql on the host and port of the settings."""
    from hub.serving import Company
    from hub.serving import serve as served

    served(settings_now(), company=Company(settings=load))


@cli.command()
@click.option("--port", type=click.IntRange(0, 65535), default=8000, show_default=True, help="0: any free one.")
@click.option("--data", type=click.Path(path_type=Path, file_okay=False), help="Folder of base and keys.")
@click.option("--database", metavar="URL", help="Another base than the embedded one.")
@click.option("--cases", type=click.IntRange(0), default=5000, show_default=True, help="Size of the municipality.")
@click.option(
    "--rate",
    type=click.FloatRange(0, 86400),
    default=10.0,
    show_default=True,
    metavar="SECONDS",
    help="How long a day takes whose files arrive meanwhile; 0: no day passes.",
)
@as_json
def demo(port: int, data: Path | None, database: str | None, cases: int, rate: float, *, as_json: bool) -> None:
    """Serve a municipality of the year 2025, made up on the spot, and let its files go on arriving."""
    from hub.demo.serving import demo as served

    settings_now()
    served(port=port, data=data, database=database, cases=cases, rate=rate, json=as_json)


@cli.command()
@click.option("--days", type=click.IntRange(1), default=10, show_default=True, help="How many days pass.")
@click.option("--start", type=click.DateTime(["%Y-%m-%d"]), default="2025-01-01", show_default=True, help="First day.")
@click.option("--data", type=click.Path(path_type=Path, file_okay=False), help="Folder that keeps the base; new.")
@as_json
def simulate(days: int, start: dt.datetime, data: Path | None, *, as_json: bool) -> None:
    """Let days pass over a municipality with its jobs and officials, and look every evening at what must hold."""
    from hub.demo.simulating import simulated

    report = simulated(settings_now(), days=days, start=start.date(), data=data)
    say(report.facts(), report.text(), as_json=as_json)
    if report.broken:
        raise click.exceptions.Exit(1)


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run a command and exit: 1 for what went wrong, 2 for what was asked wrongly, 130 when interrupted."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            # A terminal that cannot show Chinese gets escapes, not an error.
            stream.reconfigure(errors="backslashreplace")
    sys.exit(run(cli, arguments))


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


if __name__ == "__main__":
    main()
