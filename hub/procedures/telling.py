"""What each action of the machines is to the log."""

import enum
from collections.abc import Mapping

from hub.rules.actions import AlertAction as A
from hub.rules.actions import CampaignAction, FindingAction, MeetingAction, ReportAction, TaskAction
from hub.rules.actions import CaseAction as C
from hub.rules.actions import ReferralAction as R
from hub.schema.events import EventType as E
from hub.schema.events import Fact

EVENTS: Mapping[enum.Enum, E] = {
    C.REGISTER: E.CASE_REGISTERED,
    C.REQUEST_SUPPLEMENT: E.SUPPLEMENT_REQUESTED,
    C.REQUEST_SUPPLEMENT_AGAIN: E.SUPPLEMENT_REQUESTED,
    C.SUPPLY: E.SUPPLEMENT_SUPPLIED,
    C.LAPSE: E.SUPPLEMENT_LAPSED,
    C.ACCEPT: E.CASE_ACCEPTED,
    C.NOT_ACCEPT: E.CASE_NOT_ACCEPTED,
    C.DIVERT: E.CASE_DIVERTED,
    C.START_HANDLING: E.HANDLING_STARTED,
    C.REQUEUE: E.CASE_REQUEUED,
    C.RELEASE: E.CASE_REQUEUED,
    C.SUSPEND: E.CASE_SUSPENDED,
    C.RESUME: E.CASE_RESUMED,
    C.CONVENE: E.JOINT_CONVENED,
    C.JOIN: E.JOINT_JOINED,
    C.ESCALATE: E.CASE_ESCALATED,
    C.AGREE: E.CASE_AGREED,
    C.FAIL: E.CASE_FAILED,
    C.WITHDRAW: E.CASE_WITHDRAWN,
    C.PARTY_REFUSED: E.PARTY_REFUSED,
    C.DECIDE: E.CASE_DECIDED,
    C.PERFORM: E.CASE_PERFORMED,
    C.CLOSE_FAILED: E.CASE_CLOSED,
    C.CLOSE: E.CASE_CLOSED,
    C.REOPEN: E.CASE_REOPENED,
    C.TRANSFER: E.CASE_TRANSFERRED,
    C.MERGE: E.CASES_MERGED,
    C.UNMERGE: E.CASES_PARTED,
    C.ABSORB: E.CASE_CHANGED,
    A.ACKNOWLEDGE: E.ALERT_ANSWERED,
    A.EXPLAIN: E.ALERT_ANSWERED,
    A.EXTEND: E.ALERT_EXTENDED,
    A.RESOLVE: E.ALERT_ENDED,
    A.ESCALATE: E.ALERT_ESCALATED,
    A.CANCEL: E.ALERT_ENDED,
    A.LIST: E.ALERT_LISTED,
    A.DELIST: E.ALERT_LISTED,
    R.DRAFT: E.REFERRAL_DRAFTED,
    R.ISSUE: E.REFERRAL_ISSUED,
    R.DELIVER: E.REFERRAL_DELIVERED,
    R.ACCEPT: E.REFERRAL_ACCEPTED,
    R.REJECT: E.REFERRAL_REJECTED,
    R.EXPIRE: E.REFERRAL_EXPIRED,
    R.RECALL: E.REFERRAL_RECALLED,
    R.ASK_RECALL: E.REFERRAL_RECALL_ASKED,
    R.AGREE_RECALL: E.REFERRAL_RECALLED,
    R.REDESIGNATE: E.REFERRAL_REDESIGNATED,
    R.ASK_CONSENT: E.CONSENT_ASKED,
    R.RETURN: E.REFERRAL_RETURNED,
    R.PARTY_REFUSED: E.PARTY_REFUSED,
    R.START_MEDIATION: E.MEDIATION_STARTED,
    R.EXTEND: E.LIMIT_EXTENDED,
    R.START_APPRAISAL: E.APPRAISAL_STARTED,
    R.END_APPRAISAL: E.APPRAISAL_ENDED,
    R.CHANGE_MEDIATOR: E.MEDIATOR_CHANGED,
    R.SUSPEND: E.MEDIATION_SUSPENDED,
    R.RESUME: E.MEDIATION_RESUMED,
    R.AGREE: E.MEDIATION_AGREED,
    R.END: E.MEDIATION_ENDED,
    R.WITHDRAW: E.CASE_WITHDRAWN,
    R.CEASE: E.REFERRAL_CEASED,
    R.SEND_MATERIALS: E.MATERIALS_SENT,
    R.ACKNOWLEDGE: E.MATERIALS_ACKNOWLEDGED,
    R.CLOSE_SOURCE: E.SOURCE_CLOSED,
    **dict.fromkeys(CampaignAction, E.CAMPAIGN_CHANGED),
    **dict.fromkeys(TaskAction, E.TASK_CHANGED),
    **dict.fromkeys(FindingAction, E.FINDING_CHANGED),
    FindingAction.REPORT: E.FINDING_REPORTED,
    **dict.fromkeys(MeetingAction, E.MEETING_CHANGED),
    **dict.fromkeys(ReportAction, E.REPORT_CHANGED),
}


def told(action: enum.Enum, before: enum.Enum | None, after: enum.Enum, *, reason: str | None = None) -> list[Fact]:
    """What the event of an action says: the action, from which state to which, and the code of its reason."""
    said = {"action": action.name, "from": before and before.name, "to": after.name, "reason": reason}
    return [Fact(name, code=code) for name, code in said.items() if code is not None]
