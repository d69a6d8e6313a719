"""What a mediation hands back: materials, undisputed facts among them; and changes of the mediator (DOMAIN 2.2, 4.12)."""

import datetime as dt
import enum

from hub.schema.cases import Party
from hub.schema.declare import Entity, Field, Link, column, index, link, of_case, sealed
from hub.schema.mediators import Mediator
from hub.schema.referrals import Referral


class MaterialKind(enum.Enum):
    """材料类别 · Kind of material"""

    STATEMENT = "情况说明 · Statement of the mediation"
    MINUTES = "调解笔录 · Minutes"
    UNDISPUTED_FACTS = "无争议事实记载 · Record of undisputed facts (Online Mediation Rules art. 22)"
    SERVICE_ADDRESS = "送达地址确认书 · Service-address form (Online Mediation Rules art. 17)"
    AGREEMENT = "调解协议书 · Agreement"
    OTHER = "其他 · Other"


class Material(
    Entity,
    prefix="mat",
    doc="移送材料 · A material that goes back with a referral",
    scope=(of_case("referral.case"),),
    roots=(),
):
    referral: Link[Referral] = link("流转 · Referral")
    kind: Field[MaterialKind] = column("材料类别 · Kind", index=True)
    content: Field[str | None] = sealed("内容 · Content")
    sha256: Field[str | None] = column("文件摘要 · SHA-256 of the file, where there is one")
    confirmed_on: Field[dt.date | None] = column("当事人确认日期 · Confirmed by the parties on")
    listed_on: Field[dt.date] = column("登记日期 · Listed on", index=True)
    listed_by: Field[str] = column("登记人 · Who listed it: the role, never a name")
    sent_on: Field[dt.date | None] = column("移送日期 · Sent on", index=True)
    acknowledged_on: Field[dt.date | None] = column("签收日期 · Acknowledged on", index=True)


class MediatorChange(
    Entity,
    prefix="swap",
    doc="更换调解员 · A change of the mediator, once freely for each party (Online Mediation Rules art. 14)",
    scope=(of_case("referral.case"),),
    roots=(),
    table=(index("referral_id", "party_id", unique=True),),
):
    referral: Link[Referral] = link("流转 · Referral", index=False)
    party: Link[Party] = link("当事人 · The party that asked")
    before: Link[Mediator | None] = link("原调解员 · Mediator before", index=False)
    after: Link[Mediator | None] = link("新调解员 · Mediator after", index=False)
    reason: Field[str | None] = sealed("理由 · Reason")
    changed_on: Field[dt.date] = column("更换日期 · Changed on", index=True)
