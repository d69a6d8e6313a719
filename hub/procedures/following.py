"""What a body does with its consumers of the log: makes, acknowledges, reads again, ends (DESIGN section 6)."""

from collections.abc import Iterable, Mapping
from typing import Annotated, Any

from hub.access.cursors import Cursors, Place
from hub.access.reach import Filter
from hub.access.viewers import FOLLOW
from hub.errors import Unavailable
from hub.procedures import acknowledging, consumers, terms
from hub.procedures.deeds import Deed, verb
from hub.schema.cases import Case
from hub.schema.consumers import Consumer
from hub.schema.events import EventType
from hub.schema.verbs import Id, Most, Text
from hub.store.changes import Change, Insert, Update

_CONSUMER = "订阅方的标识，或其名称 · The consumer: its id, or its name"


@verb("建立订阅方 · Make a durable reader of the log", gives=(Consumer,), permission=FOLLOW)
async def create_consumer(
    deed: Deed,
    *,
    name: Annotated[str, Text(64, blank=False), "名称，在所属机构内唯一 · Its name, one of its owner's"],
    owner: Annotated[
        str | None, Text(80), "所属机构或法院，身份只属一家时可省 · Its owner; may be left out by who acts for one"
    ] = None,
    types: Annotated[
        tuple[EventType, ...] | None, Most(64), "所需事件类型，缺省全部 · Types of events; all when left out"
    ] = None,
    case: Annotated[Id[Case] | None, "只跟踪此案 · Follow this case only"] = None,
    region: Annotated[
        str | None, Text(20), "只跟踪此区划（代码）的案件 · Follow cases of this region (its code) only"
    ] = None,
    after: Annotated[
        str | None, Text(200), "从此游标之后，缺省从现在起 · Begin behind this cursor; from now on when left out"
    ] = None,
) -> None:
    """OwnerNeeded (HUB-617), ConsumerNameTaken (HUB-616), TooManyConsumers (HUB-615); a cursor's errors."""
    mine, cursors = consumers.owner_among(deed.viewer, owner), _cursors(deed)
    await deed.hold(mine)
    start = (
        await cursors.read(after, mine, deed.connection)
        if after is not None
        else Place(await cursors.newest(deed.connection), "")
    )
    wanted = Filter(frozenset(each.name for each in types or ()), case, region)
    made = await consumers.creation(
        deed.connection, deed.base, deed.viewer, name, start=start, wanted=wanted, owner=mine
    )
    deed.give(str(made.values["id"]))
    _write(deed, [made])


@verb(
    "确认：此游标及之前的事件均已处理 · Acknowledge that everything up to this cursor has been dealt with",
    gives=(Consumer,),
    permission=FOLLOW,
)
async def ack_events(
    deed: Deed,
    *,
    consumer: Annotated[str, Text(80), _CONSUMER],
    cursor: Annotated[str, Text(200), "游标；早于已确认者不起作用 · The cursor; an older one changes nothing"],
) -> None:
    """NoSuchRow (HUB-702) unless it is one of the viewer's; a cursor's errors (HUB-610 to HUB-612)."""
    row = await _held(deed, consumer)
    place = await _cursors(deed).read(cursor, row["owner_id"], deed.connection)
    _write(deed, acknowledging.acknowledged(row, place, deed.viewer, deed.now))


@verb(
    "回退：从更早处重新读取，正在读取的流结束 · Read again from an earlier place; an open stream ends",
    gives=(Consumer,),
    permission=FOLLOW,
)
async def rewind_consumer(
    deed: Deed,
    *,
    consumer: Annotated[str, Text(80), _CONSUMER],
    cursor: Annotated[
        str | None,
        Text(200),
        "游标，缺省为现存最早的事件之前 · The cursor; before the first event there still is when left out",
    ] = None,
) -> None:
    """NoSuchRow; BadLogCursor (HUB-610) for a cursor ahead of what was acknowledged. Without one it ends a RESYNC."""
    row = await _held(deed, consumer)
    place = await acknowledging.place_back(_cursors(deed), cursor, row, deed.connection)
    _write(deed, acknowledging.rewound(row, place, deed.viewer, deed.now))


@verb(
    "删除订阅方：其流结束，凭证保留 · End a consumer: its stream ends, its evidence stays",
    gives=(Consumer,),
    permission=FOLLOW,
)
async def delete_consumer(deed: Deed, *, consumer: Annotated[str, Text(80), _CONSUMER]) -> None:
    """NoSuchRow unless it is one of the viewer's."""
    _write(deed, [terms.ended(await _held(deed, consumer))])


async def _held(deed: Deed, consumer: str) -> Mapping[Any, Any]:
    """The consumer as it is while the deed holds it; it is what the deed gives back."""
    found = await consumers.mine_of(deed.connection, deed.base, deed.viewer, consumer)
    await deed.hold(found["id"])
    deed.give(found["id"])
    return await consumers.mine_of(deed.connection, deed.base, deed.viewer, found["id"])


def _cursors(deed: Deed) -> Cursors:
    if deed.cursors is None:
        raise Unavailable
    return deed.cursors


def _write(deed: Deed, changes: Iterable[Change]) -> None:
    for change in changes:
        if isinstance(change, Insert):
            deed.draft.insert(change.noun, change.values, event=change.event, facts=change.facts)
        elif isinstance(change, Update):
            said = change.values
            deed.draft.update(
                change.noun, change.id, change.expected_version, said, event=change.event, facts=change.facts
            )
