"""The oracle against expectations made by hand, so that it can be wrong: scope, masks, pages, nulls, counts, search."""

import datetime as dt
from collections.abc import Iterable
from typing import Any

import orjson
import pytest

from hub.schema.cases import Case, CaseStart, CaseState, Domain, Handling, Party, PartyKind, PartyRole
from hub.schema.codes import Code
from hub.schema.courts import Court, CourtLevel
from hub.schema.declare import Entity
from hub.schema.events import Event, EventType, Fact
from hub.schema.graph import graph
from hub.schema.model import Model, build
from hub.schema.organisations import Organisation, OrganisationLevel
from hub.schema.policies import Policy
from hub.schema.referrals import Referral, ReferralState, ReferralType
from hub.schema.regions import Region, RegionLevel

from . import rows, viewers
from .operations import FAULTS, Operations
from .oracle import Oracle, Outcome
from .rows import BY_LEDGER, ORDER, WRITTEN_AT, Data
from .viewers import MASKED, PUBLIC, Viewer

CITY = Viewer("city", regions=("370400",))
MARKET = Viewer("market district", regions=("370402",))
ZONE = Viewer("zone", regions=("370491",))
SUPERVISOR = Viewer("supervisor", regions=("370400",), masks=MASKED)
SENDER = Viewer("sender", organisations=(f"org_{'b' * 32}",))
COURT = Viewer("court", courts=("court_鲁0402",))


def hexed(prefix: str, letter: str) -> str:
    return f"{prefix}_{letter * 32}"


CASE = {letter: hexed("case", letter) for letter in "123"}
MODEL = build((*ORDER, Policy))
ORACLE = Oracle(graph(MODEL), MODEL)
NODE = '{node(id: "$") {... on Event {case {number} subject {... on Referral {number}}}}}'


class Town:
    """A municipality of three cases: two in the market district, one in a management zone of the other."""

    def __init__(self) -> None:
        self.data = Data({entity.__name__: {} for entity in ORDER})
        self.places()
        self.bodies()
        self.case("1", "买卖合同纠纷 张三", amount=100, due_on=dt.date(2025, 3, 1), registered_on=dt.date(2025, 2, 28))
        self.case("2", "邻里纠纷", amount=None, due_on=None, registered_on=dt.date(2025, 3, 2), state=CaseState.CLOSED)
        self.case("3", "劳动争议", "370403001", amount=-7, due_on=dt.date(2025, 1, 1), registered_on=dt.date(2025, 3, 31))
        self.around()

    def add(self, entity: type[Entity], id_: str, **values: Any) -> None:
        blank = dict.fromkeys([*entity.declared.lines, *BY_LEDGER])
        marks = {"version": 1, "created_at": WRITTEN_AT, "updated_at": WRITTEN_AT}
        self.data[entity.__name__][id_] = blank | {"id": id_} | marks | values

    def places(self) -> None:
        city = {"city": "370400", "statistical_only": False}
        self.add(Region, "region_370400", code="370400", name="枣庄市", level=RegionLevel.CITY, **city)
        for code, name in (("370402", "市中区"), ("370403", "薛城区")):
            own = {"parent": "region_370400", "district": code} | city
            self.add(Region, f"region_{code}", code=code, name=name, level=RegionLevel.DISTRICT, **own)
        own = {"parent": "region_370403", "district": "370403", "town": "370403001", "zone": "370491"} | city
        self.add(Region, "region_370403001", code="370403001", name="兴仁街道", level=RegionLevel.TOWN, **own)

    def bodies(self) -> None:
        for letter, name in (("a", "张司法局"), ("b", "阿信访局")):
            own = {"kind": "AGENCY", "region": "region_370402", "active": True, "head": "王小明"}
            self.add(Organisation, hexed("org", letter), name=name, level=OrganisationLevel.DISTRICT, **own)
        self.add(Court, "court_鲁0402", code="鲁0402", name="市中法院", level=CourtLevel.BASIC, region="region_370402")
        self.add(Code, "code_channel_HOTLINE", list="channel", code="HOTLINE", zh="热线", en="Hotline", used_by_rule=False)

    def case(self, number: str, title: str, region: str = "370402", **values: Any) -> None:
        usual: dict[str, Any] = {
            "number": f"N{number}",
            "title": title,
            "state": CaseState.HANDLING,
            "handling": Handling.SPLIT,
            "start": CaseStart.ON_APPLICATION,
            "domain": Domain.CIVIL,
            "dispute_type": "unlisted",
            "channel": "HOTLINE",
            "severity": "1",
            "region": f"region_{region}",
            "organisation": hexed("org", "a"),
            "online": number == "2",
            "leaked": False,
            "registered_at": dt.datetime(2025, 3, int(number), 8, tzinfo=dt.UTC),
        }
        self.add(Case, CASE[number], **usual | values)

    def around(self) -> None:
        person = {"role": PartyRole.APPLICANT, "kind": PartyKind.NATURAL_PERSON, "shielded": False}
        private = {"identity": "11010519491231002X", "phone": "+86-13812341234", "address": "市中区中心街街道文化路12号"}
        self.add(Party, hexed("party", "1"), case=CASE["1"], name="张三", **person, **private)
        self.add(Party, hexed("party", "3"), case=CASE["3"], name="Zoë", **person)
        sent = {"type": ReferralType.FORWARD, "state": ReferralState.ISSUED, "undisputed_facts": False}
        times = {"issued_at": WRITTEN_AT, "issued_on": dt.date(2025, 6, 1)}
        self.add(Referral, hexed("ref", "2"), number="R2", case=CASE["2"], sender=hexed("org", "b"), **sent, **times)
        self.add(
            Referral,
            hexed("ref", "3"),
            number="R3",
            case=CASE["3"],
            sender=hexed("org", "a"),
            court="court_鲁0402",
            **sent,
            **times,
        )
        event = {"type": EventType.CASE_REGISTERED, "actor": "intake", "occurred_at": WRITTEN_AT}
        self.add(
            Event, hexed("evt", "1"), case=CASE["1"], subject=hexed("ref", "3"), facts=[Fact("state", "HANDLING")], **event
        )


TOWN = Town().data


def ask(text: str, viewer: Viewer = CITY, **variables: Any) -> Outcome:
    return ORACLE.answer(TOWN, viewer, text, variables)


def data_of(text: str, viewer: Viewer = CITY, **variables: Any) -> Any:
    outcome = ask(text, viewer, **variables)
    assert outcome.refused is None, outcome.body.decode()
    return orjson.loads(outcome.body)["data"]


def numbers(text: str, viewer: Viewer = CITY, **variables: Any) -> list[str]:
    return [case["number"] for case in data_of("query " + text, viewer, **variables)["cases"]["nodes"]]


def filtered(condition: str, viewer: Viewer = CITY) -> list[str]:
    return numbers("{cases(filter: " + condition + ") {nodes {number}}}", viewer)


def ordered(terms: str) -> list[str]:
    return numbers("{cases(orderBy: " + terms + ") {nodes {number}}}")


@pytest.fixture(scope="module")
def model() -> Model:
    return MODEL


class TestScope:
    @pytest.mark.parametrize(
        ("viewer", "seen"),
        [(CITY, ["N1", "N2", "N3"]), (MARKET, ["N1", "N2"]), (ZONE, ["N3"]), (SENDER, ["N2"]), (COURT, ["N3"]), (PUBLIC, [])],
        ids=lambda value: value.name if isinstance(value, Viewer) else "",
    )
    def test_a_viewer_sees_the_cases_of_its_scope(self, viewer: Viewer, seen: list[str]) -> None:
        assert numbers("{cases {nodes {number}}}", viewer) == seen

    def test_what_is_not_seen_is_null_like_what_is_not_there(self) -> None:
        text = '{seen: case(number: "N1") {id} hidden: case(number: "N3") {id} none: case(number: "N9") {id}}'
        assert data_of(text, MARKET) == {"seen": {"id": CASE["1"]}, "hidden": None, "none": None}

    def test_a_link_to_a_hidden_row_is_null_and_no_filter_reaches_it(self) -> None:
        text = NODE.replace("$", hexed("evt", "1"))
        assert data_of(text, MARKET)["node"] == {"case": {"number": "N1"}, "subject": None}
        assert data_of(text, CITY)["node"] == {"case": {"number": "N1"}, "subject": {"number": "R3"}}
        hidden = '{referrals(filter: {case: {number: {eq: "N3"}}}) {totalCount}}'
        assert data_of(hidden, CITY)["referrals"] == {"totalCount": 1}
        assert data_of(hidden, PUBLIC)["referrals"] == {"totalCount": 0}

    def test_registers_are_public(self) -> None:
        assert data_of("{organisations {totalCount} courts {totalCount}}", PUBLIC) == {
            "organisations": {"totalCount": 2},
            "courts": {"totalCount": 1},
        }

    def test_nodes_keep_their_order_and_hide_what_is_hidden(self) -> None:
        found = data_of(
            "query($ids: [ID!]!) {nodes(ids: $ids) {id}}", MARKET, ids=[CASE["3"], CASE["1"], "region_9", CASE["1"]]
        )
        assert found["nodes"] == [None, {"id": CASE["1"]}, None, {"id": CASE["1"]}]


class TestMasks:
    def test_names_are_masked_for_viewers_under_that_mask_only(self) -> None:
        text = "{parties {nodes {name}}}"
        assert data_of(text, CITY)["parties"]["nodes"] == [{"name": "张三"}, {"name": "Zoë"}]
        assert data_of(text, SUPERVISOR)["parties"]["nodes"] == [{"name": "张*"}, {"name": "Z*"}]

    def test_sealed_values_are_masked_for_everybody(self) -> None:
        text = '{party(id: "' + hexed("party", "1") + '") {identity phone address phoneOpened}}'
        assert data_of(text)["party"] == {
            "identity": "110105********002X",
            "phone": "138****1234",
            "address": "市中区中心街街道****",
            "phoneOpened": None,
        }

    def test_titles_do_not_name_the_parties(self) -> None:
        assert data_of('{case(number: "N1") {title}}')["case"] == {"title": "买卖合同纠纷 张*"}

    def test_people_are_found_by_exact_values_however_written(self) -> None:
        for condition in (
            '{phone: {eq: "１３８ 1234 1234"}}',
            '{identity: {eq: "11010519491231-002x"}}',
            '{name: {eq: " 张 三"}}',
        ):
            assert data_of("{parties(filter: " + condition + ") {totalCount}}")["parties"] == {"totalCount": 1}, condition
        assert data_of('{parties(filter: {name: {eq: "张"}}) {totalCount}}')["parties"] == {"totalCount": 0}


class TestPages:
    PAGE = "query($first: Int, $after: String, $last: Int, $before: String) {cases(first: $first, after: $after, last: $last, "
    PAGE += "before: $before, orderBy: [{field: DUE_ON}]) {nodes {number} pageInfo {hasNextPage hasPreviousPage startCursor endCursor}}}"

    def page(self, **variables: Any) -> tuple[list[str], bool, bool, Any, Any]:
        found = data_of(self.PAGE, **variables)["cases"]
        info = found["pageInfo"]
        names = [node["number"] for node in found["nodes"]]
        return names, info["hasPreviousPage"], info["hasNextPage"], info["startCursor"], info["endCursor"]

    def test_forward_through_a_null_which_is_the_greatest_value(self) -> None:
        names, before, after, _, end = self.page(first=2)
        assert (names, before, after) == (["N3", "N1"], False, True)
        names, before, after, start, end = self.page(first=2, after=end)
        assert (names, before, after) == (["N2"], True, False)
        assert start == end

    def test_backward_gives_the_rows_in_list_order(self) -> None:
        names, before, after, start, _ = self.page(last=2)
        assert (names, before, after) == (["N1", "N2"], True, False)
        names, before, after, _, _ = self.page(last=2, before=start)
        assert (names, before, after) == (["N3"], False, True)

    def test_a_page_past_the_end_is_empty(self) -> None:
        *_, end = self.page(first=3)
        assert self.page(first=1, after=end) == ([], True, False, None, None)

    def test_a_cursor_is_the_position_in_hexadecimal(self) -> None:
        *_, start, _ = self.page(first=1)
        assert orjson.loads(bytes.fromhex(start)) == ["due_on:a,id:a", "2025-01-01", CASE["3"]]

    def test_cursors_of_hidden_rows_work_because_they_are_positions_only(self) -> None:
        *_, end = self.page(first=1)
        found = orjson.loads(ask(self.PAGE, MARKET, first=5, after=end).body)["data"]["cases"]["nodes"]
        assert [node["number"] for node in found] == ["N1", "N2"]


class TestOrders:
    def test_null_is_the_greatest_value_both_ways(self) -> None:
        assert ordered("[{field: AMOUNT}]") == ["N3", "N1", "N2"]
        assert ordered("[{field: AMOUNT, direction: DESC}]") == ["N2", "N1", "N3"]

    def test_the_id_decides_in_the_direction_of_the_last_term(self) -> None:
        assert ordered("[{field: HANDLING}]") == ["N1", "N2", "N3"]
        assert ordered("[{field: HANDLING}, {field: DOMAIN, direction: DESC}]") == ["N3", "N2", "N1"]

    def test_names_are_ordered_by_their_sound(self) -> None:
        found = data_of("{organisations(orderBy: [{field: NAME}]) {nodes {name}}}")["organisations"]["nodes"]
        assert [each["name"] for each in found] == ["阿信访局", "张司法局"]


class TestFilters:
    @pytest.mark.parametrize(
        ("condition", "found"),
        [
            ("{}", ["N1", "N2", "N3"]),
            ("{and: []}", ["N1", "N2", "N3"]),
            ("{or: []}", []),
            ("{number: {in: []}}", []),
            ("{number: {notIn: []}}", ["N1", "N2", "N3"]),
            ('{amount: {ne: "1.00"}}', ["N2", "N3"]),
            ('{amount: {notIn: ["1.00"]}}', ["N2", "N3"]),
            ('{amount: {lt: "1"}}', ["N3"]),
            ("{not: {amount: {lt: 1}}}", ["N1", "N2"]),
            ("{amount: {isNull: true}}", ["N2"]),
            ('{amount: {isNull: false, gte: "-0.07"}}', ["N1", "N3"]),
            ('{registeredAt: {gt: "2025-03-01T16:00:00+08:00"}}', ["N2", "N3"]),
            ("{state: {eq: CLOSED}}", ["N2"]),
            ("{online: {eq: false}}", ["N1", "N3"]),
            ('{number: {startsWith: "N", gt: "N1", lte: "N2"}}', ["N2"]),
            ('{zone: {eq: "370491"}}', ["N3"]),
            ("{town: {isNull: true}}", ["N1", "N2"]),
            ('{region: {code: {startsWith: "370403"}}}', ["N3"]),
            ("{parties: {some: {}}}", ["N1", "N3"]),
            ("{parties: {none: {}}}", ["N2"]),
            ('{parties: {some: {name: {eq: "zoe\u0308"}}}}', ["N3"]),
            ("{parties: {}}", ["N1", "N2", "N3"]),
            ("{mediator: {}}", []),
            ('{or: [{number: {eq: "N1"}}, {channel: {eq: "HOTLINE"}, online: {eq: true}}]}', ["N1", "N2"]),
        ],
    )  # fmt: skip
    def test_conditions_are_true_or_false(self, condition: str, found: list[str]) -> None:
        assert filtered(condition) == found

    @pytest.mark.parametrize(
        ("asked", "found"),
        [
            ("纠纷", ["N1", "N2"]),
            ("劳", ["N3"]),
            ("张*", ["N1"]),
            ("张三", []),
            ("", []),
            ("买卖 合同", []),
            ("邻里纠纷劳动", []),
        ],
    )
    def test_search_finds_what_is_shown(self, asked: str, found: list[str]) -> None:
        assert filtered('{search: "' + asked + '"}') == found

    def test_a_variable_left_out_is_no_condition(self) -> None:
        text = "($n: String, $f: CaseFilter) {cases(filter: {number: {eq: $n}}) {nodes {number}} all: cases(filter: $f) {totalCount}}"
        assert numbers(text) == ["N1", "N2", "N3"]
        assert numbers(text, n="N2", f=None) == ["N2"]


class TestStatistics:
    def test_without_dimensions_there_is_one_group_even_of_nothing(self) -> None:
        assert data_of("{caseStatistics {count amountSum state}}")["caseStatistics"] == [
            {"count": 3, "amountSum": "0.93", "state": None}
        ]
        assert data_of("{caseStatistics {count amountSum}}", PUBLIC)["caseStatistics"] == [{"count": 0, "amountSum": "0.00"}]
        assert data_of("{caseStatistics(by: [STATE]) {count}}", PUBLIC)["caseStatistics"] == []

    def test_groups_are_ordered_by_what_is_stored_nulls_last(self) -> None:
        text = "{caseStatistics(by: [TOWN, REGISTERED_ON_MONTH, ONLINE]) {count town {name} registeredOnMonth online}}"
        assert data_of(text)["caseStatistics"] == [
            {"count": 1, "town": {"name": "兴仁街道"}, "registeredOnMonth": "2025-03", "online": False},
            {"count": 1, "town": None, "registeredOnMonth": "2025-02", "online": False},
            {"count": 1, "town": None, "registeredOnMonth": "2025-03", "online": True},
        ]

    def test_a_code_without_a_row_and_a_hidden_target_still_make_groups(self) -> None:
        found = data_of("{caseStatistics(by: [DISPUTE_TYPE, CHANNEL]) {count disputeType {zh} channel {zh}}}")
        assert found["caseStatistics"] == [{"count": 3, "disputeType": None, "channel": {"zh": "热线"}}]


class TestObjects:
    def test_a_case_looks_like_this(self) -> None:
        text = '{case(number: "N2") {__typename id state open amount registeredAt dueOn channel {code en} version createdAt}}'
        assert data_of(text)["case"] == {
            "__typename": "Case",
            "id": CASE["2"],
            "state": "CLOSED",
            "open": False,
            "amount": None,
            "registeredAt": "2025-03-02T08:00:00.000000Z",
            "dueOn": None,
            "channel": {"code": "HOTLINE", "en": "Hotline"},
            "version": 1,
            "createdAt": "2025-06-01T04:30:15.000120Z",
        }

    def test_keys_come_in_the_order_of_the_document(self) -> None:
        body = ask('{b: case(number: "N1") {open} a: case(id: "' + CASE["3"] + '") {amount number}}').body
        assert body == b'{"data":{"b":{"open":true},"a":{"amount":"-0.07","number":"N3"}}}'

    def test_facts_are_those_of_the_event(self) -> None:
        text = '{event(id: "' + hexed("evt", "1") + '") {facts {name code id}}}'
        assert data_of(text)["event"] == {"facts": [{"name": "state", "code": "HANDLING", "id": None}]}

    def test_entities_are_found_by_either_key(self) -> None:
        given = [
            {"__typename": "Case", "number": "N1"},
            {"__typename": "Case", "id": CASE["2"]},
            {"__typename": "Court", "code": "鲁0402"},
            {"__typename": "Case", "id": hexed("case", "9")},
        ]
        text = "query($r: [_Any!]!) {_entities(representations: $r) {... on Case {number} ... on Court {name}}}"
        assert data_of(text, r=given)["_entities"] == [{"number": "N1"}, {"number": "N2"}, {"name": "市中法院"}, None]

    def test_a_bad_representation_spoils_its_entry_only(self) -> None:
        given = [5, {"__typename": "Policy", "id": "x"}, {"__typename": "Case"}, {"__typename": "Case", "number": "N1"}]
        outcome = ask("query($r: [_Any!]!) {_entities(representations: $r) {... on Case {number}}}", r=given)
        found = orjson.loads(outcome.body)
        assert found["data"]["_entities"] == [None, None, None, {"number": "N1"}]
        assert [error["path"] for error in found["errors"]] == [["_entities", 0], ["_entities", 1], ["_entities", 2]]
        assert outcome.problems == ("HUB-209",) * 3


class TestTouched:
    def test_it_holds_the_rows_shown_and_none_that_were_only_counted(self) -> None:
        outcome = ask("{cases(first: 1) {totalCount nodes {organisation {id}}} parties {totalCount}}")
        assert outcome.touched == {"Case": {CASE["1"]}, "Organisation": {hexed("org", "a")}}

    def test_edges_without_nodes_show_no_row(self) -> None:
        assert ask("{cases {edges {cursor}}}").touched == {}


class TestRefusals:
    @pytest.mark.parametrize(
        ("text", "code", "path"),
        [
            ("{cases(first: 0) {totalCount}}", "HUB-201", ["cases"]),
            ("{x: cases(last: 101) {totalCount}}", "HUB-201", ["x"]),
            ('{cases(first: 1, before: "00") {totalCount}}', "HUB-202", ["cases"]),
            ("{cases(filter: {number: null}) {totalCount}}", "HUB-203", ["cases"]),
            ("{cases(filter: {parties: {some: null}}) {totalCount}}", "HUB-203", ["cases"]),
            ("{cases(filter: {number: {eq: null}}) {totalCount}}", "HUB-203", ["cases"]),
            ('{cases(after: "zz") {totalCount}}', "HUB-204", ["cases"]),
             ('{cases(after: "' + b'["id:d","x"]'.hex() + '") {totalCount}}', "HUB-205", ["cases"]),
            ('{node(id: "nobody_1") {id}}', "HUB-208", ["node"]),
            ('{nodes(ids: ["case_1"]) {id}}', "HUB-208", ["nodes"]),
            ('{cases(filter: {id: {in: ["case_1"]}}) {totalCount}}', "HUB-208", ["cases"]),
            ("{case {id}}", "HUB-211", ["case"]),
            ('{case(id: "case_1", number: "N1") {id}}', "HUB-211", ["case"]),
            ('{code(list: "channel") {id}}', "HUB-211", ["code"]),
            ('{case(id: "case_1") {id}}', "HUB-208", ["case"]),
            ("{caseStatistics(by: [STATE, STATE]) {count}}", "HUB-210", ["caseStatistics"]),
            ("{cases(orderBy: [{field: ID}, {field: ID}]) {totalCount}}", "HUB-212", ["cases"]),
            ("{cases(filter: " + "{not: " * 9 + "{}" + "}" * 9 + ") {totalCount}}", "HUB-213", ["cases"]),
            ("{cases(filter: {or: [" + "{}" * 21 + "]}) {totalCount}}", "HUB-213", ["cases"]),
            ('{case(number: "N9") {p: parties(first: 0) {totalCount}}}', "HUB-201", ["case", "p"]),
            ('{node(id: "region_370402") {... on Case {parties(first: 0) {totalCount}}}}', "HUB-201", ["node", "parties"]),
            ("{cases {edges {node {referrals(last: 0) {totalCount}}}}}", "HUB-201", ["cases", "edges", "node", "referrals"]),
        ],
    )  # fmt: skip
    def test_an_argument_that_does_not_fit_refuses_the_request(self, text: str, code: str, path: list[str]) -> None:
        outcome = ask(text, PUBLIC)
        document = orjson.loads(outcome.body)
        assert list(document) == ["errors"]
        assert outcome.refused == code
        assert [(error["extensions"]["hub"], error["path"]) for error in document["errors"]] == [(code, path)]
        assert outcome.touched == {}

    def test_the_first_one_in_the_document_is_told(self) -> None:
        text = '{a: cases {nodes {parties(first: 0) {totalCount}}} b: cases(last: 0, after: "zz") {totalCount}}'
        assert orjson.loads(ask(text).body)["errors"][0]["path"] == ["a", "nodes", "parties"]

    def test_what_is_skipped_is_not_looked_at(self) -> None:
        assert ask("{cases(first: 0) @skip(if: true) {totalCount}}").body == b'{"data":{}}'

    def test_explicit_nulls_of_a_page_are_arguments_left_out(self) -> None:
        text = "{cases(first: null, after: null, last: null, before: null, filter: null, orderBy: null) {totalCount}}"
        assert data_of(text)["cases"] == {"totalCount": 3}

    def test_two_hundred_and_fifty_values_are_the_most(self) -> None:
        text = "query($n: [String!]) {cases(filter: {number: {in: $n}}) {totalCount}}"
        assert ask(text, n=["N1"] * 250).refused is None
        assert ask(text, n=["N1"] * 251).refused == "HUB-206"


class TestOperations:
    def draws(self, seed: int, count: int) -> Iterable[Any]:
        operations = Operations(ORACLE.core, MODEL, rows.generate(seed, cases=12), seed)
        return [operations.draw() for _ in range(count)]

    def test_the_same_seed_draws_the_same_operations(self) -> None:
        assert self.draws(3, 20) == self.draws(3, 20)
        assert self.draws(3, 20) != self.draws(4, 20)

    def test_draws_are_answered_and_the_faulty_ones_refused(self) -> None:
        data = rows.generate(5, cases=12)
        watching = viewers.viewers(data)
        operations = Operations(ORACLE.core, MODEL, data, 5)
        asked = [operations.draw() for _ in range(300)]
        outcomes = [
            ORACLE.answer(data, watching[number % len(watching)], each.text, each.variables, each.name)
            for number, each in enumerate(asked)
        ]
        refused = [outcome.refused for outcome in outcomes if outcome.refused]
        assert 10 < len(refused) < 60
        assert len(set(refused)) > 5
        assert len(FAULTS) == len(set(FAULTS))
        assert sum(bool(outcome.touched) for outcome in outcomes) > 100
