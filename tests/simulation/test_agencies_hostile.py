"""Hostile files are as bad as they claim, and small to make."""

import csv
import io
import json
import zipfile
from collections import Counter
from pathlib import Path

import pytest

from hub.simulation.agencies.files import File
from hub.simulation.agencies.hostile import Hostile, Outcome, hostile
from hub.simulation.agencies.layouts import LAYOUTS
from hub.simulation.agencies.samples import sample
from hub.simulation.seeds import Seeds

SIZE = 4 << 20


@pytest.fixture(scope="module")
def honest(seeds: Seeds) -> dict[str, File]:
    return {record: sample(seeds, record, rows=20) for record in LAYOUTS}


@pytest.fixture(scope="module")
def kinds(honest: dict[str, File]) -> dict[tuple[str, str], Hostile]:
    return {(one.record, one.kind): one for one in hostile(honest, size=SIZE)}


def content(one: Hostile) -> bytes:
    return b"".join(one.pieces())


def test_every_kind_is_there_once(honest: dict[str, File], kinds: dict[tuple[str, str], Hostile]) -> None:
    files = list(hostile(honest, size=SIZE))

    outcomes = Counter(one.outcome for one in files)
    assert len(kinds) == len(files) > 50
    assert outcomes[Outcome.TAKEN] == 2
    assert outcomes[Outcome.EITHER] == 7


def test_the_same_file_is_made_each_time(kinds: dict[tuple[str, str], Hostile]) -> None:
    for one in kinds.values():
        if one.kind != "zip bomb":
            assert content(one) == content(one), one.kind


def test_the_bomb_is_small_and_unpacks_to_the_size_wanted(kinds: dict[tuple[str, str], Hostile]) -> None:
    bomb = content(kinds["finance", "zip bomb"])

    assert len(bomb) < 20_000
    assert zipfile.ZipFile(io.BytesIO(bomb)).getinfo("xl/worksheets/sheet1.xml").file_size > SIZE


def test_large_cells_are_of_the_size_wanted(kinds: dict[tuple[str, str], Hostile]) -> None:
    for record in ("petition", "market", "appraisal"):
        assert SIZE < len(content(kinds[record, "cell of that size"])) < SIZE + 1_000
    assert json.loads(content(kinds["market", "cell of that size"]))["data"][0]["投诉编号"] == "x" * SIZE


def test_documents_declare_what_they_must_not(kinds: dict[tuple[str, str], Hostile]) -> None:
    for kind in ("entity expansion", "outside doctype", "entity of a file", "long entity"):
        assert b"<!DOCTYPE" in content(kinds["appraisal", kind])


@pytest.mark.parametrize("kind", ["error envelope", "data that is text", "rows that are lists"])
def test_answers_are_json_that_holds_no_rows(kinds: dict[tuple[str, str], Hostile], kind: str) -> None:
    told = json.loads(content(kinds["market", kind]))

    assert told["code"] or not all(isinstance(row, dict) for row in told["data"])


def test_formula_cells_are_whole_rows(kinds: dict[tuple[str, str], Hostile]) -> None:
    rows = list(csv.DictReader(io.StringIO(content(kinds["petition", "formula cells"]).decode(), newline="")))

    assert [row["信访人"][0] for row in rows] == ["=", "+", "-", "@", "\t", "\uff1d"]
    assert {row["登记日期"] for row in rows} == {"2025-06-01"}


def test_a_hostile_file_is_dropped_with_its_flag(kinds: dict[tuple[str, str], Hostile], tmp_path: Path) -> None:
    path = kinds["petition", "flag of more rows"].write(tmp_path / "one")

    assert path.name == "petition_20250630.csv"
    assert path.with_name("petition_20250630.csv.ok").read_bytes().startswith(b"21 ")
