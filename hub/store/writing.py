"""How a deed reaches its tables: its rows checked, sealed, masked, placed and written in order, then its events.

The ledger says when: everything here happens on the connection of its transaction.
"""

import datetime as dt
import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import sqlalchemy as sa

from hub.errors import ListTooLong, MalformedId, VersionConflict
from hub.schema.model import Model, Noun
from hub.schema.scalars import show_instant
from hub.store import dialects, epochs
from hub.store.changes import Change, Insert, Row, Update, Written
from hub.store.forms import Forms
from hub.store.places import Places
from hub.store.recording import Recording, Values, stated
from hub.store.routing import CASE, Belonging
from hub.store.seal import Seal
from hub.store.texts import Texts

_LOCKS = 4096
"""Cases share so many locks: a deed of 500 cases could fill the server's lock table otherwise."""


@dataclass(frozen=True, slots=True)
class Deed:
    """What one deed changes, by whom and when."""

    rows: list[Row]
    actor: str
    organisation: str | None
    now: dt.datetime
    at: str


class Writing:
    """Rows and events of deeds, by the declarations."""

    def __init__(self, metadata: sa.MetaData, model: Model, seal: Seal, new_id: Callable[[], str]) -> None:
        self._model, self._new_id, self._epoch = model, new_id, epochs.number_of(metadata)
        nouns = model.nouns.values()
        self._tables = {noun.name: metadata.tables[noun.table] for noun in nouns}
        self._forms = {noun.name: Forms(noun, model, self._tables[noun.name], seal) for noun in nouns}
        self._rank = {table.name: number for number, table in enumerate(metadata.sorted_tables)}
        self._log = next((noun for noun in nouns if noun.declared.log), None)
        self._belonging = Belonging(model, metadata)
        self._recording = Recording(model, metadata, self._belonging)
        self._texts, self._places = Texts(model, metadata, seal), Places(model, metadata)

    def deed(
        self, changes: Sequence[Change], most: int, *, actor: str, now: dt.datetime, organisation: str | None
    ) -> Deed:
        """The deed of some changes, checked; the errors of `Ledger.write`."""
        if len(changes) > most:
            raise ListTooLong(limit=most)
        at = show_instant(now)
        deed = Deed([self._row(change, at) for change in changes], actor, organisation, now, at)
        if len({row.id for row in deed.rows}) < len(deed.rows):
            raise TypeError("one deed changes a row once")
        return deed

    def _row(self, change: Change, at: str) -> Row:
        noun, forms = self._noun(change), self._forms[change.noun.declared.name]
        values = forms.checked(change.values, whole=isinstance(change, Insert))
        id_ = self._id(noun, change)
        row = Row(change, noun, id_, values, forms.columns(id_, values))
        if isinstance(change, Insert):
            row.columns |= _marks(id_, at)
        else:
            row.columns |= {"version": row.version, "updated_at": at}
        return row

    def _noun(self, change: Change) -> Noun:
        noun = self._model.nouns.get(change.noun.declared.name)
        if noun is None or noun.declared is not change.noun.declared:
            raise TypeError(f"{change.noun.__name__} is no noun of this model")
        return noun

    def _id(self, noun: Noun, change: Change) -> str:
        if isinstance(change, Update):
            if "id" in change.values:
                raise TypeError("a row keeps its id")
            return change.id
        tail = "_".join(str(change.values[name]) for name in noun.key) if noun.declared.natural else None
        id_ = change.values.get("id") or f"{noun.prefix}_{tail or self._new_id()}"
        if not isinstance(id_, str) or not noun.id_pattern.fullmatch(id_):
            raise MalformedId
        return id_

    def write(self, connection: sa.Connection, deed: Deed) -> list[Written]:
        """Write a deed on the connection of its transaction; what became of each change, in their order."""
        rows = deed.rows
        self._read_before(connection, rows)
        self._lock(connection, rows)
        new = {row.id for row in rows if row.is_new and row.noun.name == CASE}
        before = self._recording.before(connection, rows)
        self._places.fill(connection, rows)
        names = self._texts.names(connection, rows, new)
        self._texts.mask(rows, names)
        for is_new, run in groupby(rows, key=lambda row: row.is_new):
            (self._insert if is_new else self._update)(connection, list(run))
        masked = self._texts.mask_again(connection, rows, names, new)
        self._places.fill_again(connection, rows)
        events = self._events(connection, deed, before, masked)
        return [Written(row.noun.name, row.id, row.version, event) for row, event in zip(rows, events, strict=True)]

    def _read_before(self, connection: sa.Connection, rows: Sequence[Row]) -> None:
        """What the rows to change hold now; VersionConflict unless that is what the caller saw."""
        for name in {row.noun.name for row in rows if not row.is_new}:
            table = self._tables[name]
            mine = {row.id: row for row in rows if not row.is_new and row.noun.name == name}
            for stored in connection.execute(sa.select(table).where(dialects.listed(table.c.id, mine))).mappings():
                mine[stored["id"]].before = stored
        for row in rows:
            change = row.change
            if isinstance(change, Update) and (row.before is None or row.before["version"] != change.expected_version):
                raise VersionConflict

    def _lock(self, connection: sa.Connection, rows: Sequence[Row]) -> None:
        """Hold every case of the deed before its first write: in the log the events of a case keep their order."""
        self._belonging.resolve(connection, rows)
        cases = [row.cases for row in rows]
        ids = {case for pair in cases for case in pair if case} | {row.id for row in rows if row.before is not None}
        held = ids - {row.id for row in rows if row.is_new}
        dialects.lock_in_order(connection, sorted({lock_of(id_) for id_ in held}))
        self._belonging.resolve(connection, rows)
        if [row.cases for row in rows] != cases:
            raise VersionConflict

    def _insert(self, connection: sa.Connection, rows: Sequence[Row]) -> None:
        ordered = sorted(rows, key=lambda row: self._rank[row.noun.table])
        for name, group in groupby(ordered, key=lambda row: row.noun.name):
            self._add(connection, name, [row.columns for row in group])

    def _add(self, connection: sa.Connection, name: str, rows: Sequence[dict[str, Any]]) -> None:
        """New rows of one noun. Those of the log are of the base's epoch, and announced."""
        if self._log is not None and name == self._log.name:
            epoch = dialects.announce(connection, self._epoch)
            rows = [{**row, "epoch": epoch} for row in rows]
        dialects.insert_rows(connection, self._tables[name], rows)

    def _of_epoch(self, connection: sa.Connection, events: Sequence[dict[str, Any]]) -> None:
        """Say of drafted events which epoch they are of. Nobody follows them yet: nothing is announced."""
        epoch = connection.execute(sa.select(self._epoch)).scalar_one() if events else None
        for event in events:
            event["epoch"] = epoch

    def _update(self, connection: sa.Connection, rows: Sequence[Row]) -> None:
        for row in rows:
            table = self._tables[row.noun.name]
            known = sa.and_(table.c.id == row.id, table.c.version == row.version - 1)
            if connection.execute(table.update().where(known).values(row.columns)).rowcount != 1:
                raise VersionConflict

    def _events(
        self, connection: sa.Connection, deed: Deed, before: Mapping[str, str], masked: Sequence[str]
    ) -> list[str | None]:
        """Record what the deed did; the ids of the events, None for a change that is none."""
        log = self._log
        if log is None:
            return [None] * len(deed.rows)
        events, more = self._recording.events(connection, deed.rows, before, masked)
        spelled = [None if event is None else self._spelled(log, deed, event) for event in events]
        rows = [row for row in (*spelled, more and self._spelled(log, deed, more)) if row]
        if rows:
            self._add(connection, log.name, rows)
        return [row["id"] if row else None for row in spelled]

    def _spelled(self, log: Noun, deed: Deed, event: Values) -> dict[str, Any]:
        """An event as it is stored."""
        values = stated(event, actor=deed.actor, organisation=deed.organisation, now=deed.now)
        forms, id_ = self._forms[log.name], f"{log.prefix}_{self._new_id()}"
        return forms.columns(id_, forms.checked(values, whole=True)) | _marks(id_, deed.at)

    def drafted(
        self, connection: sa.Connection, changes: Sequence[Change], *, now: dt.datetime
    ) -> dict[str, list[dict[str, Any]]]:
        """As `Ledger.drafted`."""
        at = show_instant(now)
        rows = [self._row(change, at) for change in changes]
        self._belonging.resolve(connection, rows)
        new = {row.id for row in rows if row.is_new and row.noun.name == CASE}
        if any(not row.is_new or row.event or (row.cases[1] or "") not in {"", *new} for row in rows):
            raise TypeError("only whole new cases with their events among them are drafted")
        self._places.fill(connection, rows)
        self._texts.mask(rows, self._texts.names(connection, rows, new))
        ordered = sorted(rows, key=lambda row: self._rank[row.noun.table])
        if self._log is not None:
            self._of_epoch(connection, [row.columns for row in ordered if row.noun.name == self._log.name])
        tables = groupby(ordered, key=lambda row: row.noun.table)
        return {table: [row.columns for row in group] for table, group in tables}


def _marks(id_: str, at: str) -> dict[str, Any]:
    """What every new row has besides its values."""
    return {"id": id_, "version": 1, "created_at": at, "updated_at": at}


def lock_of(id_: str) -> int:
    """The advisory lock that a case, or whatever else has a name, is held by."""
    return int.from_bytes(hashlib.sha256(id_.encode()).digest()[:8], "big") % _LOCKS
