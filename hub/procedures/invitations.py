"""Invitations: only bodies that a court has invited get its delegations (R13; 2016 Provisions arts. 4, 6)."""

import datetime as dt
from typing import Annotated

from hub.access.viewers import INVITE
from hub.errors import OutOfReach, Settled, UnfitDate
from hub.procedures.deeds import Deed, Row, verb
from hub.schema.courts import Court, Invitation
from hub.schema.organisations import Organisation
from hub.schema.verbs import Id


@verb(
    "法院邀请特邀调解组织 · A court invites an organisation to mediate (2016 Provisions art. 6)",
    gives=(Invitation,),
    permission=INVITE,
)
async def invite_organisation(
    deed: Deed,
    *,
    court: Annotated[Id[Court], "邀请法院 · The inviting court"],
    organisation: Annotated[Id[Organisation], "特邀调解组织 · The invited organisation"],
    valid_from: Annotated[dt.date | None, "起始日期，未填为今日 · Valid from; unsaid: today"] = None,
    valid_to: Annotated[dt.date | None, "终止日期 · Valid to, inclusive"] = None,
) -> None:
    """Settled (HUB-704) while an invitation is in force already."""
    _own(deed, court)
    begins = valid_from or deed.today
    if valid_to is not None and valid_to < begins:
        raise UnfitDate(reason_zh="终止日期早于起始日期", reason_en="it ends before it begins")
    await deed.row(Court, court)
    await deed.row(Organisation, organisation)
    await deed.hold(f"invitation {court} {organisation}")
    for known in await deed.rows(Invitation, court=court, organisation=organisation):
        if known["valid_from"] <= (valid_to or dt.date.max) and begins <= (known["valid_to"] or dt.date.max):
            raise Settled
    deed.insert(Invitation, court=court, organisation=organisation, valid_from=begins, valid_to=valid_to)


@verb(
    "终止邀请 · End an invitation; referrals under way go on",
    changes=Invitation,
    gives=(Invitation,),
    permission=INVITE,
)
async def end_invitation(
    deed: Deed, invitation: Row, *, last_day: Annotated[dt.date, "最后一日 · Its last day"]
) -> None:
    """Nothing new is delegated after that day."""
    _own(deed, invitation["court"])
    if last_day < invitation["valid_from"] - dt.timedelta(1) or last_day < deed.today - dt.timedelta(1):
        raise UnfitDate(reason_zh="不得早于起始日期或今日", reason_en="it must not be before it began, or before today")
    deed.change(invitation, valid_to=last_day)


def _own(deed: Deed, court: str) -> None:
    if court not in deed.viewer.scope.courts:
        raise OutOfReach
