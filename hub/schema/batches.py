"""Batches: each delivery of an agency, and what became of every row in it (R65, R66)."""

import datetime as dt
import enum
from typing import TYPE_CHECKING

from hub.schema.declare import (
    Entity,
    Field,
    Link,
    Many,
    column,
    in_region,
    index,
    internal,
    link,
    many,
    of_organisation,
)
from hub.schema.organisations import Organisation
from hub.schema.regions import Region

if TYPE_CHECKING:
    from hub.schema.quarantines import QuarantinedRow


class BatchState(enum.Enum):
    """批次状态 · State of a batch"""

    RECEIVING = "接收中 · Being received"
    RECEIVED = "已接收 · Received"
    REFUSED = "已拒收 · Refused as a whole"
    BROKEN = "已中断 · Broken off; what was applied stays"


class Batch(
    Entity,
    prefix="batch",
    doc="交换批次 · A delivery of an agency",
    plural="batches",
    scope=(in_region(), of_organisation("organisation")),
    roots=("one", "list", "statistics"),
    table=(index("record", "received_on", "id"),),
):
    record: Field[str] = column("记录种类 · Record, as its exchange agreement names it", index=True)
    organisation: Link[Organisation] = link("来源机构 · The agency it came from")
    region: Link[Region] = link("区划 · The region it is about", levels=True)
    file: Field[str] = column("文件名 · File name", index=True)
    file_date: Field[dt.date | None] = column("文件日期 · Date in the file name", index=True)
    sha256: Field[str] = column("文件摘要 · SHA-256 of the file", index=True)
    received_at: Field[dt.datetime] = column("接收时间 · Received at", index=True)
    received_on: Field[dt.date] = column("接收日期 · Received on (Asia/Shanghai)", index=True)
    state: Field[BatchState] = column("状态 · State", index=True)
    refusal: Field[str | None] = column("拒收原因 · Code of the error it was refused with", index=True)
    announced: Field[int | None] = column("申报行数 · Rows that the source says it sent")
    received: Field[int] = column("接收行数 · Rows received: the sum of what follows")
    applied: Field[int] = column("新增 · Rows applied")
    merged: Field[int] = column("并入 · Rows applied to a case that another record had opened")
    corrected: Field[int] = column("更正 · Rows that corrected an earlier one")
    unchanged: Field[int] = column("未变 · Rows that changed nothing")
    superseded: Field[int] = column("过期 · Rows older than what was known")
    quarantined: Field[int] = column("隔离 · Rows put into quarantine")
    unknown_types: Field[int] = column("未知类型 · Rows of an unknown dispute type, kept as 99")
    default_regions: Field[int] = column("默认区划 · Rows placed by the agreement's default region")
    rows: Many["QuarantinedRow"] = many("隔离行 · Its rows in quarantine", by="batch")


class BatchPart(
    Entity,
    prefix="part",
    doc="批次明细 · The fates of some rows of a batch, in their order",
    roots=(),
    table=(index("batch_id", "first"),),
):
    batch: Link[Batch] = link("批次 · Batch", index=False)
    first: Field[int] = internal("首行 · Place of the first row")
    fates: Field[str] = internal("去向 · One letter per row, the first of its fate")
    places: Field[str | None] = internal("行号 · Their places, where they do not follow each other, as JSON")
