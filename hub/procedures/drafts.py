"""A deed in the making: changes of one row are one change, new rows come first."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from hub.procedures.configuration import Base
from hub.schema.declare import Entity
from hub.schema.events import EventType, Fact
from hub.store.changes import USUAL, Usual
from hub.store.ledger import Change, Insert, Update


@dataclass(slots=True)
class Draft:
    """Changes that will be one deed."""

    base: Base
    inserts: dict[str, Insert] = field(default_factory=dict)
    updates: dict[str, Update] = field(default_factory=dict)

    def insert(
        self,
        noun: type[Entity],
        values: Mapping[str, Any],
        *,
        event: EventType | Usual | None = USUAL,
        facts: Iterable[Fact] = (),
    ) -> str:
        """A new row; its id."""
        id_ = values.get("id") or self.base.ledger.new_id(noun)
        self.inserts[id_] = Insert(noun, {**values, "id": id_}, event=event, facts=list(facts))
        return str(id_)

    def update(
        self,
        noun: type[Entity],
        id_: str,
        version: int,
        values: Mapping[str, Any],
        *,
        event: EventType | Usual | None = USUAL,
        facts: Iterable[Fact] = (),
    ) -> None:
        """New values of a row that is at this version, or of one that the draft itself adds."""
        known = self.inserts.get(id_)
        if known is not None:
            self.inserts[id_] = replace(known, values={**known.values, **values})
        elif (before := self.updates.get(id_)) is not None:
            event = before.event if event is USUAL else event
            told = [*before.facts, *facts]
            self.updates[id_] = replace(before, values={**before.values, **values}, event=event, facts=told)
        elif values:
            self.updates[id_] = Update(noun, id_, version, values, event=event, facts=list(facts))

    def changes(self) -> list[Change]:
        """What the ledger is handed."""
        return [*self.inserts.values(), *self.updates.values()]

    def __len__(self) -> int:
        return len(self.inserts) + len(self.updates)
