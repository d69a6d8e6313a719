"""Openings: who opened a sealed value, of which row, for what (DESIGN section 3, R110)."""

import datetime as dt
import enum

from hub.schema.cases import Case
from hub.schema.declare import Entity, Field, Link, column, index, internal, link, of_case


class OpeningPurpose(enum.Enum):
    """打开用途 · What a sealed value is opened for"""

    HANDLING = "办理案件 · Handling the case"
    CONTACT = "联系当事人 · Contacting a party"
    SERVICE = "送达文书 · Serving documents"
    VERIFICATION = "核实身份 · Verifying an identity"
    SUPERVISION = "督办核查 · Checking a supervised case"


class Opening(
    Entity,
    prefix="open",
    doc="打开记录 · An opening of a sealed value",
    scope=(of_case(),),
    roots=("list",),
    table=(index("viewer", "opened_at"),),
):
    case: Link[Case | None] = link("案件 · The case it belongs to")
    subject: Field[str] = column("对象 · Id of the row", index=True)
    field: Field[str] = column("字段 · The field that was opened")
    viewer: Field[str] = column("打开者 · The viewer (policy name)", index=True)
    principal: Field[str] = internal("主体 · The token's subject")
    purpose: Field[OpeningPurpose | None] = column("用途 · Purpose declared", index=True)
    reason: Field[str | None] = column("理由 · Reason given by who does not handle the case")
    opened_at: Field[dt.datetime] = column("打开时间 · Opened at", index=True)
    chain_number: Field[int | None] = internal("链号 · Number in the chain of evidence", unique=True)
    chain_link: Field[str | None] = internal("链值 · What its link is sealed with")
