"""What the oracle refuses, by expectations made by hand; and that what is drawn is answered or refused."""

from collections.abc import Iterable
from typing import Any

import orjson
import pytest

from . import viewers
from .municipality import generate
from .operations import FAULTS, Operations
from .town import MODEL, ORACLE, ask, data_of
from .viewers import PUBLIC


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
        operations = Operations(ORACLE.core, MODEL, generate(seed, cases=12), seed)
        return [operations.draw() for _ in range(count)]

    def test_the_same_seed_draws_the_same_operations(self) -> None:
        assert self.draws(3, 20) == self.draws(3, 20)
        assert self.draws(3, 20) != self.draws(4, 20)

    def test_draws_are_answered_and_the_faulty_ones_refused(self) -> None:
        data = generate(5, cases=12)
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
