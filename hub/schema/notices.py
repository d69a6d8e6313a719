"""Notices to the parties: what is missing, told once, and what else is open to them (R86, R89)."""

import datetime as dt
import enum

from hub.schema.cases import Case
from hub.schema.declare import Entity, Field, Link, check, column, index, link, of_case, sealed


class Occasion(enum.Enum):
    """告知情形 · What a notice of other channels is given for"""

    NOT_ACCEPTED = "不予受理 · The case was not accepted"
    FAILED = "化解不成 · The mediation failed"


class SupplementNotice(
    Entity,
    prefix="supp",
    doc="一次性补正告知 · A notice of everything that is missing (R86)",
    scope=(of_case(),),
    roots=(),
    table=(
        index("case_id", "number", unique=True),
        check("once_or_overridden", "number = 1 OR (number = 2 AND override_reason_sealed IS NOT NULL)"),
        check("items_listed", "items_sealed IS NOT NULL"),
    ),
):
    case: Link[Case] = link("案件 · Case", index=False)
    number: Field[int] = column("次数 · First, or second by the supervisor's leave")
    items: Field[str | None] = sealed("所缺材料 · All that is missing, one a line")
    given_on: Field[dt.date] = column("告知日期 · Given on", index=True)
    given_by: Field[str] = column("告知人 · Who gave it: the role, never a name")
    override_reason: Field[str | None] = sealed("再次告知理由 · Why a second notice was allowed")
    supplied_on: Field[dt.date | None] = column("补正日期 · Supplied on")


class FailureNotice(
    Entity,
    prefix="fail",
    doc="其他法定途径告知 · A notice of the other legal channels (R89)",
    scope=(of_case(),),
    roots=(),
    table=(
        index("case_id", unique=True, where="spent_on IS NULL"),
        check("receipt_after_notice", "receipted_on IS NULL OR receipted_on >= given_on"),
    ),
):
    case: Link[Case] = link("案件 · Case")
    occasion: Field[Occasion] = column("告知情形 · Occasion", index=True)
    channels: Field[str] = column("其他法定途径 · Codes of the modes still open, with spaces between")
    limitation_from: Field[dt.date | None] = column("时效起算日 · Limitation runs from (Civil Code art. 188)")
    limitation_to: Field[dt.date | None] = column("时效届满日 · Limitation ends on")
    advice: Field[str | None] = sealed("说明 · What was explained")
    given_on: Field[dt.date] = column("告知日期 · Given on", index=True)
    given_by: Field[str] = column("告知人 · Who gave it: the role, never a name")
    receipted_on: Field[dt.date | None] = column("签收日期 · Receipted on", index=True)
    receipt: Field[str | None] = column("签收凭证 · Reference of the receipt")
    spent_on: Field[dt.date | None] = column("失效日期 · No longer counts since: the case was reopened")
