"""Verbs: a procedure's signature is what the graph shows; what cannot be shown is refused at start."""

import datetime as dt
import enum
from dataclasses import dataclass
from typing import Annotated, Any

import pytest
from graphql import GraphQLInputObjectType, GraphQLObjectType

from hub.schema.cases import Case
from hub.schema.graph import graph
from hub.schema.model import Model
from hub.schema.referrals import Referral
from hub.schema.scalars import Kind, Money
from hub.schema.verbs import Id, Listed, Most, Text, Verb, coded, verb_of


class Manner(enum.Enum):
    """方式 · Manner"""

    QUICK = "快 · Quick"
    SLOW = "慢 · Slow"


@dataclass(frozen=True, slots=True)
class Wish:
    """请求 · A wish"""

    what: Annotated[str, Text(20), "事项 · What"]
    kind: Annotated[str | None, Listed("channel"), "类别 · Kind"] = None


async def ask_for(
    deed: Any,
    case: Any,
    *,
    day: Annotated[dt.date, "日期 · Day"],
    moment: Annotated[dt.datetime | None, "时刻 · Moment"] = None,
    amount: Annotated[Money | None, "金额 · Amount"] = None,
    manner: Annotated[Manner | None, "方式 · Manner"] = None,
    referral: Annotated[Id[Referral] | None, "流转 · Referral"] = None,
    wishes: Annotated[tuple[Wish, ...], Most(3), "请求 · Wishes"],
) -> None: ...


def made(procedure: Any, subject: Any = Case) -> Verb:
    return verb_of(procedure, "请求 · Ask", subject=subject, gives=(Case, Referral), permission="x")


def test_a_signature_is_the_mutation(model: Model) -> None:
    schema = graph(model, [made(ask_for)])._schema

    root = schema.mutation_type
    assert root is not None
    field = root.fields["askFor"]
    assert {name: str(argument.type) for name, argument in field.args.items()} == {
        "case": "ID!",
        "expectedVersion": "Int!",
        "day": "Date!",
        "moment": "Instant",
        "amount": "Money",
        "manner": "Manner",
        "referral": "ID",
        "wishes": "[WishInput!]!",
        "idempotencyKey": "String!",
    }
    assert str(field.type) == "AskForPayload"
    payload: Any = schema.type_map["AskForPayload"]
    assert isinstance(payload, GraphQLObjectType)
    shown = {name: str(field.type) for name, field in payload.fields.items()}
    assert shown == {"case": "Case", "referral": "Referral", "repeated": "Boolean!"}
    wish: Any = schema.type_map["WishInput"]
    assert isinstance(wish, GraphQLInputObjectType)
    assert {name: str(field.type) for name, field in wish.fields.items()} == {"what": "String!", "kind": "String"}


def test_everything_that_a_verb_brings_is_told_in_both_languages(model: Model) -> None:
    schema = graph(model, [made(ask_for)])._schema
    root = schema.mutation_type
    assert root is not None

    told = [root.description, root.fields["askFor"].description]
    told += [argument.description for argument in root.fields["askFor"].args.values()]
    for name in ("AskForPayload", "WishInput"):
        kind: Any = schema.type_map[name]
        told += [kind.description, *(field.description for field in kind.fields.values())]
    assert [each for each in told if " · " not in (each or "")] == []


def test_without_verbs_there_is_no_mutation(model: Model) -> None:
    assert graph(model)._schema.mutation_type is None


def test_codes_are_found_within_other_inputs() -> None:
    assert [(each.name, each.list, each.kind) for each in coded(made(ask_for).inputs)] == [("kind", "channel", Kind.TEXT)]


async def no_row(deed: Any) -> None: ...
async def two_rows(deed: Any, case: Any, other: Any) -> None: ...
async def untold(deed: Any, case: Any, *, note: str) -> None: ...
async def defaulted(deed: Any, case: Any, *, note: Annotated[str, "说明 · Note"] = "x") -> None: ...
async def left_out(deed: Any, case: Any, *, note: Annotated[str | None, "说明 · Note"]) -> None: ...
async def unknown(deed: Any, case: Any, *, note: Annotated[bytes, "说明 · Note"]) -> None: ...
async def marked(deed: Any, case: Any, *, note: Annotated[str, 5, "说明 · Note"]) -> None: ...
async def further(deed: Any, case: Any, *more: Any) -> None: ...


@pytest.mark.parametrize("procedure", [no_row, two_rows, untold, defaulted, left_out, unknown, marked, further])
def test_what_the_graph_could_not_show_is_refused_at_start(procedure: Any) -> None:
    with pytest.raises(TypeError):
        made(procedure)


def test_a_verb_that_changes_no_row_is_handed_none() -> None:
    verb = made(no_row, None)

    assert (verb.subject, verb.called, verb.inputs) == (None, "", ())
