"""Consumers of the log: who reads it durably, what was given to whom, and what was acknowledged (DESIGN section 6)."""

import datetime as dt
import enum
from dataclasses import dataclass

from hub.schema.cases import Case
from hub.schema.courts import Court
from hub.schema.declare import Entity, Field, Link, Many, column, index, internal, link, many, of_court, of_organisation
from hub.schema.organisations import Organisation
from hub.schema.regions import Region


class ConsumerState(enum.Enum):
    """订阅方状态 · State of a consumer"""

    ACTIVE = "使用中 · In use"
    ENDED = "已删除 · Deleted; its evidence stays"


class Way(enum.Enum):
    """投递方式 · How events are given to their reader"""

    WEBSOCKET = "双向连接 · WebSocket, graphql-transport-ws"
    SSE = "事件流 · Server-sent events"
    QUERY = "查询 · A plain query that asks for events"
    WEBHOOK = "回调 · An outgoing webhook"
    FILE = "文件 · Signed batch files"


@dataclass(frozen=True, slots=True)
class WantedType:
    """所需事件 · A type of event that a consumer wants.

    type: 类型 · Type of event
    """

    type: str


class Consumer(
    Entity,
    prefix="consumer",
    doc="订阅方 · A durable reader of the log",
    scope=(of_organisation("owner"), of_court("owner")),
    table=(index("owner_id", "state", "id"),),
):
    name: Field[str] = column("名称 · Name, one of its owner's")
    owner: Link[Organisation | Court] = link("所属 · The organisation or court that owns it", index=False)
    alias: Field[str] = internal("唯一名 · Owner and name while it is in use, then its id", unique=True)
    viewer: Field[str] = internal("身份 · The viewer that created it: webhooks and files are given in its scope")
    state: Field[ConsumerState] = column("状态 · State")
    types: Field[list[WantedType]] = column("事件类型 · Types of events wanted; all where none is named")
    case: Link[Case | None] = link("案件 · The one case it follows", index=False)
    region: Link[Region | None] = link("区划 · The region whose cases it follows", index=False)
    acknowledged: Field[str] = internal("确认位置 · Position up to which everything is acknowledged")
    acknowledged_event: Field[str | None] = column("确认事件 · The event up to which everything is acknowledged")
    acknowledged_at: Field[dt.datetime | None] = column("确认时间 · Acknowledged at")
    stream: Field[str | None] = internal("最新流 · The newest stream, which has it")
    term: Field[int] = internal("任次 · How often a stream took it, it was rewound or ended")
    rewinds: Field[int | None] = internal("回退次数 · How often it was rewound")
    deliveries: Many["Delivery"] = many("投递凭证 · What it was given", by="consumer")
    acknowledgements: Many["Acknowledgement"] = many("确认凭证 · What it acknowledged", by="consumer")


class Delivery(
    Entity,
    prefix="dlv",
    doc="投递凭证 · What was given to a reader: a range of the log, at most a second of it",
    plural="deliveries",
    scope=(of_organisation("owner"), of_court("owner")),
    roots=("list",),
    table=(index("owner_id", "given_at"), index("owner_id", "highest")),
):
    consumer: Link[Consumer | None] = link("订阅方 · The consumer; none for readers that only watch")
    owner: Link[Organisation | Court | None] = link("接收方 · On whose behalf it was read", index=False)
    viewer: Field[str] = column("身份 · The viewer (policy name)")
    readers: Field[int] = column("读者数 · How many it was given to at once")
    stream: Field[str | None] = internal("流 · The stream it went through")
    way: Field[Way] = column("方式 · How it was given")
    lowest: Field[int | None] = internal("最小事件号 · Least number of an event given")
    highest: Field[int | None] = internal("最大事件号 · Greatest number of an event given")
    numbers: Field[str | None] = internal("事件号 · Numbers of the events given, as runs: 120-125,127")
    first: Field[str] = internal("起始位置 · Position of the first event")
    last: Field[str] = internal("终止位置 · Position of the last event")
    first_event: Field[str] = column("首个事件 · The first event")
    last_event: Field[str] = column("末个事件 · The last event")
    events: Field[int] = column("事件数 · How many events of the range were given")
    digest: Field[str] = column("事件摘要 · SHA-256 of the ids given, in order, each with a line feed")
    began_at: Field[dt.datetime] = column("开始时间 · When the first was given")
    given_at: Field[dt.datetime] = column("投递时间 · When the last was given", index=True)
    chain_number: Field[int | None] = internal("链号 · Number in the chain of evidence", unique=True)
    chain_link: Field[str | None] = internal("链值 · What its link is sealed with")


class Acknowledgement(
    Entity,
    prefix="ack",
    doc="确认凭证 · What a consumer acknowledged, or how far it was rewound",
    scope=(of_organisation("owner"), of_court("owner")),
    roots=(),
    table=(index("owner_id", "acknowledged_at"),),
):
    consumer: Link[Consumer] = link("订阅方 · The consumer")
    owner: Link[Organisation | Court] = link("所属 · On whose behalf", index=False)
    viewer: Field[str] = column("身份 · The viewer (policy name)")
    principal: Field[str] = internal("主体 · The token's subject")
    rewound: Field[bool] = column("回退 · It was rewound to here, not acknowledged")
    position: Field[str] = internal("位置 · Position acknowledged")
    epoch: Field[int | None] = internal("纪元号 · Epoch of the position")
    xid: Field[int | None] = internal("事务号 · Transaction of the position")
    seq: Field[int | None] = internal("事件号 · Number of the position")
    event: Field[str | None] = column("事件 · The event up to which everything is acknowledged")
    acknowledged_at: Field[dt.datetime] = column("确认时间 · Acknowledged at", index=True)
    chain_number: Field[int | None] = internal("链号 · Number in the chain of evidence", unique=True)
    chain_link: Field[str | None] = internal("链值 · What its link is sealed with")
