"""Matters: records that make or update a case (`kind = "case"`)."""

import datetime as dt
import re
from collections.abc import Mapping
from typing import ClassVar

from hub.connectors.base import Connector, Context
from hub.connectors.parties import expected_of, sides
from hub.connectors.records import CaseRow, Reason, ReferralRow, RegionFlag, Side
from hub.errors import BadConfiguration
from hub.rules.values import Unfit, day, heading, mark_or_none, moment, money, text
from hub.schema.referrals import ReferralType

UNKNOWN_TYPE = "99"
LONGEST_TYPE = 100
_ENDS_A_TITLE = ("纠纷", "争议", "事故", "投诉", "赔偿")
_COURT_OF_NUMBER = re.compile(r"([\u4e00-\u9fff]\d{2,4})")


class Matter(Connector):
    """A record about a dispute. `subject` names what it is about where no column does."""

    subject: ClassVar[str] = "矛盾纠纷"

    def content(self, raw: Mapping[str, str], context: Context) -> CaseRow:
        """The dispute as its agency knows it."""
        applicants, respondents = _parties(raw, context)
        happened_on = day(context.cell(raw, "date"), today=context.today, years=context.years)
        if happened_on is None or not _are_named(applicants, respondents, context):
            raise Unfit(Reason.MISSING_VALUE)
        code, raw_type = _type(raw, context)
        region, flag = _region(raw, context)
        agreement, cause = context.cell(raw, "agreement"), text(context.cell(raw, "cause"))
        return CaseRow(
            applicants=applicants,
            respondents=respondents,
            dispute_type=code,
            raw_type=raw_type,
            cause=cause,
            happened_on=happened_on,
            amount=money(context.cell(raw, "amount"), context.exchange.amount_unit),
            region=region,
            region_flag=flag,
            agreement=mark_or_none(agreement) if agreement is not None else None,
            text=text(context.cell(raw, "text")),
            title=_title(applicants, respondents, cause or raw_type or self.subject),
            channel=context.exchange.channel or UNKNOWN_TYPE,
            referral=self.referral(raw, context) if context.exchange.opens_referral else None,
        )

    def referral(self, raw: Mapping[str, str], context: Context) -> ReferralRow | None:
        """The referral that the row opens, of the type that the agreement says."""
        issued_on = day(context.cell(raw, "date"), today=context.today, years=context.years)
        if issued_on is None:
            return None
        number = text(context.cell(raw, "court_number"))
        return ReferralRow(
            type=_referral_type(context),
            issued_on=issued_on,
            court=_court(raw, context, number),
            court_number=number,
            receiver=text(context.cell(raw, "receiver")),
            due_on=_due_on(context.cell(raw, "due")),
        )


def _parties(raw: Mapping[str, str], context: Context) -> tuple[tuple[Side, ...], tuple[Side, ...]]:
    """Applicants and respondents. Where both stand in one cell, the first applies and the others respond."""
    expected = context.exchange.identities
    telephone = context.cell(raw, "phone")
    both = context.cell(raw, "AB")
    if both is not None:
        found = sides(both, telephone=telephone)
        return found[:1], found[1:]
    return (
        sides(
            context.cell(raw, "A"),
            identities=context.cell(raw, "Aid"),
            expected=expected_of(context.cell(raw, "Atype")) or expected.get("A", "any"),
            telephone=telephone,
        ),
        sides(context.cell(raw, "B"), identities=context.cell(raw, "Bid"), expected=expected.get("B", "any")),
    )


def _are_named(applicants: tuple[Side, ...], respondents: tuple[Side, ...], context: Context) -> bool:
    """Whether there is a party, and one on each side whose column is mandatory."""
    fields, required = context.exchange.fields, context.exchange.required
    sides_by_role = {"A": applicants, "B": respondents}
    lacking = [role for role, side in sides_by_role.items() if not side and fields.get(role) in required]
    return bool(applicants or respondents) and not lacking


def _type(raw: Mapping[str, str], context: Context) -> tuple[str, str | None]:
    """The dispute type's code, and the agency's word where it has a column for it."""
    types = context.exchange.type_map
    if "type" not in context.exchange.fields:
        return (next(iter(types.values())) if len(types) == 1 else UNKNOWN_TYPE), None
    said = text(context.cell(raw, "type"))
    if said is None:
        return UNKNOWN_TYPE, None
    found = types.get(said) or next((code for word, code in types.items() if heading(word) == heading(said)), None)
    return found or UNKNOWN_TYPE, said[:LONGEST_TYPE]


def _region(raw: Mapping[str, str], context: Context) -> tuple[str, RegionFlag]:
    """The column, else the file, else the body that the row names, else the agreement's default."""
    places = context.places
    column = places.column(context.cell(raw, "region"))
    if column:
        return column, RegionFlag.COLUMN
    file = places.of_file(context.delivery.place)
    if file:
        return file, RegionFlag.FILE
    body = places.named(context.cell(raw, "body"))
    return (body, RegionFlag.BODY) if body else (context.exchange.default_region, RegionFlag.DEFAULT)


def _title(applicants: tuple[Side, ...], respondents: tuple[Side, ...], subject: str) -> str:
    """`张三与李四等邻里纠纷`; names are masked where the title is kept."""
    sides_named = "与".join(f"{side[0].name}{'等' if side[1:] else ''}" for side in (applicants, respondents) if side)
    return f"{sides_named}{subject if subject.endswith(_ENDS_A_TITLE) else f'{subject}纠纷'}"


def _referral_type(context: Context) -> ReferralType:
    try:
        return ReferralType[context.exchange.opens_referral or ""]
    except KeyError:
        where = f"agreements/{context.exchange.record}.toml"
        raise BadConfiguration(reason=f"{where}: opens_referral is no type of a referral") from None


def _court(raw: Mapping[str, str], context: Context, number: str | None) -> str | None:
    """The code of the court by its name, by the file, or by the number of its case."""
    named = context.places.court_names.get(heading(context.cell(raw, "court") or ""))
    codes = [context.delivery.place, *_COURT_OF_NUMBER.findall(number or "")]
    return named or next((code for code in codes if code in context.places.courts), None)


def _due_on(cell: str | None) -> dt.date | None:
    try:
        found = moment(cell)
    except Unfit:
        return None
    return found.date() if found else None
