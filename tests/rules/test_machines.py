"""The machines: complete, reachable, owned, founded; what is refused says what is possible."""

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.errors import ActionNotYours, ConditionMissing, ConditionUnmet, DeedRefused, NotFromThisState
from hub.rules.actions import END_REASONS, CaseAction, ReferralAction
from hub.rules.cases import ACTING, CASES, FINAL, FURTHEST, UNSETTLED, furthest
from hub.rules.guards import Facts, Is, Linked, Value
from hub.rules.investigations import CAMPAIGNS, FINDINGS, TASKS
from hub.rules.limits import Rule
from hub.rules.machines import Effect, Machine, State, Transition
from hub.rules.meetings import MEETINGS, REPORTS
from hub.rules.merging import Absorbed, alone
from hub.rules.referrals import OPEN, REFERRALS
from hub.rules.standing import COURT_TYPES, Actor, Standing
from hub.schema.cases import CaseState
from hub.schema.referrals import ReferralState, ReferralType

MACHINES = (CASES, REFERRALS, CAMPAIGNS, TASKS, FINDINGS, MEETINGS, REPORTS)
COURT = Actor("court", courts=frozenset({"court_1"}))
CENTRE = Actor("org_admin", frozenset({"org_centre"}))
BODY = Actor("mediator", frozenset({"org_body"}))
INTAKE = Actor("intake")
JOB = Actor("system")
ROLES = ("court", "org_admin", "mediator", "intake", "divert", "dispatch", "analyst", "supervisor", "party", "system")
AGREED = {"matter": "DELEGATION", "answer": "AGREED", "side": "APPLICANT", "referral": "ref_1"}


def rows() -> Iterator[tuple[Machine, Transition]]:
    for each in MACHINES:
        for row in each.transitions:
            yield each, row


def name(case: object) -> str:
    if isinstance(case, Transition):
        return f"{case.state and case.state.name}-{case.action.name}"
    return case.noun if isinstance(case, Machine) else str(case)


def case(state: CaseState | None, **values: Value) -> Facts:
    base: dict[str, Value] = {"id": "case_1", "state": state and state.name, "organisation": "org_body"}
    return Facts(base | values, dict.fromkeys(CASES.links(), 0))


def referral(state: ReferralState | None, kind: ReferralType = ReferralType.DELEGATE, **values: Value) -> Facts:
    base: dict[str, Value] = {
        "id": "ref_1",
        "state": state and state.name,
        "type": kind.name,
        "case": "case_1",
        "case.state": "REGISTERED",
        "case.organisation": "org_centre",
        "sender": "org_court",
        "receiver": "org_body",
        "court": "court_1",
    }
    return Facts(base | values, dict.fromkeys(REFERRALS.links(), 0))


def having(facts: Facts, noun: str, **where: str) -> Facts:
    """The facts with one more row of the noun everywhere it is counted under these values."""
    return facts.after({}, [(noun, where)])


@pytest.mark.parametrize("machine", MACHINES, ids=name)
def test_every_state_is_reached_from_a_new_row(machine: Machine) -> None:
    reached: set[State | None] = {None}
    # What is decided beside the table, the state before a merge, was reached before.
    for _ in machine.states:
        reached |= {row.next for row in machine.transitions if row.state in reached and row.next is not None}

    assert reached - {None} == set(machine.states)


@pytest.mark.parametrize("machine", MACHINES, ids=name)
def test_every_state_in_which_something_is_left_to_do_has_an_owner_who_can_act(machine: Machine) -> None:
    for state in set(machine.states) - machine.final:
        who = {standing for row in machine.transitions if row.state is state for standing in row.who}
        assert machine.owners[state] in who, state


@pytest.mark.parametrize(("machine", "row"), list(rows()), ids=name)
def test_every_row_names_its_ground_in_both_languages(machine: Machine, row: Transition) -> None:
    chinese, _, english = row.basis.text.partition(" · ")

    assert chinese
    assert english.isascii()
    assert row.basis.local or any(mark in chinese for mark in ("条", "法", "〔"))
    assert row.who


@pytest.mark.parametrize(("machine", "row"), list(rows()), ids=name)
def test_every_unmet_guard_can_be_explained(machine: Machine, row: Transition) -> None:
    for guard in (*row.guards, *row.needs):
        typed = isinstance(guard, Is) and guard.path == "type"
        counted = isinstance(guard, Linked) and (guard.least > 1 or (guard.where and not guard.doc))
        assert guard.doc or typed or counted, guard


@pytest.mark.parametrize(("machine", "row"), list(rows()), ids=name)
def test_what_a_row_carries_along_is_known_to_the_other_machine(machine: Machine, row: Transition) -> None:
    for then in row.case:
        assert any(other.action is then.action and Standing.REFERRAL in other.who for other in CASES.transitions), then.action
    if row.others:
        assert any(other.action.name == row.others and Standing.REFERRAL in other.who for other in REFERRALS.transitions)


@pytest.mark.parametrize("rule", Rule, ids=lambda rule: rule.name)
def test_every_limit_is_started_and_ended_by_some_action(rule: Rule) -> None:
    effects = {clock.effect for _, row in rows() for clock in row.clocks if clock.rule is rule}
    # A warning has no machine: its procedures start and end its limit.
    both = {Effect.START, Effect.STOP}
    apart = {Rule.RETURN: {Effect.START}, Rule.JUDICIAL_CONFIRMATION: {Effect.STOP}, Rule.RED_WARNING: both}
    outside = apart.get(rule, set())

    assert {Effect.START, Effect.STOP} <= effects | outside


def test_every_action_has_a_row() -> None:
    for machine in MACHINES:
        assert {row.action for row in machine.transitions} == set(machine.actions)


@pytest.mark.parametrize("state", OPEN, ids=lambda state: state.name)
@pytest.mark.parametrize("kind", ACTING, ids=lambda kind: kind.name)
@pytest.mark.parametrize("actor", [Actor("party"), Actor("agent"), BODY, COURT, CENTRE], ids=lambda actor: actor.role)
def test_a_party_may_refuse_from_every_open_state_without_a_condition(
    state: ReferralState, kind: ReferralType, actor: Actor
) -> None:
    """拒绝调解即退回 · A refusal returns the matter (CPL art. 125, Online Mediation Rules art. 15; R62)."""
    facts = referral(state, kind, sender="org_centre", court="court_1" if kind in COURT_TYPES else None)
    if actor is COURT and kind not in COURT_TYPES:
        return

    step = REFERRALS.step(facts, ReferralAction.PARTY_REFUSED, actor)

    assert step.next is ReferralState.RETURNED
    assert step.case
    assert step.case.action is CaseAction.PARTY_REFUSED
    assert not step.transition.needs


@pytest.mark.parametrize("state", UNSETTLED, ids=lambda state: state.name)
@pytest.mark.parametrize("actor", [Actor("party"), BODY, INTAKE], ids=lambda actor: actor.role)
def test_a_refusal_fails_the_case_and_takes_its_referrals_along(state: CaseState, actor: Actor) -> None:
    step = CASES.step(case(state), CaseAction.PARTY_REFUSED, actor)

    assert step.next is CaseState.FAILED
    assert step.transition.others == ReferralAction.PARTY_REFUSED.name
    assert not step.transition.guards
    assert not step.transition.needs


@pytest.mark.parametrize("row", [row for row in CASES.transitions if row.next in FINAL], ids=name)
def test_a_case_that_ends_for_good_leaves_no_referral_under_way(row: Transition) -> None:
    assert row.others == ReferralAction.CEASE.name


@pytest.mark.parametrize("action", [ReferralAction.CEASE, ReferralAction.WITHDRAW, ReferralAction.PARTY_REFUSED])
def test_a_draft_that_ends_leaves_no_limit_for_choosing_a_mediator(action: ReferralAction) -> None:
    rows = [row for row in REFERRALS.transitions if row.state is ReferralState.DRAFT and row.action is action]
    stopped = {clock.rule for row in rows for clock in row.clocks if clock.effect is Effect.STOP}

    assert {Rule.MEDIATOR_CHOICE, Rule.COURT_DESIGNATION} <= stopped


@pytest.mark.parametrize("state", sorted(FINAL, key=str), ids=str)
def test_of_a_case_that_has_ended_only_the_way_to_court_is_drafted(state: CaseState) -> None:
    def drafted(kind: ReferralType) -> State | None:
        facts = referral(None, kind, **{"case.state": state.name})
        return REFERRALS.step(facts, ReferralAction.DRAFT, Actor("divert")).next

    assert drafted(ReferralType.HANDOVER_TO_COURT) is ReferralState.DRAFT
    with pytest.raises(ConditionUnmet):
        drafted(ReferralType.DELEGATE)


def test_what_was_sent_to_somebody_is_not_turned_away_at_the_window() -> None:
    facts = case(CaseState.REGISTERED).after({"not_accepted_reason": "SCOPE"})
    told = having(facts, "FailureNotice", case="case_1")
    sent = having(told, "Referral", case="case_1", type="DELEGATE", state="DELIVERED")

    assert CASES.step(told, CaseAction.NOT_ACCEPT, INTAKE).next is CaseState.NOT_ACCEPTED
    with pytest.raises(ConditionUnmet):
        CASES.step(sent, CaseAction.NOT_ACCEPT, INTAKE)


def test_a_refusal_does_not_bring_a_dispute_back_from_court() -> None:
    facts = referral(ReferralState.DELIVERED, ReferralType.HANDOVER_TO_COURT)

    with pytest.raises(ConditionUnmet):
        REFERRALS.step(facts, ReferralAction.PARTY_REFUSED, Actor("party"))


@pytest.mark.parametrize(
    ("reason", "state", "action"),
    [
        ("1", ReferralState.COMPLETED_AGREED, CaseAction.AGREE),
        ("2", ReferralState.COMPLETED_FAILED, CaseAction.WITHDRAW),
        *[(str(each), ReferralState.COMPLETED_FAILED, CaseAction.FAIL) for each in range(3, 9)],
    ],
)
def test_the_reason_of_ending_decides_what_becomes_of_the_case(reason: str, state: ReferralState, action: CaseAction) -> None:
    """法释〔2021〕23号第25条 · Online Mediation Rules art. 25 (DOMAIN 4.5)."""
    facts = having(referral(ReferralState.IN_MEDIATION), "Agreement", case="case_1")
    doing = ReferralAction.AGREE if reason == "1" else ReferralAction.END

    step = REFERRALS.step(facts, doing, BODY, values={"termination_reason": reason})

    assert step.next is state
    assert step.case
    assert step.case.action is action
    assert END_REASONS[reason][0] is state


def test_an_ending_without_a_reason_is_refused() -> None:
    with pytest.raises(ConditionMissing) as refused:
        REFERRALS.step(referral(ReferralState.IN_MEDIATION), ReferralAction.END, BODY)

    assert "须有终结原因" in refused.value.reason


def test_a_refused_deed_says_the_state_the_reason_and_what_is_possible_instead() -> None:
    with pytest.raises(NotFromThisState) as refused:
        CASES.step(case(CaseState.REGISTERED), CaseAction.CLOSE, INTAKE)

    assert refused.value.extensions["hub"] == "HUB-710"
    assert refused.value.extensions["action"] == "CLOSE"
    assert refused.value.extensions["state"] == "REGISTERED"
    assert refused.value.extensions["possible"] == [
        "REQUEST_SUPPLEMENT",
        "ACCEPT",
        "NOT_ACCEPT",
        "WITHDRAW",
        "PARTY_REFUSED",
        "TRANSFER",
    ]
    assert "已登记" in str(refused.value)
    assert "Close is not possible from the state Registered" in str(refused.value)


def test_a_stranger_is_told_whose_action_it_is() -> None:
    with pytest.raises(ActionNotYours) as refused:
        REFERRALS.step(referral(ReferralState.DELIVERED), ReferralAction.ACCEPT, Actor("mediator", frozenset({"org_x"})))

    assert "接收方" in str(refused.value)
    assert refused.value.possible == []


def test_only_an_invited_body_is_delegated_to() -> None:
    """R13：仅受邀请的机构可接受委派 · Only an invited body may be delegated to."""
    facts = referral(ReferralState.DRAFT)
    with pytest.raises(ConditionMissing, match="R13"):
        REFERRALS.step(facts, ReferralAction.ISSUE, COURT, rows=[("Consent", AGREED)])

    invited = having(facts, "Invitation", organisation="org_body", court="court_1")
    step = REFERRALS.step(invited, ReferralAction.ISSUE, COURT, rows=[("Consent", AGREED)])

    assert step.next is ReferralState.ISSUED


def test_what_the_deed_itself_brings_is_enough_for_what_it_needs_but_not_for_a_guard() -> None:
    notice = ("FailureNotice", {"case": "case_1", "receipted_on": "2025-03-01"})

    step = CASES.step(
        case(CaseState.REGISTERED), CaseAction.NOT_ACCEPT, INTAKE, values={"not_accepted_reason": "1"}, rows=[notice]
    )
    with pytest.raises(ConditionUnmet, match="R89"):
        CASES.step(case(CaseState.FAILED), CaseAction.CLOSE_FAILED, BODY, rows=[notice])

    assert step.next is CaseState.NOT_ACCEPTED


def test_a_case_returned_to_its_court_is_closed_without_the_notice() -> None:
    """R89：无委派法院的须告知 · The notice is due where no court sent the case."""
    facts = having(case(CaseState.FAILED), "Referral", case="case_1", type="DELEGATE", state="RETURNED")

    assert CASES.step(facts, CaseAction.CLOSE_FAILED, BODY).next is CaseState.CLOSED_FAILED


def test_a_courts_referral_takes_a_registered_case_into_handling() -> None:
    through = Actor("mediator", frozenset({"org_body"}), through=True)
    with pytest.raises(ConditionUnmet):
        CASES.step(case(CaseState.REGISTERED), CaseAction.START_HANDLING, through)

    sent = having(case(CaseState.REGISTERED), "Referral", case="case_1", type="DELEGATE", state="DELIVERED")

    assert CASES.step(sent, CaseAction.START_HANDLING, through).next is CaseState.HANDLING
    assert not CASES.knows(sent, CaseAction.REQUEUE, through), "a rejection leaves it registered"


def test_an_ended_referral_leaves_the_case_to_the_other_body_that_handles_it() -> None:
    through = Actor("mediator", through=True)
    facts = case(CaseState.HANDLING, termination_reason="5")
    for _ in range(2):
        facts = having(facts, "Referral", case="case_1", type="ASSIGN", state="IN_MEDIATION")

    assert CASES.step(facts, CaseAction.FAIL, through).next is CaseState.HANDLING
    assert CASES.step(facts, CaseAction.PARTY_REFUSED, through).next is CaseState.FAILED


@pytest.mark.parametrize(
    ("kind", "procedure", "rule"),
    [
        (ReferralType.DELEGATE, None, Rule.DELEGATED_MEDIATION),
        (ReferralType.ENTRUST, "ORDINARY", Rule.ENTRUSTED_ORDINARY),
        (ReferralType.ENTRUST, "SUMMARY", Rule.ENTRUSTED_SUMMARY),
        (ReferralType.ASSIGN, None, Rule.PEOPLES_MEDIATION),
        (ReferralType.FORWARD, None, Rule.PEOPLES_MEDIATION),
    ],
)
def test_acceptance_starts_the_limit_of_its_type(kind: ReferralType, procedure: str | None, rule: Rule) -> None:
    """法释〔2021〕23号第24条 · Online Mediation Rules art. 24 (T1, T2)."""
    step = REFERRALS.step(referral(ReferralState.DELIVERED, kind, trial_procedure=procedure), ReferralAction.ACCEPT, BODY)

    started = [clock.rule for clock in step.clocks if clock.effect is Effect.START]
    assert started == [rule, Rule.ASKING_THE_OTHER_SIDE]


def test_only_a_job_lets_a_referral_expire_and_only_when_it_is_overdue() -> None:
    facts = referral(ReferralState.DELIVERED)
    with pytest.raises(ConditionUnmet, match="limit has not passed"):
        REFERRALS.step(facts, ReferralAction.EXPIRE, JOB)
    late = having(facts, "Deadline", referral="ref_1", rule="CONFIRMATION_OF_RECEIPT", state="OVERDUE")

    assert REFERRALS.step(late, ReferralAction.EXPIRE, JOB).next is ReferralState.EXPIRED
    with pytest.raises(ActionNotYours):
        REFERRALS.step(late, ReferralAction.EXPIRE, COURT)


@pytest.mark.parametrize("state", [state for state in CaseState if state is not CaseState.MERGED], ids=lambda s: s.name)
def test_linking_merges_from_every_state(state: CaseState) -> None:
    assert CASES.step(case(state), CaseAction.MERGE, JOB).next is CaseState.MERGED


def test_the_days_for_undoing_a_merge_bind_persons_only() -> None:
    late = having(case(CaseState.MERGED), "Deadline", case="case_1", rule="UNMERGE", state="OVERDUE")

    CASES.step(late, CaseAction.UNMERGE, JOB)
    CASES.step(case(CaseState.MERGED), CaseAction.UNMERGE, INTAKE)
    with pytest.raises(ConditionUnmet, match="R69"):
        CASES.step(late, CaseAction.UNMERGE, INTAKE)


def test_the_survivor_of_a_merge_keeps_the_furthest_state() -> None:
    assert set(FURTHEST) == set(CaseState)
    assert furthest(CaseState.REGISTERED, CaseState.HANDLING) is CaseState.HANDLING
    assert furthest(CaseState.CLOSED_FAILED, CaseState.REGISTERED) is CaseState.REGISTERED
    assert furthest(CaseState.AGREED, CaseState.HANDLING) is CaseState.AGREED


@given(st.data())
def test_what_is_offered_is_possible_and_what_is_not_offered_is_refused(data: st.DataObject) -> None:
    """For any facts and any actor: an offered action fails only for what the deed itself must bring."""
    machine = data.draw(st.sampled_from(MACHINES))
    state = data.draw(st.sampled_from([None, *machine.states]))
    base = case(state) if machine is CASES else referral(state, data.draw(st.sampled_from(ReferralType)))
    facts = Facts(base.values, {linked: data.draw(st.integers(0, 2)) for linked in machine.links()})
    held = data.draw(st.sampled_from(["org_body", "org_centre", "org_x"]))
    actor = Actor(data.draw(st.sampled_from(ROLES)), frozenset({held}), frozenset({"court_1"}), data.draw(st.booleans()))
    offered = {row.action for row in machine.available(facts, actor)}

    for action in machine.actions:
        try:
            step = machine.step(facts, action, actor)
        except ConditionMissing:
            assert action in offered
        except DeedRefused:
            assert action not in offered
        else:
            assert action in offered
            assert step.transition.state is state


def test_a_survivor_that_went_on_by_itself_carries_no_other_state() -> None:
    """R69 · What came of it after the merge is its own; before, it has its own state again when they part."""
    first = Absorbed("case_2", CaseState.HANDLING, CaseState.REGISTERED)
    late = Absorbed("case_3", CaseState.ACCEPTED, CaseState.FAILED)

    assert alone(CaseState.REGISTERED, []) == (CaseState.REGISTERED, frozenset())
    assert alone(CaseState.HANDLING, [first]) == (CaseState.REGISTERED, frozenset({"case_2"}))
    assert alone(CaseState.FAILED, [first]) == (CaseState.FAILED, frozenset())
    assert alone(CaseState.ACCEPTED, [first, late]) == (CaseState.FAILED, frozenset({"case_3"}))
