"""Check digits (DOMAIN 4.9)."""

import re
from typing import Any

import pytest

from hub.schema.cases import Party, PartyKind
from hub.schema.declare import Entity
from hub.schema.mediators import Mediator
from hub.schema.organisations import Organisation
from hub.simulation.identifiers import credit_check, resident_check

Rows = dict[type[Entity], list[dict[str, Any]]]


@pytest.mark.parametrize(
    "number", ["11010519491231002X", "440524188001010014", "370402199001010016", "370481197806151234", "370403198512310020"]
)
def test_a_resident_id_ends_in_its_check_digit(number: str) -> None:
    assert resident_check(number[:17]) == number[17]


@pytest.mark.parametrize("number", ["91350100M000100Y43", "9144030071526726XG", "52370402MJD000011F", "91370481MA3TETT094"])
def test_a_credit_code_ends_in_its_check_sign(number: str) -> None:
    assert credit_check(number[:17]) == number[17]


def test_every_party_has_a_valid_identity_and_telephone(rows: Rows) -> None:
    for party in rows[Party]:
        if party["identity"] is not None:
            check = resident_check if party["kind"] is PartyKind.NATURAL_PERSON else credit_check
            assert check(party["identity"][:17]) == party["identity"][17]
        assert party["phone"] is None or re.fullmatch(r"1[3-9]\d{9}|0632-\d{7}", party["phone"])


def test_every_mediator_and_organisation_has_valid_numbers(rows: Rows) -> None:
    assert all(resident_check(one["identity"][:17]) == one["identity"][17] for one in rows[Mediator])
    assert all(credit_check(one["credit_code"][:17]) == one["credit_code"][17] for one in rows[Organisation])
