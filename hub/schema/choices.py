"""What the parties chose and agreed to, and what was judged suitable (R34, R87, R88; DOMAIN 2.2)."""

import datetime as dt
import enum

from hub.schema.cases import Case, Party, PartyRole
from hub.schema.codes import Code
from hub.schema.declare import Entity, Field, Link, check, code, column, index, link, of_case, sealed
from hub.schema.organisations import Organisation
from hub.schema.referrals import Referral


class ChoiceAnswer(enum.Enum):
    """选择结果 · What a party chose"""

    CHOSEN = "已选择 · Chosen"
    BEING_ASKED = "征询中 · Being asked"
    REFUSED = "拒绝 · Refused"


class ConsentMatter(enum.Enum):
    """同意事项 · What a party is asked to agree to"""

    DELEGATION = "委派、委托调解 · To be delegated or entrusted"
    MEDIATION = "接受调解 · To mediate"
    EXTENSION = "延长期限 · To extend the limit"
    APPRAISAL = "鉴定 · To have an appraisal"
    PARTICIPATION = "邀请他人参与 · That others take part (R64)"


class ConsentAnswer(enum.Enum):
    """答复 · A party's answer"""

    BEING_ASKED = "征询中 · Being asked"
    AGREED = "同意 · Agreed"
    REFUSED = "不同意 · Refused"
    UNREACHABLE = "无法联系 · Out of reach"


class ModeChoice(
    Entity,
    prefix="choice",
    doc="自愿选择记录 · A party's voluntary choice of a mode (R87)",
    scope=(of_case(),),
    roots=(),
    table=(
        index("case_id", "party_id", unique=True),
        check("explained", "explanation_sealed IS NOT NULL"),
        check("chosen_mode", "(answer = 'CHOSEN') = (chosen IS NOT NULL)"),
    ),
):
    case: Link[Case] = link("案件 · Case", index=False)
    party: Link[Party] = link("当事人 · Party")
    side: Field[PartyRole] = column("身份 · Side of the party")
    options: Field[str] = column("所示选项 · Codes of the modes that were shown, with spaces between")
    explanation: Field[str | None] = sealed("阐明内容 · What was explained")
    answer: Field[ChoiceAnswer] = column("选择结果 · Answer", index=True)
    chosen: Field["Code | None"] = code("所选方式 · Mode chosen", list="mode", index=True)
    evidence: Field[str | None] = column("凭证 · Reference of the signature or recording")
    recorded_on: Field[dt.date] = column("记录日期 · Recorded on", index=True)
    recorded_by: Field[str] = column("记录人 · Who recorded it: the role, never a name")


class Consent(
    Entity,
    prefix="consent",
    doc="当事人同意 · A party's answer to what needs its consent",
    scope=(of_case("referral.case"),),
    roots=(),
    table=(
        index("referral_id", "party_id", "matter", unique=True, where="spent_on IS NULL"),
        check("answered_when", "(answer = 'BEING_ASKED') = (answered_on IS NULL)"),
    ),
):
    referral: Link[Referral] = link("流转 · Referral")
    party: Link[Party] = link("当事人 · Party")
    side: Field[PartyRole] = column("身份 · Side of the party")
    matter: Field[ConsentMatter] = column("事项 · Matter", index=True)
    answer: Field[ConsentAnswer] = column("答复 · Answer", index=True)
    asked_on: Field[dt.date] = column("征询日期 · Asked on", index=True)
    answered_on: Field[dt.date | None] = column("答复日期 · Answered on")
    evidence: Field[str | None] = column("凭证 · Reference of the signature or recording")
    recorded_by: Field[str] = column("记录人 · Who recorded it: the role, never a name")
    spent_on: Field[dt.date | None] = column("已用日期 · Used up on, by the extension it was given for")


class Suitability(
    Entity,
    prefix="suit",
    doc="适宜性判断 · A judgement whether a dispute suits settlement outside litigation (R34)",
    plural="suitabilities",
    scope=(of_case(),),
    roots=(),
    table=(check("unsuitable_ground", "suitable OR ground IS NOT NULL"),),
):
    case: Link[Case] = link("案件 · Case")
    organisation: Link[Organisation] = link("判断机构 · Who judged")
    suitable: Field[bool] = column("适宜 · Suitable", index=True)
    ground: Field["Code | None"] = code("不适宜理由 · Ground why not", list="unsuitable_ground", index=True)
    judged_on: Field[dt.date] = column("判断日期 · Judged on", index=True)
    judged_by: Field[str] = column("判断人 · Who judged: the role, never a name")
