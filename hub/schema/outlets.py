"""Outlets: where a consumer's events are brought, what could not be brought there, and the batch files of closed networks."""

import datetime as dt
import enum
from typing import TYPE_CHECKING

from hub.schema.cases import Case
from hub.schema.consumers import Consumer, Way
from hub.schema.courts import Court
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
    of_court,
    of_organisation,
)
from hub.schema.organisations import Organisation

if TYPE_CHECKING:
    from hub.schema.regions import Region


class OutletState(enum.Enum):
    """投递通道状态 · State of an outlet"""

    WAITING = "等待 · Its consumer, its viewer or its secret is not there; `error` says which"
    RUNNING = "投递中 · Events are brought as they come"
    RETRYING = "重试中 · The receiver failed; it is tried again"
    ASIDE = "让出 · A stream of another way has the consumer, and keeps up"
    STOPPED = "停止 · Nothing is brought until it is started again"


class LetterState(enum.Enum):
    """死信状态 · State of a letter"""

    DEAD = "死信 · Not brought any more until somebody says so"
    BEHIND = "在后 · It follows a dead one of its case, in its turn"
    AGAIN = "待重投 · It is brought again"
    DELIVERED = "已投递 · It was brought after all"
    DROPPED = "已放弃 · It is not brought any more"


class ParcelState(enum.Enum):
    """批次文件状态 · State of a batch file"""

    WAITING = "待确认 · Written, not acknowledged"
    ACKNOWLEDGED = "已确认 · Acknowledged"
    VOID = "作废 · Its consumer was rewound since"


class Outlet(
    Entity,
    prefix="outlet",
    doc="投递通道 · Where the events of a consumer are brought: a webhook, or a folder of batch files",
    scope=(in_region(), of_organisation("owner"), of_court("owner")),
    table=(index("owner_id", "name", unique=True),),
):
    name: Field[str] = column("订阅方名称 · Name of the consumer whose events are brought", index=True)
    owner: Link[Organisation | Court] = link("所属 · The organisation or court that owns it", index=False)
    region: Link["Region | None"] = link("区划 · The city whose operators look after it", levels=True)
    consumer: Link[Consumer | None] = link("订阅方 · The consumer; none as long as there is none of the name")
    way: Field[Way] = column("方式 · How events are brought")
    state: Field[OutletState] = column("状态 · State", index=True)
    retired: Field[bool] = column("停用 · The configuration does not name it any more")
    attempts: Field[int] = column("次数 · How often the first event that is not brought yet was tried")
    error: Field[str | None] = column("错误编号 · Code of what it waits, retries or is stopped for")
    next_attempt_at: Field[dt.datetime | None] = column("下次尝试 · When it is tried again")
    mark: Field[str] = internal("标记 · Hash of what the configuration says")
    rewinds: Field[int] = internal("回退次数 · How often its consumer had been rewound when it was last looked at")
    held_by: Field[str | None] = internal("持有进程 · The process that brings its events")
    held_until: Field[dt.datetime | None] = internal("租约至 · Until when it is that process's unless it renews")
    letters: Many["Letter"] = many("死信 · What could not be brought", by="outlet")
    parcels: Many["Parcel"] = many("批次文件 · Its batch files", by="outlet")


class Letter(
    Entity,
    prefix="letter",
    doc="死信 · An event that its receiver did not take, or that follows such a one of its case",
    scope=(in_region(), of_organisation("owner"), of_court("owner")),
    table=(index("outlet_id", "event", unique=True), index("outlet_id", "state", "lane"), index("owner_id", "state")),
):
    outlet: Link[Outlet] = link("投递通道 · The outlet", index=False)
    owner: Link[Organisation | Court] = link("所属 · The organisation or court that owns the consumer", index=False)
    region: Link["Region | None"] = link("区划 · The city whose operators look after it", levels=True)
    event: Field[str] = column("事件 · The event, by its id")
    type: Field[str] = column("事件类型 · Type of the event")
    case: Link[Case | None] = link("案件 · The event's case")
    lane: Field[str] = internal("次序 · What it is in order with: the case's id, or nothing")
    epoch: Field[int] = internal("纪元号 · Epoch of the event's position")
    xid: Field[int] = internal("事务号 · Transaction of the event's position")
    seq: Field[int] = internal("事件号 · Number of the event's position")
    attempts: Field[int] = column("次数 · How often it was tried")
    error: Field[str | None] = column("错误编号 · Code of what became of the last try")
    state: Field[LetterState] = column("状态 · State", index=True)


class Parcel(
    Entity,
    prefix="parcel",
    doc="批次文件 · A batch file for a closed network: numbered, signed, each naming the one before",
    scope=(in_region(), of_organisation("owner"), of_court("owner")),
    table=(index("outlet_id", "number", unique=True), index("outlet_id", "state"), index("owner_id", "state")),
):
    outlet: Link[Outlet] = link("投递通道 · The outlet", index=False)
    consumer: Link[Consumer] = link("订阅方 · The consumer", index=False)
    owner: Link[Organisation | Court] = link("所属 · The organisation or court that owns the consumer", index=False)
    region: Link["Region | None"] = link("区划 · The city whose operators look after it", levels=True)
    number: Field[int] = column("批号 · Number, from 1")
    sha256: Field[str] = column("摘要 · SHA-256 of the file, by which the next one and its acknowledgement name it")
    events: Field[int] = column("事件数 · How many events it holds")
    first: Field[str | None] = internal("起始位置 · Position of the first event")
    last: Field[str | None] = internal("终止位置 · Position of the last event")
    last_event: Field[str | None] = column("末个事件 · The last event")
    written_at: Field[dt.datetime] = column("写出时间 · Written at")
    acknowledged_at: Field[dt.datetime | None] = column("确认时间 · Acknowledged at")
    refused: Field[str | None] = column(
        "拒收编号 · Code of what is wrong with the acknowledgement file that lies there"
    )
    state: Field[ParcelState] = column("状态 · State", index=True)
