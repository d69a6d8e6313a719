"""Actions and the verbs that do them: every button leads to a mutation, or says that there is none."""

from hub.access.acting import MACHINES
from hub.parts import hub_acts
from hub.procedures.deeds import verbs_by_action
from hub.rules.cases import CASES
from hub.rules.investigations import CAMPAIGNS, FINDINGS, TASKS
from hub.rules.machines import Machine
from hub.rules.meetings import MEETINGS, REPORTS
from hub.rules.referrals import REFERRALS
from hub.rules.standing import Standing
from hub.rules.supervision import ALERTS

BY_NOBODY = {Standing.JOB, Standing.REFERRAL}
"""Those who take actions without being shown any."""

MACHINES_OF_PEOPLE = (CASES, REFERRALS, ALERTS, CAMPAIGNS, TASKS, FINDINGS, MEETINGS, REPORTS)

WITHOUT_A_VERB: dict[str, set[str]] = {"Case": {"MERGE", "UNMERGE", "ABSORB"}, "Referral": {"WITHDRAW"}}
"""Actions that people take through rows of another noun: candidates are decided, merges undone, cases withdrawn."""


def shown(machine: Machine) -> set[str]:
    return {row.action.name for row in machine.transitions if row.state and not set(row.who) <= BY_NOBODY}


def test_a_verb_is_handed_a_row_of_the_noun_whose_action_it_does() -> None:
    nouns = {machine.actions: machine.noun for machine in MACHINES.values()}
    for act in hub_acts().values():
        for action in act.does:
            assert act.verb.subject is not None, act.verb.name
            assert act.verb.subject.declared.name == nouns[type(action)], act.verb.name


def test_only_what_is_done_through_another_row_has_no_verb() -> None:
    done = verbs_by_action(hub_acts())

    for machine in MACHINES_OF_PEOPLE:
        missing = {name for name in shown(machine) if machine.actions[name] not in done}
        assert missing == WITHOUT_A_VERB.get(machine.noun, set())


def test_what_is_offered_is_judged_as_the_whole_machine_does() -> None:
    for machine in MACHINES_OF_PEOPLE:
        offered = MACHINES[machine.noun]
        assert [(row.state, row.action, row.who, row.guards) for row in offered.transitions] == [
            (row.state, row.action, row.who, row.guards) for row in machine.transitions
        ]
        assert set(offered.links()) <= set(machine.links())
        assert set(offered.paths()) <= set(machine.paths())
