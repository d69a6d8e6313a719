"""The actions that the machines know by name, and what each reason of ending makes of a referral and its case."""

import enum
from collections.abc import Mapping

from hub.schema.cases import CaseState
from hub.schema.referrals import ReferralState


class CaseAction(enum.Enum):
    """案件操作 · An action on a case"""

    REGISTER = "登记 · Register"
    REQUEST_SUPPLEMENT = "一次性告知补正 · Request a supplement, once"
    REQUEST_SUPPLEMENT_AGAIN = "再次告知补正 · Request a second supplement"
    SUPPLY = "补正 · Supply what was missing"
    LAPSE = "逾期未补正 · Let an unsupplied case lapse"
    ACCEPT = "受理 · Accept"
    NOT_ACCEPT = "不予受理 · Do not accept"
    DIVERT = "分流 · Divert"
    START_HANDLING = "开始化解 · Start handling"
    REQUEUE = "退回分流 · Back to diversion"
    RELEASE = "停止办理 · Let go by agreement"
    SUSPEND = "中止 · Suspend"
    RESUME = "恢复 · Resume"
    CONVENE = "召集联调 · Convene a joint handling"
    JOIN = "加入联调 · A member joins"
    ESCALATE = "上报 · Escalate to the level above"
    AGREE = "达成协议 · Record an agreement"
    FAIL = "终结调解 · End without agreement"
    WITHDRAW = "撤回 · Withdraw"
    PARTY_REFUSED = "当事人拒绝调解 · A party refuses"
    DECIDE = "作出裁决或决定 · Record a decision of another mode"
    PERFORM = "履行 · Record performance"
    CLOSE_FAILED = "不成结案 · Close without agreement"
    CLOSE = "结案 · Close"
    REOPEN = "复发重启 · Reopen after recurrence"
    TRANSFER = "移送 · Transfer to the police"
    MERGE = "并案 · Merge into another case"
    UNMERGE = "撤销并案 · Undo a merge"
    ABSORB = "并入他案 · Take in another case"


class ReferralAction(enum.Enum):
    """流转操作 · An action on a referral"""

    DRAFT = "草拟 · Draft"
    ISSUE = "发出 · Issue"
    DELIVER = "送达 · Deliver"
    ACCEPT = "接收 · Accept"
    REJECT = "不予接受 · Reject"
    EXPIRE = "逾期未确认 · Expire"
    RECALL = "撤回 · Recall"
    ASK_RECALL = "请求撤回 · Ask for a recall by agreement"
    AGREE_RECALL = "同意撤回 · Agree to a recall"
    REDESIGNATE = "重新指定 · Designate again"
    ASK_CONSENT = "征询对方 · Ask the other side"
    RETURN = "退回 · Return"
    PARTY_REFUSED = "当事人拒绝调解 · A party refuses"
    START_MEDIATION = "开始调解 · Start mediation"
    EXTEND = "延长期限 · Extend the limit"
    START_APPRAISAL = "启动鉴定 · Start an appraisal"
    END_APPRAISAL = "鉴定结束 · End an appraisal"
    CHANGE_MEDIATOR = "更换调解员 · Change the mediator"
    SUSPEND = "中止（涉嫌虚假调解）· Suspend: suspected false mediation"
    RESUME = "恢复调解 · Resume"
    AGREE = "达成协议 · Complete with agreement"
    END = "终结调解 · End without agreement"
    WITHDRAW = "当事人撤回 · The parties withdraw"
    CEASE = "随案终止 · Cease with its case"
    SEND_MATERIALS = "移送材料 · Send the materials"
    ACKNOWLEDGE = "签收材料 · Acknowledge the materials"
    CLOSE_SOURCE = "来源办结 · Close at the source"


class AlertAction(enum.Enum):
    """督办操作 · An action on a supervision alert"""

    ACKNOWLEDGE = "签收督办 · Acknowledge"
    EXPLAIN = "说明情况 · Explain, with a new date"
    EXTEND = "准予延期 · Give until a new date"
    RESOLVE = "解除督办 · Resolve"
    ESCALATE = "升级督办 · Bring to the next level"
    CANCEL = "撤销督办 · Cancel: it was false"
    LIST = "挂牌督办 · Put under listed supervision"
    DELIST = "摘牌 · Take off the list"


class CampaignAction(enum.Enum):
    """排查活动操作 · An action on a campaign"""

    PLAN = "计划 · Plan"
    START = "启动 · Start"
    END = "提前结束 · End before its day"
    SUMMARISE = "汇总 · Summarise"


class TaskAction(enum.Enum):
    """任务操作 · An action on a task"""

    ASSIGN = "下达 · Assign"
    SUBMIT = "报送 · Submit"
    REPORT_DONE = "报告落实 · Report what was done"
    MISS = "逾期认定 · Find missed"
    CANCEL = "取消 · Cancel"


class FindingAction(enum.Enum):
    """排查发现操作 · An action on a finding"""

    REPORT = "报送 · Report"
    TRIAGE_CASE = "研判：转纠纷 · Judge it a dispute"
    TRIAGE_WATCH = "研判：苗头隐患 · Judge it one to be watched"
    TRIAGE_NONE = "研判：无需处置 · Judge that nothing is to be done"
    TRIAGE_DUPLICATE = "研判：重复 · Judge it found before"
    LINK = "转为案件 · Make it a case, or say which it belongs to"
    KEEP_WATCHING = "复查：继续关注 · Look again: still to be watched"
    RECHECK_CASE = "复查：转纠纷 · Look again: it is a dispute now"
    CLEAR = "复查：隐患消除 · Look again: the sign is gone"


class MeetingAction(enum.Enum):
    """研判会议操作 · An action on an analysis meeting"""

    PLAN = "计划 · Plan"
    INVITE = "邀请参会 · Ask bodies to it"
    BUILD_PACK = "备材料 · Build its data pack"
    HOLD = "召开 · Hold"
    RESOLVE = "议定对策 · Resolve measures"
    CLOSE = "办结 · Close, everything is done"


class ReportAction(enum.Enum):
    """研判报告操作 · An action on an analysis report"""

    DRAFT = "拟稿 · Draft"
    REVISE = "修改 · Revise"
    APPROVE = "审定 · Approve"
    SEND = "报送 · Send"
    RECEIPT = "签收 · Receipt by the last recipient"


END_REASONS: Mapping[str, tuple[ReferralState, CaseState]] = {
    "1": (ReferralState.COMPLETED_AGREED, CaseState.AGREED)
} | {
    str(reason): (ReferralState.COMPLETED_FAILED, CaseState.WITHDRAWN if reason == 2 else CaseState.FAILED)
    for reason in range(2, 9)
}
"""What each termination reason (Online Mediation Rules art. 25) makes of the referral and of its case."""
