"""Courts, and the organisations they have invited to mediate (DOMAIN 4.8, R13)."""

import datetime as dt
import enum
from typing import TYPE_CHECKING

from hub.schema.declare import Entity, Field, Link, Many, column, link, many, public

if TYPE_CHECKING:
    from hub.schema.organisations import Organisation
    from hub.schema.referrals import Referral
    from hub.schema.regions import Region


class CourtLevel(enum.Enum):
    """法院审级 · Level of a court"""

    INTERMEDIATE = "中级人民法院 · Intermediate people's court"
    BASIC = "基层人民法院 · Basic people's court"


class Court(Entity, prefix="court", doc="人民法院 · People's court", scope=(public(),), key=("code",), natural=True):
    code: Field[str] = column("法院代字 · Court code, as in case numbers (鲁0402)", unique=True)
    name: Field[str] = column("名称 · Name", index=True, order_by_sound=True)
    level: Field[CourtLevel] = column("审级 · Level", index=True)
    region: Link["Region"] = link("辖区 · Region of jurisdiction")
    organisation: Link["Organisation | None"] = link("机构登记 · Its entry in the register of organisations")
    invitations: Many["Invitation"] = many("特邀调解组织 · Organisations it has invited", by="court")
    referrals: Many["Referral"] = many("对接流转 · Referrals it takes part in", by="court")


class Invitation(
    Entity,
    prefix="inv",
    doc="特邀调解组织邀请 · A court's invitation of an organisation to mediate",
    scope=(public(),),
    roots=("list",),
):
    court: Link[Court] = link("邀请法院 · The inviting court")
    organisation: Link["Organisation"] = link("特邀调解组织 · The invited organisation")
    valid_from: Field[dt.date] = column("起始日期 · Valid from", index=True)
    valid_to: Field[dt.date | None] = column("终止日期 · Valid to, inclusive")
