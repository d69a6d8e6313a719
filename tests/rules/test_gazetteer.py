"""Regions by code, by withdrawn code and by name."""

from pathlib import Path

import pytest

from hub.rules.gazetteer import Gazetteer, gazetteer
from hub.rules.values import Reason, Unfit
from hub.settings import read

CHECKOUT = Path(__file__).parent.parent.parent / "config"


@pytest.fixture(scope="module")
def places() -> Gazetteer:
    regions = [(item["code"], item["name"]) for item in read(CHECKOUT, "regions")["regions"]]
    villages = [("370404103201", "东村"), ("370404103202", "和顺庄村"), ("370402101201", "东村")]
    return gazetteer(
        [*regions, *villages],
        became={"370421": ("370481",), "379010": ("370481",), "370499": ("370402", "370403")},
        bodies=[(item["name"], item["region"]) for item in read(CHECKOUT, "organisations")["organisations"]],
        courts=[(item["code"], item["name"], item["region"]) for item in read(CHECKOUT, "courts")["courts"]],
    )


@pytest.mark.parametrize(
    ("cell", "code"),
    [
        ("370402001", "370402001"),
        ("３７０４０２００１", "370402001"),
        ("370402001.0", "370402001"),
        ("370402000000", "370402"),
        ("370404103000", "370404103"),
        ("370404103201", "370404103201"),
        ("370402001201", "370402001"),  # no village of that town was entered
        ("370421", "370481"),
        ("370421101", "370481"),
        ("370421000000", "370481"),
        ("枣庄市", "370400"),
        ("市中区", "370402"),
        ("枣庄市峄城区榴园镇", "370404103"),
        (" 榴园镇 ", "370404103"),
        ("榴园镇和顺庄村", "370404103202"),
        ("榴园镇东村", "370404103201"),
        ("榴园镇西村", "370404103"),
        ("枣庄高新技术产业开发区", "370491"),
        ("某地", None),
        ("无", None),
        (None, None),
    ],
)
def test_a_column_names_a_region_by_code_or_name(places: Gazetteer, cell: str | None, code: str | None) -> None:
    assert places.column(cell) == code


@pytest.mark.parametrize("cell", ["999999", "370499", "37", "370404103299", "370402999"])
def test_an_unknown_code_is_told(places: Gazetteer, cell: str) -> None:
    with pytest.raises(Unfit) as error:
        places.column(cell)

    assert error.value.reason is Reason.UNKNOWN_REGION


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("枣庄市市中区人民法院", "370402"),
        ("滕州市人民法院", "370481"),
        ("枣庄市卫生健康委员会", "370400"),
        ("枣庄市市中区某某商会", "370402"),
        ("市中区商会人民调解委员会", "370402"),
        ("榴园派出所", "370404103"),
        ("枣庄市公安局市中分局税郭派出所", "370402101"),
        ("滕州市荆河街道和市中区税郭镇联合调委会", None),
        ("枣庄市市中区和滕州市联合调委会", "370400"),
        ("某某公司", None),
    ],
)
def test_a_body_is_where_its_name_says(places: Gazetteer, body: str, code: str | None) -> None:
    assert places.named(body) == code


@pytest.mark.parametrize(("place", "code"), [("370402101", "370402101"), ("鲁0402", "370402"), ("鲁9999", None), (None, None)])
def test_a_file_is_about_the_town_or_court_in_its_name(places: Gazetteer, place: str | None, code: str | None) -> None:
    assert places.of_file(place) == code
