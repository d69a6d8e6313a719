"""Source records: what each agency's system knows of a case (DOMAIN 8, R65-R69)."""

import datetime as dt

from hub.schema.cases import Case
from hub.schema.declare import Entity, Field, Link, column, index, internal, link, of_case, of_organisation, sealed
from hub.schema.organisations import Organisation


class SourceRecord(
    Entity,
    prefix="src",
    doc="来源记录 · A record of an agency's system about a case",
    scope=(of_case(), of_organisation("organisation")),
    roots=("list",),
    table=(index("system", "source_number", unique=True),),
):
    case: Link[Case | None] = link("案件 · Case")
    organisation: Link[Organisation] = link("来源机构 · The agency it came from")
    system: Field[str] = column("来源系统 · Source system", index=True)
    source_number: Field[str] = column("来源编号 · Its number there", index=True)
    batch: Field[str] = column("批次 · Batch it arrived in", index=True)
    source_updated_at: Field[dt.datetime] = column("来源更新时间 · Updated at the source", index=True)
    received_at: Field[dt.datetime] = column("接收时间 · Received at", index=True)
    content: Field[str | None] = sealed("原始内容 · The row as received")
    content_hash: Field[str] = internal("内容哈希 · Keyed hash of the row")
