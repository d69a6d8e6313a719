"""Seeds: files that say what they should, or say where they do not."""

from pathlib import Path

import pytest

from hub.errors import BadConfiguration
from hub.procedures.seeds import RegionSeed, read_seeds, read_villages

CONFIG = Path(__file__).parents[2] / "config"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for file in CONFIG.glob("*.toml"):
        (tmp_path / file.name).write_bytes(file.read_bytes())
    return tmp_path


def test_the_lists_of_codes_are_those_the_nouns_name_and_those_of_confirmation() -> None:
    assert set(read_seeds(CONFIG).codes) == {
        "dispute_type",
        "channel",
        "severity",
        "mode",
        "organisation_kind",
        "outcome",
        "termination_reason",
        "refusal_reason",
        "return_reason",
        "not_accepted_reason",
        "suspension_ground",
        "unsuitable_ground",
        "mediator_background",
        "confirmation_not_accepted",
        "confirmation_dismissed",
        "delay_reason",
    }


@pytest.mark.parametrize(
    ("file", "text", "reason"),
    [
        ("regions", "region = []", "regions.toml: unknown key region, only regions is expected"),
        ("regions", "regions = {}", "regions.toml: regions is of another type, a list is expected"),
        ("regions", "regions = [1]", "regions.toml: regions, entry 1 is of another type, a table is expected"),
        (
            "regions",
            "regions = [{ code = '370400', nam = 'x' }]",
            "regions.toml: regions, entry 1: unknown key nam, did you mean name?",
        ),
        ("regions", "regions = [{ code = '370400' }]", "regions.toml: regions, entry 1: name is missing"),
        (
            "regions",
            "regions = [{ code = 370400, name = 'x' }]",
            "regions.toml: regions, entry 1: code is of another type, text is expected",
        ),
        (
            "codes",
            "mode = [{ code = 'RM', zh = 'x', en = 'x', valid_to = '2025-01-01' }]",
            "codes.toml: mode, entry 1: valid_to is of another type, a date is expected",
        ),
        (
            "viewers",
            "[court]\nrole = 'court'\nregion = ['370400']",
            "viewers.toml: court: unknown key region, did you mean regions?",
        ),
        ("viewers", "court = 1", "viewers.toml: court is of another type, a table is expected"),
    ],
)
def test_a_slip_is_said_where_it_is(folder: Path, file: str, text: str, reason: str) -> None:
    (folder / f"{file}.toml").write_text(text, "utf-8")

    with pytest.raises(BadConfiguration) as error:
        read_seeds(folder)

    assert error.value.facts["reason"] == reason


def test_a_missing_file_is_a_coded_error(folder: Path) -> None:
    (folder / "courts.toml").unlink()

    with pytest.raises(BadConfiguration, match=r"courts\.toml cannot be read"):
        read_seeds(folder)


def test_villages_may_have_a_heading_empty_lines_and_columns_between(tmp_path: Path) -> None:
    (tmp_path / "v.csv").write_text("代码,分类,名称\n370402001001,111,东村\n\n 370402001002 ,西村 \n", "utf-8")

    assert read_villages(tmp_path / "v.csv") == (RegionSeed("370402001001", "东村"), RegionSeed("370402001002", "西村"))


@pytest.mark.parametrize("line", ["37040200100,东村", "370402001001", "370402001001,", "３７０４０２００１００１,东村", "x,y"])
def test_a_line_that_is_no_village_is_named(tmp_path: Path, line: str) -> None:
    (tmp_path / "v.csv").write_text(f"370402001001,东村\n{line}\n", "utf-8")

    with pytest.raises(BadConfiguration, match=r"v\.csv, line 2"):
        read_villages(tmp_path / "v.csv")
