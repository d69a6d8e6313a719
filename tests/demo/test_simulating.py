"""A municipality on a clock of its own: every evening what must hold is looked at, and it is seen when it does not."""

import datetime as dt
from pathlib import Path

import orjson
import pytest
import sqlalchemy as sa
from click.testing import CliRunner

from hub.__main__ import cli
from hub.demo.invariants import Invariants
from hub.demo.simulating import Report, simulate
from hub.errors import BadConfiguration
from hub.parts import hub_graph, hub_model
from hub.procedures.configuration import Base
from hub.resolvers.finding import Finder
from hub.settings import load
from hub.store.base import open_base
from hub.store.ledger import Ledger
from hub.store.seal import Seal, read_keys
from hub.store.tables import tables

START = dt.date(2025, 3, 26)
"""A quarter ends five days later: packs are built, and two cycles follow one another."""


async def of_days(days: int, data: Path | None = None) -> Report:
    return await simulate(load(), days=days, start=START, data=data)


async def test_ten_days_pass_and_everything_holds_on_each(tmp_path: Path) -> None:
    """DESIGN section 9 · Municipality, procedures and jobs; cycles end and begin, figures are frozen, reports missed."""
    report = await of_days(10, tmp_path / "town")

    assert report.broken == []
    assert report.refused.total() <= report.deeds.total() / 50
    for verb in ("register_case", "report_nothing", "submit_report", "triage_finding", "register_finding", "accept_case"):
        assert report.deeds[verb] > 0, verb
    assert report.deeds["summarise_campaign"] > 0
    assert report.jobs["packs by meeting_packs"] == report.jobs["campaigns by investigation_rounds"] / 2 == 73
    assert report.jobs["missed by missed_reports"] > 0
    with pytest.raises(BadConfiguration, match="holds a base already"):
        await of_days(1, tmp_path / "town")


@pytest.mark.long
async def test_a_year_passes_and_everything_holds_on_each_day(tmp_path: Path) -> None:
    report = await simulate(load(), days=365, start=dt.date(2025, 1, 1), data=tmp_path)

    assert report.broken == []
    assert {"hold_meeting", "close_meeting", "receipt_report", "recheck_finding"} <= set(report.deeds)


def test_the_command_prints_its_report_as_one_json_object() -> None:
    done = CliRunner().invoke(cli, ["simulate", "--days", "1", "--start", "2025-01-06", "--json"])

    facts = orjson.loads(done.stdout.splitlines()[-1])
    assert (done.exit_code, facts["holds"], facts["days"], facts["broken"]) == (0, True, 1, [])
    assert facts["rows"]["campaigns"] == 73


async def test_what_does_not_hold_is_told(tmp_path: Path) -> None:
    """A test that finds nothing wrong must be able to: rows are spoilt behind the hub's back."""
    await of_days(1, tmp_path)
    model, seal, engine = hub_model(), Seal(read_keys(tmp_path / "keys.json")), await open_base(f"sqlite:///{tmp_path}/hub.db")
    metadata = tables(model)
    base = Base(engine, metadata, model, Ledger(engine, metadata, model, seal))
    looks = Invariants(base, Finder(hub_graph(), model, engine, metadata, seal), START)
    assert await looks.broken(START) == []

    async with engine.begin() as connection:
        due, camp, runs = (metadata.tables[name] for name in ("deadlines", "campaigns", "job_runs"))
        await connection.execute(
            due.update().where(due.c.rule == "INVESTIGATION_SUMMARY").values(state="ENDED", ended_on=START)
        )
        late = due.update().where(due.c.rule == "ANALYSIS_MEETING").values(state="OVERDUE", overdue_on=START)
        await connection.execute(late)
        await connection.execute(camp.update().where(camp.c.cycle == "town").values(last_on=START - dt.timedelta(1)))
        await connection.execute(sa.update(runs).values(state="FAILED", error="HUB-730"))

    told = " ".join(await looks.broken(START))
    for what in ("campaigns", "has no limit", "supervised by nobody", "nothing was begun after", "is FAILED HUB-730"):
        assert what in told
    await engine.dispose()


def test_what_cannot_be_simulated_is_refused() -> None:
    assert CliRunner().invoke(cli, ["simulate", "--days", "0"]).exit_code == 2
