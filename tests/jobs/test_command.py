"""`hub jobs` lists what is run by time, `hub jobs run` runs one; bad policies are refused when they are applied."""

import json
import shutil
from pathlib import Path

import pytest
from tests.exchange.processes import ROOT, Office, configured


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return configured(Office(tmp_path, f"sqlite:///{tmp_path}/hub.db"))


def test_a_job_is_run_as_of_a_moment_once_and_listed(office: Office) -> None:
    done = office.run("jobs", "run", "retention", "--as-of", "2026-11-01T03:10", "--json")
    if done.code:
        # The wall clock is past the year in which it can be asked for.
        assert "HUB-732" in done.stderr
        done = office.run("jobs", "run", "retention", "--json")
    assert done.code == 0, done.stderr
    [told] = done.lines
    assert (told["job"], told["state"], told["outcome"]) == ("retention", "DONE", {"receipts": 0, "revocations": 0})

    again = office.run("jobs", "run", "retention", "--as-of", told["period"])
    assert (again.code, "HUB-733" in again.stderr) == (1, True)
    [listed] = [line for line in office.run("jobs", "--json").lines if line["name"] == "retention"]
    assert (listed["schedule"], listed["lastState"], listed["lastPeriod"]) == ("daily 03:10", "DONE", told["period"])
    assert "retention" in office.run("jobs").stdout


def test_what_cannot_be_run_is_refused(office: Office) -> None:
    for arguments, code in (
        (("retension",), "HUB-701"),
        (("retention", "--as-of", "soon"), "HUB-701"),
        (("retention", "--as-of", "2001-01-01"), "HUB-732"),
        (("retention", "--as-of", "2199-01-01"), "HUB-732"),
    ):
        refused = office.run("jobs", "run", *arguments)
        assert (refused.code, refused.stderr.split()[0]) == (1, code)


def test_a_policy_that_fits_no_job_is_refused_when_it_is_applied(office: Office, tmp_path: Path) -> None:
    folder = shutil.copytree(ROOT / "config", tmp_path / "config")
    (folder / "jobs.toml").write_text("[retention]\noptions = { receipts_days = -1 }\n")

    refused = office.run("config", "apply", config=folder)

    assert (refused.code, "receipts_days" in refused.stderr) == (1, True)
    assert json.loads(office.run("config", "apply", "--json").stdout)["inserted"] == 0
