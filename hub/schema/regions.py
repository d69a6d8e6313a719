"""Regions: the statistical tree of GB/T 2260 and the management zones that overlap it (DOMAIN 4.7)."""

import datetime as dt
import enum

from hub.schema.cases import Case
from hub.schema.courts import Court
from hub.schema.declare import Entity, Field, Link, Many, column, index, internal, link, many, public
from hub.schema.mediators import Mediator
from hub.schema.organisations import Organisation


class RegionLevel(enum.Enum):
    """区划层级 · Level of a region"""

    CITY = "设区的市 · City"
    DISTRICT = "区（市）· District or county-level city"
    TOWN = "镇（街道）· Town or street"
    VILLAGE = "村（社区）· Village or community"
    ZONE = "管理区 · Management zone overlapping the statistical tree"


class Region(
    Entity,
    prefix="region",
    doc="行政区划 · Administrative region",
    scope=(public(),),
    key=("code",),
    natural=True,
    table=(index("parent_id", "id"),),
):
    code: Field[str] = column("区划代码 · Region code (6, 9 or 12 digits)", unique=True)
    name: Field[str] = column("名称 · Name", index=True, order_by_sound=True)
    level: Field[RegionLevel] = column("层级 · Level", index=True)
    statistical_only: Field[bool] = column("仅用于统计 · A statistical unit without a centre of its own")
    parent: Link["Region | None"] = link("上级区划 · The region that holds it")
    management_zone: Link["Region | None"] = link("所属管理区 · The management zone it also belongs to")
    valid_from: Field[dt.date | None] = column("启用日期 · Valid from")
    valid_to: Field[dt.date | None] = column("停用日期 · Valid to, inclusive")
    city: Field[str | None] = internal("所属市 · Code of its city", index=True)
    district: Field[str | None] = internal("所属区（市）· Code of its district", index=True)
    town: Field[str | None] = internal("所属镇街 · Code of its town", index=True)
    zone: Field[str | None] = internal("所属管理区代码 · Code of its management zone", index=True)
    children: Many["Region"] = many("下级区划 · Regions it holds", by="parent")
    members: Many["Region"] = many("管理区成员 · Regions that belong to this zone", by="management_zone")
    organisations: Many[Organisation] = many("机构 · Organisations placed here", by="region")
    mediators: Many[Mediator] = many("调解员 · Mediators placed here", by="region")
    courts: Many[Court] = many("法院 · Courts of this region", by="region")
    cases: Many[Case] = many("纠纷案件 · Cases placed here", by="region")
