"""Exchange agreements: read strictly, and all that are shipped hold."""

from pathlib import Path

import pytest

from hub.errors import BadConfiguration
from hub.exchange_settings import Exchange, read_agreements
from hub.settings import read

CHECKOUT = Path(__file__).parent.parent / "config"

SMALL = """
kind = "case"
organisation = "justice"
format = "csv"
columns = ["编号", "甲", "日期"]
required = ["编号", "甲", "日期"]
source_key = ["编号"]
default_region = "370400"
{more}
[fields]
id = "编号"
A = "甲"
date = "日期"
"""


def agreement_of(folder: Path, more: str = "", *, text: str = SMALL) -> Exchange:
    (folder / "agreements").mkdir(exist_ok=True)
    (folder / "agreements" / "small.toml").write_text(text.replace("{more}", more), "utf-8")
    return read_agreements(folder)["small"]


def test_an_agreement_is_not_in_force_unless_it_says_so(tmp_path: Path) -> None:
    assert agreement_of(tmp_path).in_force is False
    assert agreement_of(tmp_path, "in_force = true").in_force is True


def test_without_a_folder_nobody_has_agreed(tmp_path: Path) -> None:
    assert read_agreements(tmp_path) == {}


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ("colums = []", "unknown key colums, did you mean columns?"),
        ("record = 'other'", "the file's name says the record"),
        ("in_force = 'yes'", "in_force is of another type, true or false is expected"),
        ("update_column = 1", "update_column is of another type"),
    ],
)
def test_what_is_wrong_is_said_where_it_is_wrong(tmp_path: Path, more: str, reason: str) -> None:
    with pytest.raises(BadConfiguration, match=r"agreements/small\.toml") as error:
        agreement_of(tmp_path, more)

    assert reason in str(error.value)


@pytest.mark.parametrize(
    ("said", "instead", "reason"),
    [
        ('kind = "case"', 'kind = "cases"', "kind: cases is not known, did you mean case?"),
        ('"csv"', '"xml+jsn"', "format: jsn is not known, did you mean json?"),
        ('A = "甲"', 'Aa = "甲"', "fields: Aa is not known"),
        ('A = "甲"', 'A = "甲方"', "columns: 甲方 is not known"),
        ('source_key = ["编号"]', 'source_key = ["file.plac"]', "did you mean file.place?"),
        (
            'date = "日期"',
            'date = "日期"\n[identities]\nA = "credits"',
            "identities: credits is not known, did you mean credit?",
        ),
        ('date = "日期"', 'date = "日期"\n[type_map]\n"借贷" = 16', "type_map: 借贷 is of another type, text is expected"),
    ],
)
def test_names_that_name_nothing_are_refused(tmp_path: Path, said: str, instead: str, reason: str) -> None:
    with pytest.raises(BadConfiguration) as error:
        agreement_of(tmp_path, text=SMALL.replace(said, instead))

    assert reason in str(error.value)


def test_the_shipped_agreements_name_things_that_exist() -> None:
    agreements = read_agreements(CHECKOUT)
    codes = {name: {item["code"] for item in items} for name, items in read(CHECKOUT, "codes").items()}
    organisations = {item["key"] for item in read(CHECKOUT, "organisations")["organisations"]}

    assert len(agreements) == 16
    for exchange in agreements.values():
        assert exchange.in_force
        assert exchange.organisation in organisations
        assert set(exchange.type_map.values()) <= codes["dispute_type"]
        assert set(exchange.kind_map.values()) <= codes["organisation_kind"]
        assert (exchange.channel in codes["channel"]) == (exchange.kind == "case")
        assert (exchange.attachment is not None) == (exchange.kind == "attachment")
