"""Beginnings: the limits that run from the day on which a file brings a case, as rows of the deed that brings it."""

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.procedures.arrivals import Desk, day_of
from hub.procedures.clocks import begun, belonging
from hub.procedures.drafts import Draft
from hub.procedures.timing import read_timing
from hub.rules.actions import CaseAction, ReferralAction
from hub.rules.cases import CASES
from hub.rules.limits import RECEIVED_FROM, Rule
from hub.rules.referrals import REFERRALS
from hub.schema.cases import Case
from hub.schema.deadlines import Deadline
from hub.schema.referrals import Referral

FROM_CHANNELS = tuple(rule for rules in RECEIVED_FROM.values() for rule in rules)
REGISTERED = CASES.starts(CaseAction.REGISTER)
ISSUED = REFERRALS.starts(ReferralAction.ISSUE)
MERGED = CASES.starts(CaseAction.MERGE)
"""The limits that begin with a case, whatever it is or by its channel, with a referral, and with a merge."""


async def limits_at(
    connection: AsyncConnection, tables: Mapping[str, sa.Table], now: dt.datetime
) -> dict[Rule, dict[str, Any]]:
    """The values of a limit that begins now, by rule, for all rows of a delivery: a matter may be years old, its
    limits count from when the hub received it.
    """
    timing, today = await read_timing(connection, tables["policies"]), day_of(now)
    found = {rule: begun(timing, rule, today, now=now) for rule in (*REGISTERED, *ISSUED, *MERGED, *FROM_CHANNELS)}
    return {rule: values for rule, values in found.items() if values is not None}


def begin(desk: Desk, draft: Draft, rules: Iterable[Rule], *, case: str, referral: str | None = None) -> None:
    """Add the limits of something new; its own event tells of them."""
    belongs = belonging(Case, {"id": case}) if referral is None else belonging(Referral, {"id": referral, "case": case})
    for rule in rules:
        if rule in desk.limits:
            draft.insert(Deadline, {**desk.limits[rule], **belongs}, event=None)
