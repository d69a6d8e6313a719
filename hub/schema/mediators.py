"""Mediators: the public register, with a sealed private part (DOMAIN 4.3, R91-R97)."""

import datetime as dt
import enum
from typing import TYPE_CHECKING

from hub.schema.declare import Entity, Field, Link, Many, code, column, link, many, public, sealed
from hub.schema.organisations import Organisation

if TYPE_CHECKING:
    from hub.schema.cases import Case
    from hub.schema.codes import Code
    from hub.schema.regions import Region


class Employment(enum.Enum):
    """任职方式 · How a mediator is employed"""

    FULL_TIME = "专职 · Full-time"
    PART_TIME = "兼职 · Part-time"
    VOLUNTEER = "志愿 · Volunteer"


class MediatorState(enum.Enum):
    """调解员状态 · State of a mediator"""

    APPLIED = "已申请 · Applied"
    REVIEWED = "已审核 · Reviewed"
    APPOINTED = "已聘任 · Appointed"
    ACTIVE = "在册 · Active"
    SUSPENDED = "暂停 · Suspended"
    EXPIRED = "任期届满 · Term ended"
    REMOVED = "已解聘 · Removed"


class Mediator(Entity, prefix="med", doc="调解员 · Mediator", scope=(public(),)):
    name: Field[str] = column("姓名 · Name", index=True, order_by_sound=True)
    state: Field[MediatorState] = column("状态 · State", index=True)
    employment: Field[Employment] = column("任职方式 · Employment", index=True)
    background: Field["Code"] = code("身份背景 · Background", list="mediator_background", index=True)
    organisation: Link[Organisation] = link("所属机构 · Organisation")
    region: Link["Region"] = link("服务区划 · Region served", levels=True)
    expertise: Field["Code | None"] = code("擅长领域 · Field, by dispute type", list="dispute_type", index=True)
    languages: Field[str | None] = column("语言 · Languages")
    term_from: Field[dt.date] = column("聘任日期 · Appointed on", index=True)
    term_to: Field[dt.date | None] = column("任期至 · Term ends on", index=True)
    identity: Field[str | None] = sealed("身份证号 · Resident identity number", mask="identity", hashed="identity")
    phone: Field[str | None] = sealed("手机号码 · Mobile number", mask="phone", hashed="phone")
    cases: Many["Case"] = many("承办案件 · Cases", by="mediator")
