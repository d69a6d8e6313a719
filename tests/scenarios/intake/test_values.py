"""What officials type is checked as what agencies send: nothing is written that means nothing, and the input is named."""

from typing import Any

import pytest
from tests.procedures.agencies import LI, ZHANG
from tests.scenarios.desk import BODY, COURT, Desks, Refusal, dispute, org


def person(role: str = "APPLICANT", **said: Any) -> dict[str, Any]:
    return {"name": "张三", "role": role, "kind": "NATURAL_PERSON", **said}


def firm(**said: Any) -> dict[str, Any]:
    return {"name": "枣庄某公司", "role": "APPLICANT", "kind": "ORGANISATION", **said}


WRONG = [
    ({"parties": [person(identity="370402198001011234")]}, "case.parties.0.identity"),
    ({"parties": [person(identity="hello")]}, "case.parties.0.identity"),
    ({"parties": [person(), person("RESPONDENT", identity="hello")]}, "case.parties.1.identity"),
    ({"parties": [firm(identity=ZHANG)]}, "case.parties.0.identity"),
    ({"parties": [person(phone="abc")]}, "case.parties.0.phone"),
    ({"parties": [person(phone="1381234567")]}, "case.parties.0.phone"),
    ({"parties": []}, "case.parties"),
    ({"parties": [person("RESPONDENT")]}, "case.parties"),
    ({"amount": "-5.00"}, "case.amount"),
]


@pytest.mark.parametrize(("said", "argument"), WRONG)
async def test_a_value_that_means_nothing_is_refused_and_nothing_is_written(
    desk: Desks, said: dict[str, Any], argument: str
) -> None:
    """DOMAIN 4.9 · By who registers a case and by the court that delegates one alike."""
    await desk.invited()
    before = await desk.everything()
    sent = {"type": "DELEGATE", "receiver": org(BODY), "court": COURT, "courtNumber": "(2026)鲁0402诉前调17号"}

    with pytest.raises(Refusal) as registered:
        await desk.does("intake", "registerCase", case=dispute(**said))
    with pytest.raises(Refusal) as delegated:
        await desk.does("court", "delegateCase", case=dispute(**said), referral=sent, evidence="签字 17")

    for refused in (registered, delegated):
        assert (refused.value.number, refused.value.said["argument"]) == ("HUB-717", argument)
    assert await desk.everything() == before


@pytest.mark.parametrize(
    ("phone", "identity"),
    [("138 1234 5678", ZHANG.lower()), ("0632-3312345", f" {LI[:6]} {LI[6:]}"), ("+86 13812345678", "E12345678")],
)
async def test_spaces_and_separators_are_tolerated_as_in_files(desk: Desks, phone: str, identity: str) -> None:
    """DOMAIN 4.9 · Mobile or landline; resident id or a passport."""
    case = dispute(parties=[person(phone=phone, identity=identity)], amount="0.00")

    given = await desk.does("intake", "registerCase", case=case)

    (party,) = await desk.sides(given["case"]["id"])
    stored = await desk.row("parties", party)
    assert stored["phone"] is not None
    assert stored["identity_hash"] == desk.hub.seal.hashed("identity", identity.strip().replace(" ", "").upper())


@pytest.mark.parametrize("sign", ["\u202a", "\u202e", "\u2066", "\u2069", "\x85", "\x7f"])
async def test_a_text_that_would_look_like_another_is_refused(desk: Desks, sign: str) -> None:
    before = await desk.everything()

    with pytest.raises(Refusal) as refused:
        await desk.does("intake", "registerCase", case=dispute(title=f"张三{sign}诉李四"))

    assert (refused.value.number, refused.value.said["argument"]) == ("HUB-111", "case.title")
    assert await desk.everything() == before


async def test_what_nobody_sees_is_left_out_of_texts(desk: Desks) -> None:
    given = await desk.does("intake", "registerCase", case=dispute(title="\ufeff张三\u200b诉李四"))

    assert (await desk.row("cases", given["case"]["id"]))["title"] is not None
    assert "\u200b" not in str(await desk.row("cases", given["case"]["id"]))
    with pytest.raises(Refusal) as refused:
        await desk.does("intake", "registerCase", case=dispute(title="\u200b\ufeff"))
    assert refused.value.number == "HUB-111"


async def test_a_malformed_amount_within_an_input_is_named_by_its_place(desk: Desks) -> None:
    document = await desk.settled("intake", "registerCase", {"case": dispute(amount="zz"), "idempotencyKey": "key-00000001"})

    (error,) = document["errors"]
    assert (error["extensions"]["hub"], error["extensions"]["argument"]) == ("HUB-120", "$case.amount")
    assert "no amount" in error["message"]
    assert "zz" not in error["message"]


async def test_a_refusal_names_no_action_that_no_mutation_does(desk: Desks) -> None:
    case = (await desk.does("intake", "registerCase", case=dispute(channel="01")))["case"]["id"]

    with pytest.raises(Refusal) as refused:
        await desk.does("intake", "closeCase", case)

    assert "ACCEPT" in refused.value.said["possible"]
    assert not {"MERGE", "ABSORB", "UNMERGE"} & set(refused.value.said["possible"])
