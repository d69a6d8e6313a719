"""What a deed is to the log: an event of each change, with whom it concerned before and after, and what it touched."""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from hub.schema.declare import camel, snake
from hub.schema.events import EventType, Fact
from hub.schema.model import LinkMember, Model, Noun
from hub.store.changes import STATED, Row
from hub.store.routing import CASE, Belonging, Own, Routing
from hub.store.touched import Touch, Touching, masked_anew, moves, told

Values = dict[str, Any]
"""An event by member name."""


class Recording:
    """Says what deeds are to the log, by the declarations."""

    def __init__(self, model: Model, metadata: sa.MetaData, belonging: Belonging) -> None:
        self._belonging = belonging
        self._routing, self._own, self._touching = Routing(model, metadata), Own(model), Touching(model)
        log = next((noun for noun in model.nouns.values() if noun.declared.log), None)
        self._targets = () if log is None else _targets(log)

    def before(self, connection: sa.Connection, rows: Sequence[Row]) -> dict[str, str]:
        """The routing keys, before it, of each case that the deed tells something of or may give other keys."""
        new = {row.id for row in rows if row.is_new and row.noun.name == CASE}
        return self._routing.keys(connection, (_told_of(rows, 0) | self._decided(rows)) - new)

    def events(
        self, connection: sa.Connection, rows: Sequence[Row], before: Mapping[str, str], masked: Sequence[str]
    ) -> tuple[list[Values | None], Values | None]:
        """The event of each change, None for one that is none; and one more for what is told with no other.

        `masked` are the ids of rows whose texts were masked anew.
        """
        asked = self._decided(rows) | (_told_of(rows, 1) - before.keys())
        after = {**before, **self._routing.keys(connection, asked)}
        events = [self._event(row, before, after) for row in rows]
        more = [((None, None), touch) for touch in (*masked_anew(masked), *moves(before, after))]
        rest = self._with_touches(rows, events, [*self._touching.quiet(rows), *more])
        return events, {"type": EventType.ROWS_TOUCHED, "facts": [], "touched": told(rest)} if rest else None

    def _decided(self, rows: Sequence[Row]) -> set[str]:
        """The cases whose keys the deed may change: also one that a row leaves."""
        return {case for row in rows if self._routing.decided_by(row) for case in row.cases if case}

    def _event(self, row: Row, *routing: Mapping[str, str]) -> Values | None:
        if row.event is None:
            return None
        own = (None, None) if any(row.cases) else self._own.keys(row)
        before, after = (
            keys.get(case) if case else mine for keys, case, mine in zip(routing, row.cases, own, strict=True)
        )
        subject = self._belonging.subject(row, self._targets)
        itself = [] if subject == row.id else [Fact(camel(snake(row.noun.name)), id=row.id)]
        return {
            "type": row.event,
            "case": row.cases[1],
            "subject": subject,
            "facts": [*itself, *_became(row, subject), *row.change.facts],
            "routing_before": before,
            "routing_after": after,
        }

    def _with_touches(
        self, rows: Sequence[Row], events: Sequence[Values | None], quiet: Sequence[tuple[Any, Touch]]
    ) -> list[Touch]:
        """Tell with each event what it touched, and with one of the same case what was touched quietly.

        Where the deed has no event, what is left to tell.
        """
        told_with: dict[Any, list[Touch]] = {}
        found: list[tuple[Values, list[Touch]]] = []
        for row, event in zip(rows, events, strict=True):
            if event is not None:
                found.append((event, [self._touching.of(row)]))
                told_with.setdefault(row.cases, found[-1][1])
        rest: list[Touch] = []
        first = found[0][1] if found else rest
        for cases, touch in quiet:
            own = told_with.get(cases)
            if own is not None:
                own.append(touch)
            else:
                first.append({**touch, "far": True} if any(cases) else touch)
        for event, touches in found:
            event["touched"] = told(touches)
        return rest


def stated(values: Values, *, actor: str, organisation: str | None, now: dt.datetime) -> Values:
    """The event with what all events of its deed have in common."""
    return {"actor": actor, "organisation": organisation, "occurred_at": now, **values}


def _became(row: Row, subject: str | None) -> list[Fact]:
    """The state that the event's subject took, unless the deed says it itself."""
    state = row.values.get("state") if subject == row.id else None
    if state is None or any(fact.name in STATED for fact in row.change.facts):
        return []
    return [Fact("to", code=str(state))]


def _told_of(rows: Iterable[Row], side: int) -> set[str]:
    """The cases that the deed tells something of, before it (0) or after it (1)."""
    return {case for row in rows if row.event and (case := row.cases[side])}


def _targets(log: Noun) -> tuple[str, ...]:
    subject = log.members["subject"]
    return subject.targets if isinstance(subject, LinkMember) else ()
