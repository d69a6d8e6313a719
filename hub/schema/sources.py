"""Source records: what each agency's system knows of a case (DOMAIN 8, R65-R69). `system` is its agreement's record."""

import datetime as dt
import enum
from typing import TYPE_CHECKING

from hub.schema.cases import Case
from hub.schema.declare import Entity, Field, Link, column, index, internal, link, of_case, of_organisation, sealed
from hub.schema.organisations import Organisation

if TYPE_CHECKING:
    from hub.schema.agreements import Appraisal, Confirmation, Notarisation
    from hub.schema.mediators import Mediator
    from hub.schema.referrals import Referral


class Fate(enum.Enum):
    """行去向 · What became of a row"""

    APPLIED = "新增 · Applied: it was new"
    MERGED = "并入 · Applied to a case that another record had opened"
    CORRECTED = "更正 · It corrected an earlier row"
    UNCHANGED = "未变 · Nothing in it was new"
    SUPERSEDED = "过期 · Older than what was known"
    QUARANTINED = "隔离 · Put into quarantine"


class RegionSource(enum.Enum):
    """区划来源 · Where a row's region was taken from"""

    COLUMN = "区划栏 · Its column"
    FILE = "文件名 · The name of its file"
    BODY = "所列机构 · The body or court it names"
    DEFAULT = "默认区划 · The agreement's default; to be looked at"


class SourceRecord(
    Entity,
    prefix="src",
    doc="来源记录 · A record of an agency's system about a case",
    scope=(of_case(), of_organisation("organisation")),
    roots=("list",),
    # Most rows lack one of these: counted with them, the index looks worse to a planner than the whole table.
    table=(
        index("system", "source_number", unique=True),
        *(index(name, where=f"{name} IS NOT NULL") for name in ("pair", "gives", "seeks")),
    ),
):
    case: Link[Case | None] = link("案件 · Case")
    organisation: Link[Organisation] = link("来源机构 · The agency it came from")
    system: Field[str] = column("来源系统 · Source system", index=True)
    source_number: Field[str] = column("来源编号 · Its number there", index=True)
    batch: Field[str] = column("批次 · Batch it arrived in", index=True)
    source_updated_at: Field[dt.datetime] = column("来源更新时间 · Updated at the source", index=True)
    received_at: Field[dt.datetime] = column("接收时间 · Received at", index=True)
    fate: Field[Fate | None] = column("行去向 · What became of its last row that said something new")
    void: Field[bool | None] = column("作废 · Marked void by its source")
    waiting: Field[bool | None] = column("等待案件 · An attachment whose case has not arrived", index=True)
    happened_on: Field[dt.date | None] = column("发生日期 · When the dispute happened, as this source says")
    raw_type: Field[str | None] = column("原始类型 · A dispute type that no code is known for, as received")
    region_from: Field[RegionSource | None] = column("区划来源 · Where its region was taken from", index=True)
    opened: Link[Case | None] = link("开立案件 · The case that it opened")
    subject: Link["Referral | Mediator | Confirmation | Notarisation | Appraisal | None"] = link(
        "对应事项 · What it became beside a case", index=False
    )
    content: Field[str | None] = sealed("原始内容 · The row as received")
    reading: Field[str | None] = sealed("解读内容 · The row as it was understood, as JSON")
    content_hash: Field[str] = internal("内容哈希 · Keyed hash of the row")
    pair: Field[str | None] = internal("归并键 · Keyed hash of its pair of parties and its dispute type")
    gives: Field[str | None] = internal("可供挂接 · The reference that attachments find it by")
    seeks: Field[str | None] = internal("所求挂接 · The reference that an attachment looks for")
