"""Updates: what a subscription gives of each event, and what systems that can only ask are given of it."""

import enum
import types
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import strawberry

from hub.schema.attendance import attendance_roots
from hub.schema.cases import CaseState
from hub.schema.consumers import Way
from hub.schema.declare import camel, snake
from hub.schema.events import EventType
from hub.schema.model import Model
from hub.schema.referrals import ReferralState
from hub.schema.scalars import Kind
from hub.schema.shells import SCALARS, Made, Shells
from hub.schema.supervision import AlertState

MOST = 100
"""Events that one plain question is given at most."""

USUAL = 20
"""Events that it is given when it does not say how many."""


@dataclass(frozen=True, slots=True)
class Update:
    """A kind of update: its root field, the type of its frames, the nouns it shows beside the event, and what it is about.

    `about` is the noun whose events it gives, None for all; `states` are the states that it can be filtered by.
    """

    field: str
    frame: str
    doc: str
    shows: tuple[str, ...]
    about: str | None = None
    states: type[enum.Enum] | None = None


EVENTS = Update(
    "events",
    "EventUpdate",
    "办理记录：每个可见事件 · Every event that one may be told",
    ("Case", "Referral", "SupervisionAlert"),
)
UPDATES = {
    each.field: each
    for each in (
        EVENTS,
        Update(
            "caseUpdates",
            "CaseUpdate",
            "案件更新：案件及其下各事项的事件 · Events of cases",
            ("Case",),
            "Case",
            CaseState,
        ),
        Update(
            "referralUpdates",
            "ReferralUpdate",
            "流转更新：流转及其下各事项的事件 · Events of referrals",
            ("Referral", "Case"),
            "Referral",
            ReferralState,
        ),
        Update(
            "alerts",
            "AlertUpdate",
            "督办更新：督办的发出、答复、升级和解除 · Events of supervision alerts",
            ("SupervisionAlert", "Case"),
            "SupervisionAlert",
            AlertState,
        ),
    )
}
"""Every kind of update by its root field."""

EVIDENCE, NEWS = "evidence", "news"
"""Root fields of the query: what a referral's bodies were given of it, and how the hub is doing with the log."""

CURSOR = Made("cursor", str, "游标，续接、确认或回退用 · The cursor behind the event: to resume, acknowledge or rewind")
_CONSUMER = "订阅方的标识，或其名称 · The consumer: its id, or its name"


def has_updates(model: Model) -> bool:
    """Whether the model has what updates show."""
    return {"Event", "Case", "Referral", "SupervisionAlert", "Organisation", "Court"} <= set(model.nouns)


def fill_updates(shells: Shells, model: Model) -> type | None:
    """The types of updates and the subscription root; None for a model without a log."""
    if not has_updates(model):
        return None
    for update in UPDATES.values():
        event: Any = shells["Event"]
        shown = [_shown(shells, model, noun) for noun in update.shows]
        told = Made("event", event, "事件，事实以提交时为准 · The event; its facts are those at that commit")
        shells.fill(update.frame, f"{_half(update.doc)}（一帧）· One of them", [CURSOR, told, *shown])
    roots = [_root(shells, update) for update in UPDATES.values()]
    return shells.fill("Subscription", "订阅入口 · What can be followed", roots)


def event_roots(shells: Shells, model: Model) -> Iterator[Made]:
    """What can be asked of news without a stream."""
    if not has_updates(model):
        return
    frame: Any = shells[EVENTS.frame]
    first = Made(
        "first",
        int | None,
        f"最多几条，1 到 {MOST}，缺省 {USUAL} · How many at most, 1 to {MOST}; {USUAL} when left out",
    )
    doc = "订阅方尚未确认的事件，按序，计入投递凭证 · The events that a consumer has not acknowledged, in order; recorded as given"
    yield Made(EVENTS.field, list[frame] | None, doc, (Made("consumer", str, _CONSUMER), first))

    yield _evidence(shells)
    yield _news(shells)
    yield from attendance_roots(shells)


def _evidence(shells: Shells) -> Made:
    event: Any = shells["Event"]
    organisation: Any = shells["Organisation"]
    court: Any = shells["Court"]
    instant: Any = SCALARS[Kind.INSTANT]
    fields = [
        Made("event", event, "事件 · The event"),
        Made("organisation", organisation | None, "接收机构 · The organisation that it was given to"),
        Made("court", court | None, "接收法院 · The court that it was given to"),
        Made("consumer", str | None, "订阅方名称，仅观看者无 · The consumer's name; none for readers that only watch"),
        Made("way", shells.told(Way), "方式 · How it was given first"),
        Made("givenAt", instant, "首次投递时间，至多晚一秒 · When it was given first, at most a second later"),
        Made("acknowledgedAt", instant | None, "首次确认时间 · When it was acknowledged first"),
    ]
    kind: Any = shells.fill("Evidence", "送达凭证 · That an event was given to a body, and acknowledged by it", fields)
    referral = Made("referral", strawberry.ID, "流转标识 · Id of the referral")
    event_ = Made("event", strawberry.ID | None, "只问此事件 · Of this event only")
    doc = "流转各方的送达凭证：发出方和法院可见全部，其他只见自己 · Who was given which event of a referral; its sender and court are told of all"
    return Made(EVIDENCE, list[kind] | None, doc, (referral, event_))


def _news(shells: Shells) -> Made:
    instant: Any = SCALARS[Kind.INSTANT]
    fields = [
        Made("newestAt", instant | None, "最新已读事件的时间 · When the event that was read last occurred"),
        Made(
            "hiddenFor",
            int,
            "新事件被更早事务遮挡的毫秒数 · Milliseconds that an event has been hidden behind an older writer",
        ),
        Made("failingFor", int, "日志无法读取的毫秒数 · Milliseconds that the log could not be read"),
        Made(
            "oldestWriterFor",
            int,
            "最久未结束写事务的毫秒数 · Milliseconds that the oldest open writing transaction has lasted",
        ),
        Made("unsealedFor", int, "凭证尚未入链的毫秒数 · Milliseconds that the oldest evidence waits for its seal"),
        Made("streams", int, "本进程的流 · Streams of this process"),
        Made("groups", int, "相同订阅合并后的组 · Groups that identical streams share"),
        Made("consumers", int, "本进程正在读取的订阅方 · Consumers that are read in this process"),
    ]
    kind: Any = shells.fill("News", "日志状况 · How this process is doing with the log", fields)
    return Made(NEWS, kind | None, "日志状况，需 system.read · How the hub is doing with the log; needs system.read")


def _half(doc: str) -> str:
    return doc.partition("·")[0].strip()


def _shown(shells: Shells, model: Model, noun: str) -> Made:
    shell: Any = shells[noun]
    return Made(
        camel(snake(noun)), shell | None, f"{_half(model[noun].doc)}，以现在为准 · It as it is now, where visible"
    )


def _root(shells: Shells, update: Update) -> Made:
    frame: Any = shells[update.frame]
    return Made(
        update.field,
        frame,
        update.doc,
        (
            Made("consumer", str | None, _CONSUMER),
            Made("after", str | None, "从此游标之后重放，再转实时 · Replay from behind this cursor, then go on live"),
            Made(
                "filter", _filter(shells, update) | None, "筛选条件，须同时满足 · What is wanted; all of it must hold"
            ),
        ),
    )


def _filter(shells: Shells, update: Update) -> Any:
    fields = [
        Made("types", _listed(shells.told(EventType)), "事件类型 · Types of events"),
        Made("case", strawberry.ID | None, "案件标识 · Of this case only"),
        Made("region", str | None, "任一级区划代码 · Code of a region of any level that the case lies or lay in"),
        Made(
            "organisation",
            strawberry.ID | None,
            "参与该案的机构或法院 · An organisation or court that takes part in the case",
        ),
    ]
    if update.states is not None:
        taken = _listed(shells.told(update.states))
        fields.append(Made("states", taken, "该事件使其成为的状态 · States that the event made it take"))
    return shells.accept(f"{update.frame}Filter", f"{_half(update.doc)}：筛选 · Which of them", fields)


def _listed(kind: Any) -> Any:
    return types.GenericAlias(list, (kind,)) | None
