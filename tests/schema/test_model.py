"""What the declarations say when they are read together, and what they may not say."""

import enum

import pytest

from hub.errors import MalformedId
from hub.schema.declare import Entity, Field, Link, Many, column, in_region, link, many, public
from hub.schema.model import CodeColumn, Column, Computed, LinkMember, ManyMember, Model, Sealed, build
from hub.schema.scalars import Kind


class Colour(enum.Enum):
    """颜色 · Colour"""

    RED = "红 · Red"


def test_the_annotation_alone_says_type_and_nullability(model: Model) -> None:
    case = model["Case"].members
    assert isinstance(case["amount"], Column)
    assert (case["amount"].kind, case["amount"].nullable) == (Kind.MONEY, True)
    assert isinstance(case["state"], Column)
    assert (case["state"].kind, case["state"].nullable) == (Kind.ENUM, False)
    assert isinstance(case["dispute_type"], CodeColumn)
    assert isinstance(case["narrative"], Sealed)
    assert isinstance(case["open"], Computed)
    assert isinstance(case["parties"], ManyMember)


def test_every_row_has_an_id_first_and_its_version_and_times_last(model: Model) -> None:
    for noun in model.nouns.values():
        assert next(iter(noun.members)) == "id"
        assert list(noun.members)[-3:] == ["version", "created_at", "updated_at"]


def test_a_union_link_keeps_its_targets_in_the_order_declared(model: Model) -> None:
    subject = model["Event"].members["subject"]
    assert isinstance(subject, LinkMember)
    assert subject.targets == ("Case", "Party", "CaseMode", "Referral", "SourceRecord", "SupervisionAlert")
    assert (subject.is_union, subject.nullable, subject.column) == (True, True, "subject_id")


def test_a_noun_without_scope_stays_out_of_the_graph(model: Model) -> None:
    assert not model["Policy"].in_graph
    assert "Policy" not in [noun.name for noun in model.graph_nouns]


def test_orders_are_indexed_unmasked_columns_that_are_shown(model: Model) -> None:
    assert list(model["Region"].orderable) == ["ID", "CODE", "NAME", "LEVEL"]
    assert list(model["Party"].orderable) == ["ID", "ROLE", "KIND", "LEFT_AT"]
    assert model["Organisation"].orderable["NAME"].ordered_by == "name_sound"
    assert "ONLINE" not in model["Case"].orderable


def test_filters_are_what_can_be_looked_for(model: Model) -> None:
    party = model["Party"].filterable
    assert list(party) == ["id", "case", "role", "kind", "name", "identity", "phone", "leftAt"]
    region = model["Region"].filterable
    assert {"city", "district", "town", "zone"}.isdisjoint(region)
    case = model["Case"].filterable
    assert list(case)[-4:] == ["city", "district", "town", "zone"]
    assert case["zone"] == "zone"
    assert {"title", "narrative", "cause", "open", "version"}.isdisjoint(case)
    assert "subject" not in model["Event"].filterable
    assert "organisation" in model["Event"].filterable


def test_dimensions_say_how_they_group(model: Model) -> None:
    dimensions = model["Referral"].dimensions
    found = {name: (each.field, each.kind) for name, each in dimensions.items() if each.through is None}
    assert found == {
        "TYPE": ("type", "enum"),
        "STATE": ("state", "enum"),
        "CASE": ("case", "link"),
        "COURT": ("court", "link"),
        "SENDER": ("sender", "link"),
        "RECEIVER": ("receiver", "link"),
        "LEAD": ("lead", "link"),
        "MEDIATOR": ("mediator", "link"),
        "ISSUED_ON_MONTH": ("issuedOnMonth", "month"),
        "ACCEPTED_ON_MONTH": ("acceptedOnMonth", "month"),
        "DUE_ON_MONTH": ("dueOnMonth", "month"),
        "COMPLETED_ON_MONTH": ("completedOnMonth", "month"),
        "MEDIATION_DAYS": ("mediationDays", "number"),
        "TERMINATION_REASON": ("terminationReason", "code"),
        "RETURN_REASON": ("returnReason", "code"),
        "SOURCE_RESULT": ("sourceResult", "enum"),
    }
    town = model["Case"].dimensions["TOWN"]
    assert (town.field, town.kind, town.member.name) == ("town", "level", "region")
    assert model["Case"].dimensions["LEAKED"].kind == "bool"


def test_what_belongs_to_a_case_is_grouped_by_what_the_case_says(model: Model) -> None:
    found = model["Referral"].dimensions
    behind = {name.removeprefix("CASE_") for name, each in found.items() if each.through is not None}
    assert behind == set(model["Case"].dimensions)
    town = found["CASE_TOWN"]
    assert (town.field, town.kind, town.level) == ("caseTown", "level", "town")
    # A finding may belong to none, and an alert be seen by who does not see the case.
    assert not any(each.through for name in ("Finding", "SupervisionAlert") for each in model[name].dimensions.values())


def test_sums_are_of_amounts(model: Model) -> None:
    assert {name: column.name for name, column in model["Case"].sums.items()} == {"amountSum": "amount"}
    assert model["Referral"].sums == {}


@pytest.mark.parametrize(
    ("id_", "noun"),
    [(f"case_{'0' * 32}", "Case"), ("region_370402", "Region"), ("court_鲁0402", "Court"), ("code_mode_X.1-a", "Code")],
)
def test_an_id_says_which_noun_it_is_of(model: Model, id_: str, noun: str) -> None:
    assert model.noun_of(id_).name == noun


@pytest.mark.parametrize(
    "id_",
    ["", "case", "case_", f"case_{'0' * 31}", f"case_{'0' * 32}\n", f"case_{'A' * 32}", f"cases_{'0' * 32}", "region_", "region_a b",
     f"pol_{'0' * 32}", f"CASE_{'0' * 32}", f"region_{'1' * 81}", "region_'"],
)  # fmt: skip
def test_an_id_of_no_noun_of_the_graph_is_malformed(model: Model, id_: str) -> None:
    with pytest.raises(MalformedId):
        model.noun_of(id_)


class Owner(Entity, prefix="owner", doc="主 · Owner", scope=(in_region(),)):
    name: Field[str] = column("名 · Name")


def test_many_must_be_linked_back() -> None:
    class Shelf(Entity, prefix="shelf", doc="架 · Shelf", scope=(public(),)):
        owners: Many[Owner] = many("主 · Owners", by="shelf")

    with pytest.raises(TypeError, match="does not link back"):
        build([Owner, Shelf])


def test_a_link_must_lead_to_a_noun_of_the_model() -> None:
    class Book(Entity, prefix="book", doc="书 · Book", scope=(public(),)):
        owner: Link[Owner] = link("主 · Owner")

    with pytest.raises(TypeError, match="unknown noun"):
        build([Book])


def test_a_masked_column_is_never_filter_order_or_searched() -> None:
    class Filtered(Entity, prefix="person", doc="人 · Person", scope=(public(),)):
        name: Field[str] = column("名 · Name", mask="name", index=True)

    class Searched(Entity, prefix="person", doc="人 · Person", scope=(public(),)):
        name: Field[str] = column("名 · Name", mask="name", search=True)

    for person in (Filtered, Searched):
        with pytest.raises(TypeError, match="masked"):
            build([person])


def test_records_are_dataclasses() -> None:
    class Box(Entity, prefix="box", doc="箱 · Box", scope=(public(),)):
        things: Field[list[Colour]] = column("物 · Things")

    with pytest.raises(TypeError, match="dataclasses"):
        build([Box])


def test_a_key_is_made_of_members() -> None:
    class Tag(Entity, prefix="tag", doc="签 · Tag", scope=(public(),), key=("number",)):
        colour: Field[Colour] = column("色 · Colour")

    with pytest.raises(TypeError, match="key"):
        build([Tag])
