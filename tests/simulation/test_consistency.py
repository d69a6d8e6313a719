"""States, dates and outcomes of simulated cases and referrals agree (DOMAIN 2.1, 2.2)."""

import datetime as dt
from collections import defaultdict
from typing import Any

from hub.schema.cases import Case, CaseMode, CaseState, Handling, Party
from hub.schema.declare import Entity
from hub.schema.events import Event, EventType
from hub.schema.mediators import Mediator
from hub.schema.referrals import Referral, ReferralMember, ReferralState, ReferralType
from hub.simulation.course import ENDED
from hub.simulation.days import HORIZON, SHANGHAI
from hub.simulation.stands import DONE

Rows = dict[type[Entity], list[dict[str, Any]]]

S, T, R = CaseState, ReferralType, ReferralState
UNTOUCHED = {S.REGISTERED, S.SUPPLEMENT, S.NOT_ACCEPTED, S.MERGED}
AGREED = {"WRITTEN_AGREEMENT", "ORAL_AGREEMENT", "PARTIAL_AGREEMENT", "IMMEDIATE_PERFORMANCE"}
OUTCOMES = {
    S.AGREED: AGREED,
    S.PERFORMED: AGREED,
    S.FAILED: {"FAILED", "REFUSED", "UNREACHABLE", "TO_COURT"},
    S.CLOSED_FAILED: {"FAILED", "REFUSED", "UNREACHABLE", "TO_COURT"},
    S.WITHDRAWN: {"SELF_SETTLED", "WITHDRAWN"},
    S.DECIDED: {"DECISION", "AWARD"},
    S.MERGED: {"DUPLICATE"},
    S.TRANSFERRED: {"TO_POLICE"},
    S.CLOSED: AGREED | {"SELF_SETTLED", "WITHDRAWN", "DECISION", "AWARD"},
}


def test_an_outcome_fits_the_state(rows: Rows) -> None:
    for case in rows[Case]:
        allowed = OUTCOMES.get(case["state"])
        assert case["outcome"] in allowed if allowed else case["outcome"] is None


def test_a_case_is_concluded_exactly_when_it_is_no_longer_open(rows: Rows) -> None:
    for case in rows[Case]:
        assert (case["concluded_on"] is not None) == (case["state"] in ENDED)


def test_dates_of_a_case_are_in_order_and_none_lies_in_the_future(rows: Rows) -> None:
    for case in rows[Case]:
        dates = [case["registered_on"], case["accepted_on"], case["concluded_on"]]
        known = [day for day in dates if day]
        assert known == sorted(known)
        assert known[-1] <= HORIZON.date()
        assert case["registered_at"].astimezone(SHANGHAI).date() == case["registered_on"]
        assert (case["due_on"] is None) == (case["accepted_on"] is None)


def test_a_case_nobody_took_on_has_no_date_of_acceptance_and_no_mode(rows: Rows) -> None:
    with_mode = {mode["case"] for mode in rows[CaseMode]}
    for case in rows[Case]:
        if case["state"] in UNTOUCHED:
            assert case["accepted_on"] is None
            assert case["id"] not in with_mode
            assert case["mediator"] is None


def test_a_level_resolved_a_case_only_where_something_was_resolved(rows: Rows) -> None:
    for case in rows[Case]:
        lost = case["outcome"] in {None, "FAILED", "REFUSED", "UNREACHABLE", "TO_COURT", "TO_POLICE", "DUPLICATE", "WITHDRAWN"}
        assert (case["resolved_level"] is None) == lost


def test_joint_handling_has_a_lead_and_members(rows: Rows) -> None:
    joint = {case["id"] for case in rows[Case] if case["handling"] is Handling.JOINT}
    invited = [row for row in rows[Referral] if row["type"] is T.JOINT_INVITE]
    members: dict[str, set[str]] = defaultdict(set)
    for member in rows[ReferralMember]:
        members[member["referral"]].add(member["organisation"])

    assert {row["case"] for row in invited} == joint
    assert all(row["lead"] in members[row["id"]] for row in invited if row["accepted_on"])
    assert all(2 <= len(members[row["id"]]) <= 4 for row in invited if row["accepted_on"])


def test_all_seven_types_of_referral_occur(rows: Rows) -> None:
    assert {row["type"] for row in rows[Referral]} == set(ReferralType)


def test_a_referral_that_came_to_a_result_says_when_and_why(rows: Rows) -> None:
    for row in rows[Referral]:
        done = row["state"] in DONE
        assert (row["completed_on"] is not None) == done, row["state"]
        if row["state"] is R.COMPLETED_AGREED:
            assert row["termination_reason"] in {"1", "2", "8"}
        if row["state"] is R.COMPLETED_FAILED:
            assert row["termination_reason"] not in {None, "1"}
        assert (row["return_reason"] is not None) == (row["state"] is R.RETURNED)
        assert (row["refusal_reason"] is not None) == (row["state"] is R.REJECTED)


def test_dates_of_a_referral_are_in_order(rows: Rows) -> None:
    for row in rows[Referral]:
        days = [day for day in (row["issued_on"], row["accepted_on"], row["completed_on"]) if day]
        assert days == sorted(days), row
        assert days[-1] <= HORIZON.date()
        assert row["issued_at"].astimezone(SHANGHAI).date() == row["issued_on"]


def test_a_referral_of_a_court_names_the_court_and_its_case(rows: Rows) -> None:
    for row in rows[Referral]:
        of_court = row["type"] in {T.DELEGATE, T.ENTRUST, T.HANDOVER_TO_COURT}
        assert (row["court"] is not None) == of_court
        if row["type"] in {T.DELEGATE, T.ENTRUST}:
            kind = "诉前调" if row["type"] is T.DELEGATE else "民初"
            assert row["court_number"].startswith(f"(2025){row['court'].removeprefix('court_')}{kind}")
        if row["type"] is T.HANDOVER_TO_COURT:
            assert row["state"] in {R.SOURCE_CLOSED, R.DELIVERED}


def test_limits_of_delegation_and_entrustment_start_with_acceptance(rows: Rows) -> None:
    """Online Mediation Rules, art. 24: 30 days before filing, 15 after it."""
    for row in rows[Referral]:
        if row["type"] in {T.DELEGATE, T.ENTRUST} and row["accepted_on"]:
            days = 30 if row["type"] is T.DELEGATE else 15
            assert row["due_on"] == row["accepted_on"] + dt.timedelta(days=days)


def test_the_history_ends_in_the_state_the_case_is_in(rows: Rows) -> None:
    steps: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for event in rows[Event]:
        if event["type"] in {EventType.CASE_REGISTERED, EventType.CASE_CHANGED}:
            steps[event["case"]].append(event)

    for case in rows[Case]:
        told = sorted(steps[case["id"]], key=lambda event: event["occurred_at"])
        assert told[0]["type"] is EventType.CASE_REGISTERED
        assert [fact.code for fact in told[-1]["facts"] if fact.name == "state"] == [case["state"].name]
        assert told[0]["occurred_at"] == case["registered_at"]
        assert told[-1]["occurred_at"] <= HORIZON


def test_the_log_holds_no_personal_value(rows: Rows) -> None:
    """DESIGN 3: event facts hold ids and codes only."""
    people = {row[name] for row in rows[Party] + rows[Mediator] for name in ("name", "identity", "phone")} - {None}
    for event in rows[Event]:
        for fact in event["facts"]:
            assert fact.code is None or fact.code.isascii()
            assert fact.code not in people
            assert fact.id is None or fact.id.split("_")[0] in {"org", "case", "ref"}
        assert event["actor"] in {"intake", "divert", "mediator", "org_admin", "court", "agency"}
