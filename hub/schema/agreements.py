"""Agreements, and what other bodies add to a case: confirmations, notarisations, appraisals (DOMAIN 4.6, 8; R84, R85)."""

import datetime as dt
import enum

from hub.schema.cases import Case
from hub.schema.courts import Court
from hub.schema.declare import Entity, Field, Link, Many, column, link, many, of_case, of_court, sealed
from hub.schema.scalars import Money


class AgreementKind(enum.Enum):
    """协议形式 · Form of an agreement"""

    WRITTEN = "书面 · Written"
    ORAL = "口头 · Oral"


class Agreement(
    Entity,
    prefix="agr",
    doc="调解协议 · Mediation agreement",
    scope=(of_case(),),
    roots=("one", "list"),
    key=("number",),
):
    number: Field[str] = column("协议编号 · Agreement number", unique=True)
    kind: Field[AgreementKind | None] = column("协议形式 · Form", index=True)
    date: Field[dt.date | None] = column("协议日期 · Date of the agreement", index=True)
    case: Link[Case | None] = link("案件 · Case")
    confirmations: Many["Confirmation"] = many("司法确认 · Judicial confirmations", by="agreement")
    notarisations: Many["Notarisation"] = many("公证 · Notarisations", by="agreement")


class Confirmation(
    Entity,
    prefix="conf",
    doc="司法确认 · Judicial confirmation of an agreement",
    scope=(of_case(), of_court("court")),
    key=("number",),
):
    number: Field[str] = column("申请编号 · Application number", unique=True)
    case: Link[Case | None] = link("案件 · Case; null while it waits for one")
    agreement: Link[Agreement | None] = link("调解协议 · Agreement; null while it waits for one")
    agreement_number: Field[str | None] = column("协议编号 · Number of the agreement, as the court has it", index=True)
    court: Link[Court | None] = link("受理法院 · Court")
    court_number: Field[str | None] = column("案号 · The court's case number", index=True)
    applied_on: Field[dt.date | None] = column("申请日期 · Applied on", index=True)
    accepted_on: Field[dt.date | None] = column("受理日期 · Accepted on", index=True)
    ruled_on: Field[dt.date | None] = column("裁定日期 · Ruled on", index=True)
    ruling: Field[str | None] = column("裁定结果 · Ruling, as the court words it")
    dismissal: Field[str | None] = column("驳回事由 · Ground of a dismissal, as the court words it")
    enforcement_number: Field[str | None] = column("执行案号 · Number of the enforcement case", index=True)
    enforcement: Field[str | None] = column("执行状态 · State of the enforcement, as the court words it")


class Notarisation(
    Entity, prefix="notary", doc="公证 · Notarisation", scope=(of_case(),), roots=("one", "list"), key=("number",)
):
    number: Field[str] = column("公证书编号 · Number of the notarial deed", unique=True)
    case: Link[Case | None] = link("案件 · Case; null while it waits for one")
    agreement: Link[Agreement | None] = link("调解协议 · Agreement; null while it waits for one")
    agreement_number: Field[str | None] = column("协议编号 · Number of the agreement, as the office has it", index=True)
    office: Field[str | None] = column("公证处 · Notary office")
    matter: Field[str | None] = column("公证事项 · Matter notarised")
    accepted_on: Field[dt.date | None] = column("受理日期 · Accepted on", index=True)
    issued_on: Field[dt.date | None] = column("出证日期 · Issued on", index=True)
    enforceable: Field[bool | None] = column("赋予强制执行效力 · Made enforceable")
    fee: Field[Money | None] = column("收费 · Fee, yuan", index=True)
    status: Field[str | None] = column("状态 · State, as the office words it")


class Appraisal(
    Entity,
    prefix="appr",
    doc="司法鉴定 · Forensic appraisal",
    scope=(of_case(),),
    roots=("one", "list"),
    key=("number",),
):
    number: Field[str] = column("鉴定编号 · Appraisal number", unique=True)
    case: Link[Case | None] = link("案件 · Case; null while it waits for one")
    delegation_number: Field[str | None] = column("委派编号 · Number of the court's delegation", index=True)
    institution: Field[str | None] = column("鉴定机构 · Appraisal body")
    matter: Field[str | None] = column("鉴定事项 · Matter appraised")
    commissioned_on: Field[dt.date | None] = column("委托日期 · Commissioned on", index=True)
    accepted_on: Field[dt.date | None] = column("受理日期 · Accepted on", index=True)
    issued_on: Field[dt.date | None] = column("出具日期 · Issued on", index=True)
    extension: Field[str | None] = column("延长期限 · Extension, as the body words it")
    supplement: Field[str | None] = column("补充材料起止 · When material was supplemented, as the body words it")
    opinion: Field[str | None] = sealed("鉴定意见摘要 · Summary of the opinion", mask="text")
    status: Field[str | None] = column("状态 · State, as the body words it")
