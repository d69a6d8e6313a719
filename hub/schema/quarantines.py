"""Quarantine: rows that cannot be applied as they came, until the source or a person repairs them (R65, R66)."""

import datetime as dt
import enum

from hub.schema.batches import Batch
from hub.schema.cases import Case
from hub.schema.declare import Entity, Field, Link, column, in_region, index, internal, link, of_organisation, sealed
from hub.schema.organisations import Organisation
from hub.schema.regions import Region


class QuarantineReason(enum.Enum):
    """隔离原因 · Why a row is in quarantine"""

    MISSING_VALUE = "缺少必填项 · A mandatory value is missing"
    IMPOSSIBLE_DATE = "日期不存在 · The date is impossible"
    FUTURE_DATE = "日期在将来 · The date lies in the future"
    UNKNOWN_REGION = "区划未知 · The region is unknown"
    BAD_CHECK_DIGIT = "证件号码校验位有误 · A check digit is wrong"
    LOST_IDENTIFIER = "证件号码已被表格改成浮点数 · An identifier was lost to a float"
    BAD_AMOUNT = "金额不是数字 · The amount is not a number"


class QuarantineState(enum.Enum):
    """隔离状态 · State of a row in quarantine"""

    OPEN = "待处理 · Open"
    REPAIRED = "来源已更正 · Repaired by its source"
    FIXED = "人工已更正 · Fixed by a person"


class QuarantinedRow(
    Entity,
    prefix="quar",
    doc="隔离行 · A row in quarantine",
    scope=(in_region(), of_organisation("organisation")),
    table=(index("batch_id", "place"), index("record", "source_number"), index("record", "content_hash")),
):
    batch: Link[Batch] = link("批次 · Batch it arrived in")
    organisation: Link[Organisation] = link("来源机构 · The agency it came from")
    region: Link[Region] = link("区划 · The region its batch is about", levels=True)
    record: Field[str] = column("记录种类 · Record, as its exchange agreement names it", index=True)
    source_number: Field[str | None] = column("来源编号 · Its number there, where it could be read", index=True)
    place: Field[int] = column("行号 · Its place in the file")
    reason: Field[QuarantineReason] = column("隔离原因 · Why", index=True)
    state: Field[QuarantineState] = column("状态 · State", index=True)
    shown: Field[str] = column("内容 · The row, masked")
    content: Field[str | None] = sealed("原始内容 · The row as received")
    content_hash: Field[str] = internal("内容哈希 · Keyed hash of the row")
    source_updated_at: Field[dt.datetime | None] = internal(
        "来源更新时间 · Updated at the source, where it could be read"
    )
    received_at: Field[dt.datetime] = column("接收时间 · Received at", index=True)
    settled_at: Field[dt.datetime | None] = column("处理时间 · Repaired or fixed at", index=True)
    case: Link[Case | None] = link("案件 · Case it was applied to in the end")
