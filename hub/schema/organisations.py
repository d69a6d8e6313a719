"""Organisations: centres, sub-centres, committees, agencies; by region and by profession (DOMAIN 4.3, R10-R13, R90)."""

import datetime as dt
import enum
from typing import TYPE_CHECKING

from hub.schema.courts import Court, Invitation
from hub.schema.declare import Entity, Field, Link, Many, code, column, link, many, public, sealed

if TYPE_CHECKING:
    from hub.schema.cases import Case
    from hub.schema.codes import Code
    from hub.schema.mediators import Mediator
    from hub.schema.regions import Region


class OrganisationLevel(enum.Enum):
    """机构层级 · Level of an organisation"""

    CITY = "市级 · City level"
    DISTRICT = "区（市）级 · District level"
    TOWN = "镇（街）级 · Town level"
    VILLAGE = "村（社区）级 · Village level"


class Organisation(Entity, prefix="org", doc="机构 · Organisation", scope=(public(),), key=("credit_code",)):
    name: Field[str] = column("名称 · Name", index=True, order_by_sound=True)
    credit_code: Field[str | None] = column("统一社会信用代码 · Unified social credit code", unique=True)
    kind: Field["Code"] = code("机构类型 · Kind of organisation", list="organisation_kind", index=True)
    level: Field[OrganisationLevel] = column("层级 · Level", index=True)
    profession: Field["Code | None"] = code(
        "专业领域 · Profession or industry, by dispute type", list="dispute_type", index=True
    )
    region: Link["Region"] = link("所在区划 · Region", levels=True)
    host_agency: Link["Organisation | None"] = link("依托单位 · The agency that hosts it")
    hosted_in: Field[str | None] = column("办公场所 · Where it is housed")
    address: Field[str | None] = column("办公地址 · Office address")
    phone: Field[str | None] = column("办公电话 · Office telephone")
    hours: Field[str | None] = column("办公时间 · Opening hours")
    services: Field[str | None] = column("受理范围 · Scope of services")
    opened_on: Field[dt.date | None] = column("成立日期 · Opened on", index=True)
    active: Field[bool] = column("在册 · On the register", index=True)
    head: Field[str | None] = sealed("负责人 · Head of the organisation", mask="name")
    hosted: Many["Organisation"] = many("分中心与下设机构 · Organisations it hosts", by="host_agency")
    mediators: Many["Mediator"] = many("调解员 · Its mediators", by="organisation")
    invitations: Many[Invitation] = many("法院邀请 · Invitations by courts", by="organisation")
    courts: Many[Court] = many("法院 · The court it is", by="organisation")
    cases: Many["Case"] = many("承办案件 · Cases it is in charge of", by="organisation")
