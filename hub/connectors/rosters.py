"""Rosters: records that feed the registers of bodies and mediators (`kind = "register"`)."""

import datetime as dt
from collections.abc import Mapping
from typing import TypeVar

from hub.connectors.base import Connector, Context
from hub.connectors.records import Reason, RegisterRow
from hub.rules.values import Unfit, day, heading, identity, moment, text
from hub.schema.mediators import Employment, MediatorState

T = TypeVar("T")

EMPLOYMENTS = {"专职": Employment.FULL_TIME, "兼职": Employment.PART_TIME, "志愿": Employment.VOLUNTEER}
STATES = {
    "申请": MediatorState.APPLIED,
    "审核": MediatorState.REVIEWED,
    "暂停": MediatorState.SUSPENDED,
    "停职": MediatorState.SUSPENDED,
    "届满": MediatorState.EXPIRED,
    "到期": MediatorState.EXPIRED,
    "解聘": MediatorState.REMOVED,
    "离职": MediatorState.REMOVED,
    "注销": MediatorState.REMOVED,
    "作废": MediatorState.REMOVED,
    "聘任": MediatorState.APPOINTED,
}
"""What part of a word says the state; anything else is on the register."""

OPEN_ENDED = frozenset({"长期", "至今", "不限"})
_KINDS_BY_DEPTH = {12: "VILLAGE_COMMITTEE", 9: "TOWN_COMMITTEE"}


class Roster(Connector):
    """A record about a mediator and the body it belongs to."""

    def content(self, raw: Mapping[str, str], context: Context) -> RegisterRow:
        """The mediator as the register says."""
        region = context.places.column(context.cell(raw, "region"))
        number = identity(context.cell(raw, "Aid"), context.exchange.identities.get("A", "any"))
        term_from = day(context.cell(raw, "date"), today=context.today, years=context.years)
        mediator, organisation = text(context.cell(raw, "A")), text(context.cell(raw, "organisation"))
        if region is None:
            raise Unfit(Reason.UNKNOWN_REGION)
        if number is None or term_from is None or mediator is None or organisation is None:
            raise Unfit(Reason.MISSING_VALUE)
        return RegisterRow(
            organisation=organisation,
            organisation_kind=_kind(context.cell(raw, "organisation_kind"), region, context),
            region=region,
            mediator=mediator,
            identity=number[0],
            employment=_by_part(context.cell(raw, "employment"), EMPLOYMENTS) or Employment.PART_TIME,
            expertise=_expertise(context.cell(raw, "expertise"), context),
            head=text(context.cell(raw, "head")),
            term_from=term_from,
            term_to=_end(context.cell(raw, "term_to")),
            state=_by_part(context.cell(raw, "status"), STATES) or MediatorState.ACTIVE,
        )


def _by_part(cell: str | None, words: Mapping[str, T]) -> T | None:
    said = text(cell) or ""
    return next((meaning for word, meaning in words.items() if word in said), None)


def _kind(cell: str | None, region: str, context: Context) -> str:
    """The kind that the agreement knows the word as; else that of the committees at the region's depth."""
    kinds = {heading(word): code for word, code in context.exchange.kind_map.items()}
    return kinds.get(heading(cell or "")) or _KINDS_BY_DEPTH.get(len(region), "INDUSTRY_COMMITTEE")


def _expertise(cell: str | None, context: Context) -> str | None:
    """The dispute type of the first field that is named; of two words that begin there the longer one counts."""
    said, words = text(cell) or "", sorted(context.exchange.type_map.items(), key=lambda item: len(item[0]))
    places = {said.find(word): code for word, code in words if word in said}
    return places[min(places)] if places else None


def _end(cell: str | None) -> dt.date | None:
    if text(cell) in OPEN_ENDED:
        return None
    found = moment(cell)
    return found.date() if found else None
