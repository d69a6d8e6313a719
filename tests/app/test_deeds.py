"""Deeds over real sockets: a person fixes a row, decides about two cases, and repeats what went astray."""

import datetime as dt
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from hashlib import sha256
from itertools import count
from typing import Any

import httpx2
import pytest
import sqlalchemy as sa
from tests.app.conftest import FILLED, Filled, Hub, cloned, copied, on, run, served
from tests.procedures.agencies import LI, ZHANG, bad, matter, person, sent

from hub.connectors.records import Reason
from hub.parts import hub_model
from hub.procedures.configuration import Base
from hub.procedures.intake import apply
from hub.store.base import open_base
from hub.store.ledger import Ledger
from hub.store.seal import Seal, read_keys
from hub.store.tables import tables

SECRET = "李四的住址在西昌路一百二十号"
NOW = dt.datetime(2026, 6, 30, 2, tzinfo=dt.UTC)
NUMBERS = count(1)
FIX = """mutation Fix($row: ID!, $version: Int!, $cells: [CellInput!]!, $key: String!) {
  fixRow(row: $row, expectedVersion: $version, cells: $cells, idempotencyKey: $key) {
    repeated
    quarantinedRow { id state version case { number } }
    case { number state region { name } parties(first: 2) { nodes { name role } } __typename availableActions { action local } }
  }
}"""
DECIDE = """mutation ($candidate: ID!, $version: Int!, $confirmed: Boolean!, $key: String!) {
  decideCandidate(candidate: $candidate, expectedVersion: $version, confirmed: $confirmed, idempotencyKey: $key) {
    repeated candidate { state } case { number }
  }
}"""
UNDO = """mutation ($merge: ID!, $version: Int!, $key: String!) {
  undoMerge(merge: $merge, expectedVersion: $version, idempotencyKey: $key) { merge { undoneAt } case { number state } }
}"""
GOOD = [{"heading": "受理时间", "text": "2026-05-01"}]


@dataclass(frozen=True)
class Desk:
    """A hub over sockets, and its base for what agencies send meanwhile and for what is stored in the end."""

    hub: Hub

    def with_base(self, work: Callable[[Base, Seal], Any]) -> Any:
        settings = self.hub.application._settings

        async def opened() -> Any:
            model, seal = hub_model(), Seal(read_keys(settings.keys.file))
            metadata = tables(model)
            engine = await open_base(settings.database.url)
            try:
                return await work(Base(engine, metadata, model, Ledger(engine, metadata, model, seal)), seal)
            finally:
                await engine.dispose()

        return run(opened())

    def takes(self, record: str, *items: Any, **options: Any) -> None:
        self.with_base(lambda base, seal: apply(base, sent(record, items, **options), seal=seal, now=NOW, actor="system"))

    def stored(self, table: str) -> list[dict[str, Any]]:
        async def rows(base: Base, _: Seal) -> list[dict[str, Any]]:
            async with base.engine.connect() as connection:
                return [dict(row) for row in (await connection.execute(sa.select(base.metadata.tables[table]))).mappings()]

        found: list[dict[str, Any]] = self.with_base(rows)
        return found

    def everything(self) -> dict[str, int]:
        names = ("cases", "parties", "source_records", "receipts", "quarantined_rows")
        # Jobs have their hours, whatever else goes on.
        told = sum(row["type"] != "JOB_CHANGED" for row in self.stored("events"))
        return {name: len(self.stored(name)) for name in names} | {"events": told}

    def quarantined(self) -> dict[str, Any]:
        """A row of the hotline that came with an impossible date."""
        key = f"DEED{next(NUMBERS)}"
        cells = {"受理时间": "2026-13-01", "诉求人": "张三", "诉求人证件号": ZHANG, "被诉求方": SECRET, "属地代码": "370402001"}
        row = bad(key, Reason.IMPOSSIBLE_DATE, **cells, 更新时间="2026-06-02 10:00")
        self.takes("hotline-12345", row, place="370402")
        text = "query ($n: String!) { quarantinedRows(filter: {sourceNumber: {eq: $n}}) { nodes { id version state } } }"
        (found,) = self.hub.ask(text, "intake", n=key)["quarantinedRows"]["nodes"]
        return dict(found)

    def fix(self, row: dict[str, Any], viewer: str = "intake", /, **said: Any) -> dict[str, Any]:
        """The whole document that a fix is answered with."""
        given = {"row": row["id"], "version": row["version"], "cells": GOOD, "key": new_key(), **said}
        answer = self.hub.post(FIX, viewer, variables=given)
        assert answer.status_code == 200
        document: dict[str, Any] = answer.json()
        return document


def new_key() -> str:
    return f"key-{next(NUMBERS):08d}"


def code(document: dict[str, Any], field: str = "fixRow") -> str:
    """The number of the one error; the field is null."""
    (error,) = document["errors"]
    assert document["data"] == {field: None}
    assert error["path"] == [field]
    found: str = error["extensions"]["hub"]
    return found


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def desk(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """A hub of its own: what other tests count stays as it is."""
    with ExitStack() as stack:
        if request.param == "sqlite":
            source: Filled = request.getfixturevalue("filled_sqlite")
            url = f"sqlite:///{copied(source, tmp_path_factory.mktemp('deeds') / 'hub.db')}"
        else:
            source = request.getfixturevalue("filled_postgres")
            url = stack.enter_context(cloned(request.getfixturevalue("postgres"), f"{FILLED}_deeds"))
        hub = stack.enter_context(served(Filled(on(source.settings, url), dict(source.tokens))))
        for viewer in ("intake", "tengzhou", "supervisor"):
            hub.tokens[viewer] = hub.composition.tokens.issue(viewer, subject=f"test-{viewer}")
        yield Desk(hub)


def test_an_intake_officer_fixes_a_row_and_sees_the_case(desk: Desk) -> None:
    """R65、R66 更正隔离行 · A quarantined row is applied when a person fixes it."""
    row = desk.quarantined()

    found = desk.fix(row)["data"]["fixRow"]

    assert found["repeated"] is False
    assert found["quarantinedRow"] | {"case": None} == {"id": row["id"], "state": "FIXED", "version": 2, "case": None}
    assert found["case"]["number"] == found["quarantinedRow"]["case"]["number"]
    assert (found["case"]["state"], found["case"]["__typename"]) == ("REGISTERED", "Case")
    assert {party["role"] for party in found["case"]["parties"]["nodes"]} == {"APPLICANT", "RESPONDENT"}
    assert {"action": "ACCEPT", "local": False} in found["case"]["availableActions"]


def test_a_repeat_gives_the_same_outcome_and_does_nothing(desk: Desk) -> None:
    row, key = desk.quarantined(), new_key()
    first = desk.fix(row, key=key)["data"]["fixRow"]
    before = desk.everything()

    again = desk.fix(row, key=key)["data"]["fixRow"]

    assert again == first | {"repeated": True}
    assert desk.everything() == before


def test_another_request_under_the_same_key_is_refused(desk: Desk) -> None:
    row, other, key = desk.quarantined(), desk.quarantined(), new_key()
    desk.fix(row, key=key)
    before = desk.everything()

    assert code(desk.fix(other, key=key)) == "HUB-119"
    assert code(desk.fix(row, key=key, cells=[])) == "HUB-119"
    assert desk.everything() == before
    assert desk.fix(row, "admin", key=key)["errors"][0]["extensions"]["hub"] == "HUB-505"


def test_a_version_that_is_no_longer_is_refused_and_nothing_changes(desk: Desk) -> None:
    row = desk.quarantined()
    before = desk.everything()

    assert code(desk.fix(row, version=7)) == "HUB-505"
    assert desk.everything() == before
    assert "errors" not in desk.fix(row)


def test_a_row_that_cannot_be_applied_stays_as_it_is_and_its_cells_stay_secret(
    desk: Desk, capfd: pytest.CaptureFixture[str]
) -> None:
    row, key = desk.quarantined(), new_key()
    before = desk.everything()

    document = desk.fix(row, key=key, cells=[{"heading": "受理时间", "text": SECRET}])

    assert code(document) == "HUB-703"
    assert desk.everything() == before
    assert SECRET not in str(document)
    assert "errors" not in desk.fix(row, key=key)
    assert SECRET not in str(desk.stored("receipts"))
    assert SECRET not in "".join(capfd.readouterr())


@pytest.mark.parametrize(("viewer", "number"), [("tengzhou", "HUB-702"), ("court", "HUB-403"), ("supervisor", "HUB-403")])
def test_who_does_not_see_the_row_or_may_not_fix_is_refused(desk: Desk, viewer: str, number: str) -> None:
    row = desk.quarantined()
    before = desk.everything()

    assert code(desk.fix(row, viewer)) == number
    assert desk.everything() == before
    missing = desk.fix(row | {"id": f"quar_{7:032x}"}, "tengzhou")
    assert number != "HUB-702" or missing == desk.fix(row, viewer)


def test_nobody_does_anything_without_a_token(desk: Desk) -> None:
    row = desk.quarantined()
    given = {"row": row["id"], "version": 1, "cells": GOOD, "key": new_key()}

    assert code(desk.hub.post(FIX, variables=given).json()) == "HUB-403"


def test_repeats_at_once_at_two_hubs_are_one_deed(desk: Desk) -> None:
    """Several sockets, and two hubs over one base that know nothing of each other."""
    row, key, together = desk.quarantined(), new_key(), threading.Barrier(6)
    before = desk.everything()

    def fixed(at: Desk) -> dict[str, Any]:
        together.wait(10)
        return dict(at.fix(row, key=key)["data"]["fixRow"])

    with served(Filled(desk.hub.application._settings, desk.hub.tokens)) as hub, ThreadPoolExecutor(6) as pool:
        found = list(pool.map(fixed, [desk, Desk(hub)] * 3))

    assert sorted(each.pop("repeated") for each in found) == [False, *[True] * 5]
    assert all(each == found[0] for each in found)
    after = desk.everything()
    assert after["receipts"] == before["receipts"] + 1
    assert after["cases"] == before["cases"] + (found[0]["case"]["number"] is not None)


@pytest.mark.parametrize(
    ("said", "number", "argument"),
    [
        ({"key": "short"}, "HUB-118", "idempotencyKey"),
        ({"key": "eight or more"}, "HUB-118", "idempotencyKey"),
        ({"key": "键" * 9}, "HUB-118", "idempotencyKey"),
        ({"row": "case_" + "0" * 32}, "HUB-208", "row"),
        ({"row": "nothing"}, "HUB-208", "row"),
        ({"cells": [{"heading": " ", "text": ""}]}, "HUB-111", "cells.0.heading"),
        ({"cells": [{"heading": "甲", "text": "a\0"}]}, "HUB-111", "cells.0.text"),
        ({"cells": [{"heading": "甲", "text": ""}] * 101}, "HUB-206", "cells"),
    ],
)
def test_bad_input_is_told_with_its_argument_and_changes_nothing(desk: Desk, said: Any, number: str, argument: str) -> None:
    row = desk.quarantined()
    before = desk.everything()

    document = desk.fix(row, **said)

    assert code(document) == number
    assert document["errors"][0]["extensions"]["argument"] == argument
    assert desk.everything() == before


def test_what_is_wrong_with_a_selection_keeps_everything_from_being_done(desk: Desk) -> None:
    row = desk.quarantined()
    before = desk.everything()
    for inner, number, path in (
        ("case { parties(first: 500) { nodes { id } } }", "HUB-201", ["x", "case", "parties"]),
        ("case { parties { nodes { phoneOpened } } }", "HUB-404", None),
        ("case { modes(first: 100) { nodes { case { parties(first: 100) { nodes { name } } } } } }", "HUB-207", None),
    ):
        text = f"mutation ($row: ID!, $key: String!) {{ x: fixRow(row: $row, expectedVersion: 1, cells: [], idempotencyKey: $key) {{ {inner} }} }}"
        answer = desk.hub.post(text, "intake", variables={"row": row["id"], "key": new_key()})
        error = answer.json()["errors"][0]

        assert (answer.status_code, error["extensions"]["hub"]) == (200 if number == "HUB-404" else 400, number)
        assert "data" not in answer.json()
        assert path is None or error["path"] == path
    assert desk.everything() == before


def test_fields_are_done_in_their_order_and_one_that_fails_hides_no_other(desk: Desk) -> None:
    row, other = desk.quarantined(), desk.quarantined()
    text = """mutation ($a: ID!, $b: ID!, $cells: [CellInput!]!, $no: Boolean!) {
      __typename
      first: fixRow(row: $a, expectedVersion: 1, cells: $cells, idempotencyKey: "KEY1") { ...Fixed }
      stale: fixRow(row: $a, expectedVersion: 1, cells: $cells, idempotencyKey: "KEY2") { ...Fixed }
      again: fixRow(row: $a, expectedVersion: 2, cells: $cells, idempotencyKey: "KEY3") { ...Fixed }
      never: fixRow(row: $a, expectedVersion: 2, cells: $cells, idempotencyKey: "KEY4") @skip(if: true) { ...Fixed }
      last: fixRow(row: $b, expectedVersion: 1, cells: $cells, idempotencyKey: "KEY5") {
        kind: __typename repeated @include(if: $no) state: quarantinedRow { state is: __typename }
      }
    }
    fragment Fixed on FixRowPayload { quarantinedRow { state } }"""
    text = text.replace("KEY", f"{new_key()}-")

    document = desk.hub.post(text, "intake", variables={"a": row["id"], "b": other["id"], "cells": GOOD, "no": False}).json()

    assert document["data"] == {
        "__typename": "Mutation",
        "first": {"quarantinedRow": {"state": "FIXED"}},
        "stale": None,
        "again": None,
        "last": {"kind": "FixRowPayload", "state": {"state": "FIXED", "is": "QuarantinedRow"}},
    }
    assert [(each["path"], each["extensions"]["hub"]) for each in document["errors"]] == [
        (["stale"], "HUB-505"),
        (["again"], "HUB-704"),
    ]


def test_a_payload_opens_sealed_values_for_a_purpose(desk: Desk) -> None:
    row = desk.quarantined()
    text = """mutation ($row: ID!, $key: String!, $cells: [CellInput!]!) @opening(purpose: HANDLING, reason: "核对") {
      fixRow(row: $row, expectedVersion: 1, cells: $cells, idempotencyKey: $key) {
        case { parties { nodes { identityOpened } } }
      }
    }"""
    before = len(desk.stored("openings"))

    document = desk.hub.post(text, "intake", variables={"row": row["id"], "key": new_key(), "cells": GOOD}).json()

    assert "errors" not in document
    assert document["data"]["fixRow"]["case"]["parties"]["nodes"].count({"identityOpened": ZHANG}) == 1
    assert len(desk.stored("openings")) > before


def test_a_mutation_is_posted_and_may_be_persisted(desk: Desk) -> None:
    row = desk.quarantined()
    mark = {"persistedQuery": {"version": 1, "sha256Hash": sha256(FIX.encode()).hexdigest()}}
    given = {"row": row["id"], "version": 1, "cells": [], "key": new_key()}

    refused = desk.hub.client.get(desk.hub.url, params={"query": FIX}, headers=desk.hub.headers("intake"))
    assert (refused.status_code, refused.json()["errors"][0]["extensions"]["hub"]) == (405, "HUB-105")
    assert code(desk.hub.post(FIX, "intake", variables=given, extensions=mark).json()) == "HUB-703"
    given["cells"] = GOOD
    found = desk.hub.client.post(
        desk.hub.url, json={"variables": given, "extensions": mark}, headers=desk.hub.headers("intake")
    )
    assert found.json()["data"]["fixRow"]["quarantinedRow"]["state"] == "FIXED"


def test_a_person_joins_two_cases_and_parts_them_again(desk: Desk) -> None:
    """R69 归并与撤销 · What a person confirmed is one case; what a person undid is two again."""
    number = next(NUMBERS)
    one, other = person(f"赵{number}", None, f"1381234{number:04d}"), person(f"钱{number}")
    desk.takes("hotline-12345", matter(f"J{number}", one, other, text="因浇地发生口角"))
    desk.takes("petition", matter(f"K{number}", one, other, text="因浇地发生口角，双方互殴"))
    text = "{ candidates(last: 1, filter: {state: {eq: PROPOSED}}) { nodes { id version case { number } other { number } } } }"
    (candidate,) = desk.hub.ask(text, "intake")["candidates"]["nodes"]

    given = {"candidate": candidate["id"], "version": candidate["version"], "confirmed": True, "key": new_key()}
    joined = desk.hub.ask(DECIDE, "intake", **given)["decideCandidate"]

    assert joined == {"repeated": False, "candidate": {"state": "CONFIRMED"}, "case": candidate["case"]}
    (merge,) = desk.hub.ask("{ merges(last: 1) { nodes { id version merged { number state } } } }", "intake")["merges"]["nodes"]
    assert merge["merged"] == {"number": candidate["other"]["number"], "state": "MERGED"}

    parted = desk.hub.ask(UNDO, "intake", merge=merge["id"], version=merge["version"], key=new_key())["undoMerge"]

    assert parted["merge"]["undoneAt"]
    assert parted["case"] == {"number": candidate["other"]["number"], "state": "REGISTERED"}
    assert LI not in str(desk.stored("receipts"))


def test_a_client_that_leaves_does_not_stop_what_was_begun(desk: Desk) -> None:
    row, key = desk.quarantined(), new_key()
    given = {"row": row["id"], "version": 1, "cells": GOOD, "key": key}
    leaving = desk.hub.client.build_request(
        "POST", desk.hub.url, json={"query": FIX, "variables": given}, headers=desk.hub.headers("intake"), timeout=0.02
    )

    with httpx2.Client() as client, suppress(httpx2.TimeoutException):
        client.send(leaving)

    again = desk.fix(row, key=key)
    assert again["data"]["fixRow"]["quarantinedRow"]["state"] == "FIXED"
    assert (
        len([each for each in desk.stored("receipts") if again["data"]["fixRow"]["quarantinedRow"]["id"] in each["outcome"]])
        == 1
    )


def test_a_mutation_takes_at_most_ten_fields(desk: Desk) -> None:
    row = desk.quarantined()
    before = desk.everything()
    fields = " ".join(
        f'f{number}: fixRow(row: "{row["id"]}", expectedVersion: 1, cells: [], idempotencyKey: "{new_key()}") {{ repeated }}'
        for number in range(11)
    )

    assert desk.hub.refusal(f"mutation {{ {fields} }}", "intake") == (400, "HUB-110")
    assert desk.everything() == before


def test_what_can_be_done_can_be_looked_up(desk: Desk) -> None:
    text = "{ __schema { mutationType { name fields { name args { name } } } } regions(first: 1) { nodes { code } } }"

    found = desk.hub.ask(text, "admin")

    names = {
        each["name"]: [argument["name"] for argument in each["args"]] for each in found["__schema"]["mutationType"]["fields"]
    }
    assert names["fixRow"] == ["row", "expectedVersion", "cells", "idempotencyKey"]
    assert found["regions"]["nodes"]
