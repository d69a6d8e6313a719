"""Each of the demo's viewers sees what it may and nothing else, over HTTP, alike on both databases."""

from typing import Any

import pytest
from tests.app.conftest import Hub

VIEWERS = ("admin", "court", "agency", "district", None)
EVERYTHING = """
query Everything($after: String) {
  cases(first: 60, after: $after, orderBy: [{field: ID}]) {
    totalCount
    nodes {
      id number title narrative
      region { code }
      organisation { id name }
      parties(first: 10) { totalCount nodes { id name identity phone } }
      referrals(first: 10) {
        nodes { court { code } sender { id } receiver { id } lead { id } members(first: 10) { nodes { organisation { id } } } }
      }
      sourceRecords(first: 10) { nodes { organisation { id } } }
    }
  }
}
"""
COUNTS = """
{
  cases { totalCount }
  caseStatistics { count }
  open: caseStatistics(by: [STATE]) { state count }
  caseModes { totalCount }
  openings { totalCount }
  courts { totalCount }
  codes { totalCount }
}
"""


def cases(hub: Hub, viewer: str | None) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = hub.ask(EVERYTHING, viewer)["cases"]["nodes"]
    return found


def ids(found: list[dict[str, Any]]) -> set[str]:
    return {case["id"] for case in found}


def places_of(case: dict[str, Any]) -> set[str]:
    """The organisations that a case lies with."""
    of = {case["organisation"]["id"]} if case["organisation"] else set()
    for referral in case["referrals"]["nodes"]:
        of |= {referral[end]["id"] for end in ("sender", "receiver", "lead") if referral[end]}
        of |= {member["organisation"]["id"] for member in referral["members"]["nodes"]}
    return of | {record["organisation"]["id"] for record in case["sourceRecords"]["nodes"] if record["organisation"]}


def test_the_city_sees_every_case(either: Hub) -> None:
    assert len(cases(either, "admin")) == 60


def test_a_district_sees_the_cases_placed_in_it(either: Hub) -> None:
    everything = cases(either, "admin")

    mine = {case["id"] for case in everything if case["region"]["code"].startswith("370402")}

    assert ids(cases(either, "district")) == mine
    assert 0 < len(mine) < 60


def test_a_court_sees_the_cases_that_were_sent_to_it_or_by_it(either: Hub) -> None:
    everything = cases(either, "admin")

    courts = {
        case["id"]: {each["court"]["code"] for each in case["referrals"]["nodes"] if each["court"]} for case in everything
    }

    assert ids(cases(either, "court")) == {name for name, codes in courts.items() if "鲁0402" in codes} != set()


def test_an_agency_sees_the_cases_that_lie_with_it(either: Hub) -> None:
    name = "市场监督管理局"
    everything = cases(either, "admin")
    offices = either.ask("{organisations(first: 100, filter: {name: {eq: $n}}) {nodes {id}}}".replace("$n", f'"枣庄市{name}"'))
    (office,) = [each["id"] for each in offices["organisations"]["nodes"]]

    mine = {case["id"] for case in everything if office in places_of(case)}

    assert ids(cases(either, "agency")) == mine != set()


def test_the_public_sees_registers_and_no_case(either: Hub) -> None:
    assert cases(either, None) == []
    found = either.ask(COUNTS)
    assert (found["cases"]["totalCount"], found["caseModes"]["totalCount"], found["openings"]["totalCount"]) == (0, 0, 0)
    assert found["caseStatistics"] == [{"count": 0}]
    assert found["open"] == []
    assert found["courts"]["totalCount"] > 0
    assert found["codes"]["totalCount"] > 0


@pytest.mark.parametrize("viewer", VIEWERS)
def test_counts_and_statistics_are_of_what_is_seen(either: Hub, viewer: str | None) -> None:
    found = either.ask(COUNTS, viewer)

    seen = len(cases(either, viewer))

    assert found["cases"]["totalCount"] == seen
    assert found["caseStatistics"] == [{"count": seen}]
    assert sum(group["count"] for group in found["open"]) == seen


@pytest.mark.parametrize("viewer", VIEWERS[1:])
def test_a_foreign_case_is_missing_by_every_way(either: Hub, viewer: str | None) -> None:
    everything = cases(either, "admin")
    mine = ids(cases(either, viewer))
    foreign = [case for case in everything if case["id"] not in mine][:5]
    query = """
    query Foreign($id: ID!, $ids: [ID!]!, $number: String!, $party: ID!, $r: [_Any!]!) {
      node(id: $id) { id }
      nodes(ids: $ids) { id }
      case(number: $number) { id }
      party: node(id: $party) { ... on Party { name } }
      cases(filter: {id: {eq: $id}}) { totalCount nodes { id } }
      caseStatistics(filter: {number: {eq: $number}}) { count }
      _entities(representations: $r) { ... on Case { id } }
    }
    """
    for case in foreign:
        party = case["parties"]["nodes"][0]["id"]
        found = either.ask(
            query,
            viewer,
            id=case["id"],
            ids=[case["id"], party],
            number=case["number"],
            party=party,
            r=[{"__typename": "Case", "number": case["number"]}, {"__typename": "Case", "id": case["id"]}],
        )
        assert found == {
            "node": None,
            "nodes": [None, None],
            "case": None,
            "party": None,
            "cases": {"totalCount": 0, "nodes": []},
            "caseStatistics": [{"count": 0}],
            "_entities": [None, None],
        }


def test_a_case_that_is_seen_is_found_by_every_way(either: Hub) -> None:
    case = cases(either, "court")[0]

    found = either.ask(
        "query($id: ID!, $number: String!) {node(id: $id) {id} case(number: $number) {id} byId: case(id: $id) {number}}",
        "court",
        id=case["id"],
        number=case["number"],
    )

    assert found == {"node": {"id": case["id"]}, "case": {"id": case["id"]}, "byId": {"number": case["number"]}}


@pytest.mark.parametrize("viewer", VIEWERS)
def test_sealed_values_are_masked_for_everybody(either: Hub, viewer: str | None) -> None:
    for case in cases(either, viewer):
        for party in case["parties"]["nodes"]:
            assert all("*" in party[field] for field in ("identity", "phone") if party[field])


def test_a_cursor_gives_no_right(either: Hub) -> None:
    page = either.ask("{cases(first: 5) {pageInfo {endCursor}}}", "admin")["cases"]["pageInfo"]

    assert either.ask("query($c: String) {cases(after: $c) {nodes {id}}}", None, c=page["endCursor"])["cases"]["nodes"] == []


def test_both_databases_answer_with_the_same_bytes(sqlite_hub: Hub, postgres_hub: Hub) -> None:
    for viewer in VIEWERS:
        for query in (EVERYTHING, COUNTS):
            answers = [hub.post(query, viewer).content for hub in (sqlite_hub, postgres_hub)]
            assert answers[0] == answers[1]


class TestOpening:
    """`@opening` over HTTP."""

    QUERY = "query Call($id: ID!) %s { node(id: $id) { ... on Party { phone phoneOpened } } }"

    def party(self, hub: Hub, viewer: str) -> str:
        found = [each for case in cases(hub, viewer) for each in case["parties"]["nodes"] if each["phone"]]
        return str(found[0]["id"])

    def opened(self, hub: Hub, viewer: str | None, directive: str, party: str) -> dict[str, Any]:
        document: dict[str, Any] = hub.post(self.QUERY % directive, viewer, variables={"id": party}).json()
        return document

    def test_a_reason_opens_and_is_recorded(self, either: Hub) -> None:
        party = self.party(either, "district")
        before = either.ask("{openings {totalCount}}", "admin")["openings"]["totalCount"]

        found = self.opened(either, "district", '@opening(purpose: CONTACT, reason: "回访")', party)

        phone = found["data"]["node"]["phoneOpened"]
        assert phone.isdigit()
        assert "*" in found["data"]["node"]["phone"]
        asked = "{openings(last: 1) {totalCount nodes {viewer field purpose reason}}}"
        openings = either.ask(asked, "admin")["openings"]
        assert openings["totalCount"] == before + 1
        assert openings["nodes"] == [{"viewer": "district", "field": "phone", "purpose": "CONTACT", "reason": "回访"}]

    def test_without_a_purpose_nothing_opens_and_nothing_is_recorded(self, either: Hub) -> None:
        party = self.party(either, "district")
        before = either.ask("{openings {totalCount}}", "admin")

        found = self.opened(either, "district", "", party)
        without_reason = self.opened(either, "district", "@opening(purpose: CONTACT)", party)

        assert found["errors"][0]["extensions"]["hub"] == "HUB-404"
        assert without_reason["data"]["node"]["phoneOpened"] is None
        assert without_reason["errors"][0]["extensions"]["hub"] == "HUB-404"
        assert either.ask("{openings {totalCount}}", "admin") == before

    def test_the_public_opens_nothing(self, either: Hub) -> None:
        found = self.opened(either, None, '@opening(purpose: CONTACT, reason: "x")', self.party(either, "district"))

        assert found["errors"][0]["extensions"] == {"code": "FORBIDDEN", "hub": "HUB-403"}

    def test_a_foreign_party_is_missing_and_no_opening_is_recorded(self, either: Hub) -> None:
        mine = ids(cases(either, "court"))
        foreign = next(case for case in cases(either, "admin") if case["id"] not in mine)
        before = either.ask("{openings {totalCount}}", "admin")

        found = self.opened(either, "court", '@opening(purpose: CONTACT, reason: "x")', foreign["parties"]["nodes"][0]["id"])

        assert found == {"data": {"node": None}}
        assert either.ask("{openings {totalCount}}", "admin") == before


@pytest.mark.parametrize("member", ["phone", "identity"])
def test_the_public_may_not_guess_at_sealed_values(hub: Hub, member: str) -> None:
    """密封值不得由公众试探 · A guess that finds its row would open a sealed value, and nobody would record it."""
    query = f'{{ mediators(filter: {{{member}: {{eq: "13800000000"}}}}) {{ totalCount }} }}'

    assert hub.refusal(query) == (200, "HUB-403")
    assert hub.ask(query, "district")["mediators"]["totalCount"] == 0


def test_who_is_shown_names_masked_may_not_guess_names(hub: Hub) -> None:
    """姓名脱敏者不得以姓名检索 · A name that is shown masked is no filter either."""
    query = '{ parties(filter: {name: {eq: "张三"}}) { totalCount } }'

    token = hub.composition.tokens.issue("supervisor", subject="test")
    answer = hub.client.post(hub.url, json={"query": query}, headers={"authorization": f"Bearer {token}"})

    assert answer.json()["errors"][0]["extensions"]["hub"] == "HUB-403"
    assert hub.ask(query, "admin")["parties"]["totalCount"] == 0


def test_lists_inside_lists_of_a_filter_are_bounded(hub: Hub) -> None:
    """One such filter of three lists held up a base for everybody until its deadline."""
    inner = '{name: {eq: "x"}}'
    for _ in range(3):
        inner = f"{{region: {{mediators: {{some: {inner}}}}}}}"

    assert hub.refusal(f"{{ mediators(filter: {inner}) {{ totalCount }} }}")[1] == "HUB-213"
