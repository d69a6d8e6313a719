"""Mutations: what a deed came to is answered as a question would be; what its procedure is handed has its own types."""

import datetime as dt
import enum
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Annotated, Any

import orjson
import pytest
import pytest_asyncio
from tests.resolvers.test_property import Limits
from tests.resolvers.town import Town

from hub.access.viewers import LINK, PERMISSIONS, Viewer
from hub.errors import HubError, Settled
from hub.procedures.configuration import Base
from hub.procedures.deeds import Deed, Row, acts_of, verb
from hub.procedures.doing import Doing
from hub.resolvers.answer import Answer, Corridor
from hub.schema.cases import Case
from hub.schema.codes import Code
from hub.schema.graph import graph
from hub.schema.organisations import Organisation
from hub.schema.scalars import Money
from hub.schema.verbs import Id, Listed, Most, Text
from hub.store.base import open_base, reader_of
from hub.store.ledger import Ledger
from hub.web.body import Question

NOW = dt.datetime(2026, 6, 30, 2, tzinfo=dt.UTC)
KEYS = count(1)
HANDED: list[dict[str, Any]] = []


class Manner(enum.Enum):
    """方式 · Manner"""

    QUICK = "快 · Quick"


@dataclass(frozen=True, slots=True)
class Wish:
    """请求 · A wish"""

    what: Annotated[str, Text(20, blank=False), "事项 · What"]
    days: Annotated[tuple[dt.date, ...] | None, "日期 · Days"] = None


@verb("查看 · Look", changes=Case, gives=(Case, Organisation), permission=LINK)
async def look_at(deed: Deed, case: Row) -> None:
    """Changes nothing, so that the rest of the town can be compared."""
    del deed, case


@verb("给予 · Give", gives=(Case,), permission=LINK)
async def hand_over(
    deed: Deed,
    *,
    day: Annotated[dt.date | None, "日期 · Day"] = None,
    moment: Annotated[dt.datetime | None, "时刻 · Moment"] = None,
    amount: Annotated[Money | None, "金额 · Amount"] = None,
    manner: Annotated[Manner | None, "方式 · Manner"] = None,
    body: Annotated[Id[Organisation] | None, "机构 · Body"] = None,
    kind: Annotated[str | None, Listed("dispute_type"), "类型 · Type"] = None,
    wishes: Annotated[tuple[Wish, ...] | None, Most(2), "请求 · Wishes"] = None,
) -> None:
    del deed
    HANDED.append(
        {"day": day, "moment": moment, "amount": amount, "manner": manner, "body": body, "kind": kind, "wishes": wishes}
    )


@verb("失败 · Fail", gives=(), permission=LINK)
async def break_down(deed: Deed, *, text: Annotated[str, "文本 · Text"]) -> None:
    del deed
    raise RuntimeError(text) if text != "settled" else Settled()


ACTS = acts_of([sys.modules[__name__]])


@dataclass
class Desk:
    """A corridor over a town where things can be done, and who asks there."""

    corridor: Corridor
    admin: Viewer
    town: Town
    given: list[Any] = field(default_factory=list)

    async def answer(self, text: str, variables: dict[str, Any] | None = None, viewer: Viewer | None = None) -> Answer:
        question = Question(text, None, variables or {}, {}, read_only=False)
        return await self.corridor.answer(question, viewer or self.admin)

    async def document(self, text: str, viewer: Viewer | None = None, /, **variables: Any) -> dict[str, Any]:
        found: dict[str, Any] = orjson.loads((await self.answer(text, variables, viewer)).body)
        return found

    async def data(self, text: str, viewer: Viewer | None = None, /, **variables: Any) -> dict[str, Any]:
        document = await self.document(text, viewer, **variables)
        assert "errors" not in document, document
        found: dict[str, Any] = document["data"]
        return found


@pytest_asyncio.fixture
async def desk(town: Town) -> AsyncIterator[Desk]:
    engine = await open_base(town.base.url)
    base = Base(engine, town.base.metadata, town.model, Ledger(engine, town.base.metadata, town.model, town.seal))
    doing = Doing(base, ACTS, seal=town.seal, now=lambda: NOW, agreements={})
    reader = reader_of(town.base.url, statement_seconds=5)
    schema = graph(town.model, [act.verb for act in ACTS.values()])

    def openings(*_: Any) -> Any:
        raise AssertionError("nothing is opened here")

    said: Any = {
        "hashed": town.seal.hashed,
        "limits": replace(Limits(), node_budget=10_000),
        "openings": openings,
        "doing": doing,
    }
    corridor = Corridor(schema, town.model, reader, **said)
    admin = replace(town.viewer("admin"), permissions=PERMISSIONS, subject="somebody")
    HANDED.clear()
    yield Desk(corridor, admin, town)
    await reader.close()
    await engine.dispose()


def key() -> str:
    return f"key-{next(KEYS):08d}"


SELECTIONS = (
    "id number state __typename",
    "organisation { name } parties(first: 2, orderBy: [{field: ID, direction: DESC}]) { totalCount nodes { name case { number } } }",
    "kind: __typename a: parties(first: 1) { edges { cursor node { id } } pageInfo { hasNextPage } } b: parties(last: 1) { nodes { id } }",
    "... on Node { id } ...F events(first: 3) { nodes { subject { __typename ... on Party { role } ... on Referral { type } } } }",
    "disputeType { code zh } region { name parent { name parent { code } } } events(first: 3) { nodes { type facts { name code } } }",
    "modes { nodes { case { parties { nodes { case { modes { totalCount } } } } } } }",
)


@pytest.mark.parametrize("inner", SELECTIONS)
async def test_a_payload_is_what_a_question_would_be_answered_with(desk: Desk, inner: str) -> None:
    fragment = " fragment F on Case { title amount registeredAt }" if "...F" in inner else ""
    for id_, row in list(desk.town.data["Case"].items())[:3]:
        del row
        asked = await desk.data(f'{{ case(id: "{id_}") {{ {inner} }} }}{fragment}')

        done = await desk.data(
            f'mutation {{ lookAt(case: "{id_}", expectedVersion: 1, idempotencyKey: "{key()}") {{ case {{ {inner} }} }} }}{fragment}'
        )

        assert done["lookAt"] == asked


async def test_a_payload_is_planned_once_whatever_the_deed_is_given(desk: Desk) -> None:
    text = """mutation ($id: ID!, $v: Int!, $k: String!, $n: Int!) {
      lookAt(case: $id, expectedVersion: $v, idempotencyKey: $k) { repeated case { parties(first: $n) { totalCount } } }
    }"""
    ids = list(desk.town.data["Case"])

    for number, id_ in enumerate(ids[:5]):
        await desk.document(text, id=id_, v=1 + number % 2, k=key(), n=3)

    assert len(desk.corridor._documents.operation(text, None).plans) == 1


async def test_what_the_viewer_does_not_see_is_null_in_the_payload(desk: Desk) -> None:
    """The repeat is answered as of now: whoever lost sight of the case in between is told nothing of it."""
    id_, k = next(iter(desk.town.data["Case"])), key()
    text = "mutation ($id: ID!, $k: String!) { lookAt(case: $id, expectedVersion: 1, idempotencyKey: $k) { repeated case { number } } }"
    assert (await desk.data(text, id=id_, k=k))["lookAt"]["case"]
    blind = replace(desk.admin, scope=type(desk.admin.scope)())

    assert await desk.data(text, blind, id=id_, k=k) == {"lookAt": {"repeated": True, "case": None}}
    document = await desk.document(text, blind, id=id_, k=key())
    assert [error["extensions"]["hub"] for error in document["errors"]] == ["HUB-702"]


async def test_a_given_row_that_nobody_said_is_the_one_linked_to(desk: Desk) -> None:
    id_ = next(iter(desk.town.data["Case"]))
    text = f'{{ lookAt(case: "{id_}", expectedVersion: 1, idempotencyKey: "{key()}") {{ organisation {{ id }} case {{ organisation {{ id }} }} }} }}'

    found = (await desk.data(f"mutation {text}"))["lookAt"]

    assert found["organisation"] == found["case"]["organisation"]


async def test_a_procedure_is_handed_values_of_its_own_types(desk: Desk) -> None:
    body, code = next(iter(desk.town.data["Organisation"])), _code(desk)
    text = """mutation ($k: String!, $day: Date, $m: Instant, $amount: Money, $body: ID, $code: String, $wishes: [WishInput!]) {
      handOver(day: $day, moment: $m, amount: $amount, manner: QUICK, body: $body, kind: $code, wishes: $wishes, idempotencyKey: $k) {
        repeated case { id }
      }
    }"""
    given = {"day": "2026-02-28", "m": "2026-03-01T08:00:00+08:00", "amount": "85000.00", "body": body, "code": code}
    wishes = [{"what": "快", "days": ["2026-01-01"]}, {"what": "慢"}]

    assert await desk.data(text, **given, wishes=wishes, k=key()) == {"handOver": {"repeated": False, "case": None}}
    assert [
        {
            "day": dt.date(2026, 2, 28),
            "moment": dt.datetime(2026, 3, 1, tzinfo=dt.UTC),
            "amount": 8_500_000,
            "manner": Manner.QUICK,
            "body": body,
            "kind": code,
            "wishes": (Wish("快", (dt.date(2026, 1, 1),)), Wish("慢")),
        }
    ] == HANDED


async def test_what_is_left_out_and_what_is_null_are_the_same(desk: Desk) -> None:
    for text in ("", "day: null wishes: null"):
        await desk.data(f'mutation {{ handOver({text} idempotencyKey: "{key()}") {{ repeated }} }}')

    assert HANDED[0] == HANDED[1] == dict.fromkeys(HANDED[0])


@pytest.mark.parametrize(
    ("given", "number", "argument"),
    [
        ('kind: "none"', "HUB-214", "kind"),
        ('kind: ""', "HUB-214", "kind"),
        ('body: "case_00000000000000000000000000000000"', "HUB-208", "body"),
        ('wishes: [{what: "a"}, {what: "b"}, {what: "c"}]', "HUB-206", "wishes"),
        ('wishes: [{what: "a"}, {what: " "}]', "HUB-111", "wishes.1.what"),
        ('wishes: [{what: "123456789012345678901"}]', "HUB-111", "wishes.0.what"),
    ],
)
async def test_bad_input_is_told_with_its_argument(desk: Desk, given: str, number: str, argument: str) -> None:
    document = await desk.document(f'mutation {{ handOver({given}, idempotencyKey: "{key()}") {{ repeated }} }}')

    (error,) = document["errors"]
    assert (document["data"], HANDED) == ({"handOver": None}, [])
    assert (error["path"], error["extensions"]["hub"], error["extensions"]["argument"]) == (["handOver"], number, argument)


@pytest.mark.parametrize(
    ("kind", "name", "value"), [("Date", "day", "2026-02-30"), ("Instant", "moment", "now"), ("Money", "amount", "1e9")]
)
async def test_a_malformed_scalar_refuses_the_request_and_says_where(desk: Desk, kind: str, name: str, value: str) -> None:
    text = f'mutation ($x: {kind}) {{ handOver({name}: $x, idempotencyKey: "{key()}") {{ repeated }} }}'
    answer = await desk.answer(text, {"x": value})
    (error,) = orjson.loads(answer.body)["errors"]
    number = {"Money": "HUB-120", "Instant": "HUB-121", "Date": "HUB-122"}[kind]
    assert (answer.refused, error["extensions"]["hub"], error["extensions"]["argument"]) == (True, number, "$x")

    literal = await desk.answer(f'mutation {{ handOver({name}: "{value}", idempotencyKey: "{key()}") {{ repeated }} }}')
    (error,) = orjson.loads(literal.body)["errors"]
    assert (literal.refused, error["extensions"]["hub"]) == (True, "HUB-107")
    assert f"'{kind}'" in error["message"]
    assert error["locations"]
    assert value not in error["message"]
    assert HANDED == []


async def test_what_breaks_down_is_told_of_its_field_and_quotes_nothing(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    text = """mutation ($a: String!, $b: String!, $c: String!) {
      one: breakDown(text: "秘密", idempotencyKey: $a) { repeated }
      two: breakDown(text: "settled", idempotencyKey: $b) { repeated }
      three: handOver(idempotencyKey: $c) { repeated }
    }"""

    document = await desk.document(text, a=key(), b=key(), c=key())

    assert document["data"] == {"one": None, "two": None, "three": {"repeated": False}}
    told = [(error["path"], error["extensions"]["hub"]) for error in document["errors"]]
    assert told == [(["one"], "HUB-500"), (["two"], "HUB-704")]
    assert "秘密" not in str(document) + "".join(capsys.readouterr())


async def test_payloads_count_together_and_ten_fields_are_enough(desk: Desk) -> None:
    id_ = next(iter(desk.town.data["Case"]))
    inner = "case { parties(first: 100) { nodes { case { referrals(first: 24) { nodes { id } } } } } }"
    asked = 'lookAt(case: "%s", expectedVersion: 1, idempotencyKey: "%s") { %s }'

    def text(many: int, shown: str) -> str:
        return "mutation {" + " ".join(f"f{number}: " + asked % (id_, key(), shown) for number in range(many)) + "}"

    assert await desk.data(text(3, inner))
    for many, shown, number in ((5, inner, "HUB-207"), (11, "repeated", "HUB-110")):
        with pytest.raises(HubError) as caught:
            await desk.answer(text(many, shown))
        assert caught.value.code == number


async def test_a_code_that_has_ended_is_none(desk: Desk) -> None:
    ended = next((row for row in desk.town.data["Code"].values() if row["valid_to"] and row["valid_to"] < NOW.date()), None)
    if ended is None or ended["list"] != "dispute_type":
        pytest.skip("no code of this town has ended")
    document = await desk.document(
        f'mutation {{ handOver(kind: "{ended["code"]}", idempotencyKey: "{key()}") {{ repeated }} }}'
    )

    assert document["errors"][0]["extensions"]["hub"] == "HUB-214"


def _code(desk: Desk) -> str:
    rows = [row for row in desk.town.data[Code.__name__].values() if row["list"] == "dispute_type"]
    found: str = next(row["code"] for row in rows if not row["valid_to"] or row["valid_to"] >= NOW.date())
    return found
