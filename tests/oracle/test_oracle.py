"""The oracle against expectations made by hand, so that it can be wrong: scope, masks, pages, nulls, counts, search."""

from typing import Any

import orjson
import pytest

from .town import (
    CASE,
    CITY,
    COURT,
    MARKET,
    NODE,
    SENDER,
    SUPERVISOR,
    ZONE,
    ask,
    data_of,
    filtered,
    hexed,
    numbers,
    ordered,
)
from .viewers import PUBLIC, Viewer


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
