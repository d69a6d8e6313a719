"""`hub import` as a process: counts as the books have them, and files made to hurt (EXCHANGE, Accounting, Hostile files)."""

import os
import sqlite3
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.conftest import _database, _named, _run
from tests.exchange.processes import Ended, Office, configured
from tests.simulation.conftest import court, place, read, standing

from hub.simulation.agencies.books import Book
from hub.simulation.agencies.files import File
from hub.simulation.agencies.formats import csv
from hub.simulation.agencies.hostile import Hostile, Outcome, hostile
from hub.simulation.agencies.layouts import LAYOUTS
from hub.simulation.agencies.meanings import Fate
from hub.simulation.agencies.quirks import Quirks
from hub.simulation.agencies.samples import sample
from hub.simulation.seeds import Seeds

MOST_SECONDS = 60
MOST_MEBIBYTES = 300
FORMS = ("petition", "finance", "court-referral", "market", "health")
"""One record of each format."""

SHORT = (
    ("finance", "zip bomb"),
    ("finance", "doctype in a sheet"),
    ("appraisal", "entity expansion"),
    ("appraisal", "deep tags"),
    ("health", "entity of a file in the body"),
    ("health", "body that is no base64"),
    ("petition", "GB18030 that claims UTF-8"),
    ("petition", "half a file"),
    ("petition", "cell of that size"),
    ("petition", "flag of more rows"),
    ("petition", "formula cells"),
    ("petition", "mandatory heading renamed"),
    ("market", "cell of that size"),
    ("market", "data that is text"),
    ("market", "error envelope"),
)
KEPT = ("cases", "source_records", "parties", "quarantined_rows", "referrals")


@pytest.fixture(scope="module")
def seeds() -> Seeds:
    return Seeds(
        places=tuple(place(entry) for entry in read("regions.toml")["regions"]),
        courts=tuple(court(entry) for entry in read("courts.toml")["courts"]),
        codes={name: tuple(code["code"] for code in codes) for name, codes in read("codes.toml").items()},
        organisations=tuple(standing(entry) for entry in read("organisations.toml")["organisations"]),
    )


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Office:
    """A base for files of which nothing may be applied."""
    folder = tmp_path_factory.mktemp("office")
    return configured(Office(folder, f"sqlite:///{folder}/hub.db"))


@pytest.fixture(params=["sqlite", "postgresql"])
def either(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Office]:
    """A configured base of its own on each database."""
    if request.param == "sqlite":
        yield configured(Office(tmp_path, f"sqlite:///{tmp_path}/hub.db"))
        return
    server, name = request.getfixturevalue("postgres"), f"hub_import_{os.getpid()}"
    _run(_database(server, f"CREATE DATABASE {name}"))
    yield configured(Office(tmp_path, _named(server, name).replace("+asyncpg", "")))
    _run(_database(server, f"DROP DATABASE {name} WITH (FORCE)"))


@pytest.fixture(scope="module")
def kinds(seeds: Seeds) -> dict[tuple[str, str], Hostile]:
    honest = {record: sample(seeds, record, rows=20) for record in LAYOUTS}
    return {(one.record, one.kind): one for one in hostile(honest)}


def test_the_command_tells_what_became_of_every_row(either: Office, seeds: Seeds, tmp_path: Path) -> None:
    book, quirks = Book(), Quirks().but(future_dates=0, bad_checks=0.05, missing=0.05, duplicates=0.05)
    for record in FORMS:
        file = sample(seeds, record, rows=120, quirks=quirks)

        done = either.takes(record, [file.write(tmp_path), tmp_path / file.name])

        assert done.code == 0, done.stderr
        expected = [Counter(verdict.fate for verdict in book.take(file)) for _ in range(2)]
        for line, counts in zip(done.lines, expected, strict=True):
            reasons = Counter(row.reason.name for row in file.rows if row.reason)
            assert line["file"] == file.name
            assert line["received"] == len(file.rows)
            assert line["quarantined"] == dict(reasons)
            for fate in set(Fate) - {Fate.QUARANTINED}:
                assert line[fate.name.lower()] == counts[fate], (record, fate)


@pytest.mark.parametrize(("record", "kind"), SHORT)
def test_a_hostile_file_is_refused_with_a_code_or_made_harmless(
    office: Office, kinds: dict[tuple[str, str], Hostile], record: str, kind: str, tmp_path: Path
) -> None:
    assert hold(office, kinds[record, kind], tmp_path) == []


@pytest.mark.long
def test_every_hostile_file_is_refused_with_a_code_or_made_harmless(
    office: Office, kinds: dict[tuple[str, str], Hostile], tmp_path: Path
) -> None:
    found = [hold(office, one, tmp_path / str(number)) for number, one in enumerate(kinds.values())]

    assert [wrong for each in found for wrong in each] == []


@pytest.mark.long
@pytest.mark.parametrize("form", ["short rows", "long cells"])
def test_a_gigabyte_is_taken_in_within_the_bound_of_memory(office: Office, seeds: Seeds, form: str, tmp_path: Path) -> None:
    path, rows = gigabyte(sample(seeds, "petition", rows=20), tmp_path, cell=300_000 if form == "long cells" else 3_300)

    done = office.takes("petition", [path], within=3_600)

    assert path.stat().st_size > 1_000_000_000
    assert done.code == 0, done.stderr
    assert done.lines[0]["received"] == rows
    assert done.mebibytes < MOST_MEBIBYTES


def hold(office: Office, one: Hostile, folder: Path) -> list[str]:
    """What is wrong with how the file was dealt with."""
    path, before = one.write(folder), counted(office)
    try:
        done = office.takes(one.record, [path])
    finally:
        path.unlink()
    where = f"{one.record} {one.kind}"
    wrong = [f"{where}: {done.seconds:.0f} seconds"] if done.seconds > MOST_SECONDS else []
    wrong += [f"{where}: {done.mebibytes:.0f} MiB"] if done.mebibytes > MOST_MEBIBYTES else []
    return wrong + [f"{where}: {each}" for each in _told(one, done, taken=counted(office) - before)]


def _told(one: Hostile, done: Ended, *, taken: Counter[str]) -> Iterator[str]:
    if len(done.lines) != 1 or "Traceback" in done.stderr:
        yield f"said {done.stdout!r} {done.stderr[-300:]!r}"
        return
    line = done.lines[0]
    refused = line.get("refused")
    if refused is not None and (done.code != 1 or not refused.startswith("HUB-3") or line["sentence"] in {"", refused}):
        yield f"refused as {line} with {done.code}"
    if refused is not None and (one.outcome is Outcome.TAKEN or taken):
        yield f"refused, and {dict(taken)} was taken"
    if refused is None and (one.outcome is Outcome.REFUSED or line["received"] == 0):
        yield f"taken: {line}"


def counted(office: Office) -> Counter[str]:
    """Rows of the tables that a delivery could add to."""
    with sqlite3.connect(office.url.removeprefix("sqlite:///")) as base:
        return Counter({table: base.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in KEPT})


def gigabyte(file: File, folder: Path, *, cell: int) -> tuple[Path, int]:
    """A petition office's file of that size, and its rows: cells of so many characters, each row a matter of its own."""
    rows = 1_010_000_000 // (cell * 3 + 200)
    columns, story = file.layout.columns, "某某反映邻里浇地纠纷" * (cell // 10)
    line = dict(file.cells[0])
    line |= {"证件类型": "", "证件号码": "", "被反映方证件号码": "", "反映问题": story}
    told = (line | {"信访件编号": f"XFG{number}", "信访人": f"甲{number}", "被反映方": f"乙{number}"} for number in range(rows))
    (path := folder / file.name).touch()
    with path.open("wb") as stream:
        stream.writelines(csv.pieces(columns, columns, told, encoding="utf-8"))
    return path, rows
