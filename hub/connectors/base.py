"""The contract: a connector translates one agency record; a delivery is read whole, or refused before any of it counts.

A delivery is read twice. `open_delivery` goes through all of it: hash and flag, encoding, structure, headings. What
is wrong with the file as a whole is raised there, as an AgencyError with its own code. `Reading.rows` goes through
it again, row by row; what is wrong with one row is a Bad, and the other rows count.
"""

import datetime as dt
import importlib
import pkgutil
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import ClassVar

import hub.connectors
from hub.connectors import deliveries
from hub.connectors.formats.sheet import require
from hub.connectors.records import Bad, Content, Delivery, Reason, Row
from hub.errors import BadConfiguration, EmptyFile, FileChanged, NoAgreement
from hub.exchange_settings import FILE_KEYS, Exchange
from hub.rules.gazetteer import Gazetteer
from hub.rules.values import SHANGHAI, Unfit, identity, instant, is_blank, mark, text, title_years
from hub.schema.scalars import show_instant


@dataclass(frozen=True, slots=True)
class Context:
    """What a row means depends on: its agreement, its file, the day and the places there are.

    `years` are those that a day without a year may be of.
    """

    exchange: Exchange
    delivery: Delivery
    today: dt.date
    places: Gazetteer
    years: tuple[int, ...]

    def cell(self, raw: Mapping[str, str], role: str) -> str | None:
        """The cell of the column that has this role; None where no column has it, or the row lacks it."""
        column = self.exchange.fields.get(role)
        return None if column is None else raw.get(column)


class Connector(ABC):
    """One agency record: its dialect, and nothing else. Each file of this package that declares one is found."""

    record: ClassVar[str]
    title: ClassVar[str]
    """`中文 · English`."""

    def translate(self, raw: Mapping[str, str], context: Context, *, place: int = 1) -> Row | Bad:
        """A row by heading as it was received, as a record; or why it cannot be one."""
        key, personal = None, tuple[str, ...]()
        try:
            key, personal = _key(raw, context)
            if any(is_blank(raw.get(column)) for column in context.exchange.mandatory):
                return Bad(place, key, Reason.MISSING_VALUE, raw, personal)
            updated = _updated(raw, context)
            content = self.content(raw, context)
        except Unfit as error:
            return Bad(place, key, error.reason, raw, personal)
        return Row(place, key or "", updated, _is_void(context.cell(raw, "state")), raw, content, personal)

    @abstractmethod
    def content(self, raw: Mapping[str, str], context: Context) -> Content:
        """What the row says. Its mandatory cells hold something. Unfit for what has to be quarantined."""


@dataclass(frozen=True, slots=True)
class Reading:
    """A delivery that may be applied."""

    delivery: Delivery
    connector: Connector
    context: Context
    path: Path
    stamp: tuple[int, int]

    def rows(self) -> Iterator[Row | Bad]:
        """Every row, in the file's order. FileChanged (HUB-314) where it is no longer the file that was looked at."""
        if deliveries.stamp(self.path) != self.stamp:
            raise FileChanged
        for found in deliveries.sheet_of(self.path, self.context.exchange).rows:
            if found.askew:
                # Cells that stand under no heading have pushed others from theirs: none of them can be trusted.
                yield Bad(found.place, None, Reason.MISSING_VALUE, found.cells)
            else:
                yield self.connector.translate(found.cells, self.context, place=found.place)


def open_delivery(path: Path, exchange: Exchange, *, today: dt.date, places: Gazetteer) -> Reading:
    """Look at all of a file and refuse it, with the reason's code, or give what reads its rows.

    The flag beside the file counts where there is one; whether there has to be one is the caller's to ask
    (`deliveries.flag_of`). Raises AgencyError (HUB-310 to HUB-324).
    """
    if not exchange.in_force:
        raise NoAgreement(record=exchange.record)
    connector = connectors().get(exchange.record)
    if connector is None:
        raise BadConfiguration(reason=f"agreements/{exchange.record}.toml: no connector translates this record")
    stamp = deliveries.stamp(path)
    place, on = deliveries.named(path, exchange)
    if not stamp[0]:
        raise EmptyFile
    declared, digest = deliveries.checked(path)
    deliveries.inspected(path, exchange)
    sheet = deliveries.sheet_of(path, exchange)
    count = sum(1 for _ in sheet.rows)
    if count:
        require(exchange, sheet.seen)
    deliveries.hold_declared(declared, count)
    delivery = Delivery(exchange.record, path.name, place, on, declared, count, digest)
    years = title_years(sheet.titles) or ((on or today).year - 1, (on or today).year)
    return Reading(delivery, connector, Context(exchange, delivery, today, places, years), path, stamp)


@cache
def connectors() -> dict[str, Connector]:
    """Every connector there is, by record: the files of this package, sorted."""
    names = sorted(module.name for module in pkgutil.iter_modules(hub.connectors.__path__))
    modules = [importlib.import_module(f"hub.connectors.{name}") for name in names if name != "base"]
    kinds = [kind for module in modules for kind in vars(module).values() if isinstance(kind, type)]
    own = [kind for kind in kinds if issubclass(kind, Connector) and "record" in vars(kind)]
    return {kind.record: kind() for kind in own}


def _key(raw: Mapping[str, str], context: Context) -> tuple[str | None, tuple[str, ...]]:
    """What names the row for ever, None where a part of it is blank; and which parts are personal data."""
    source_key = context.exchange.source_key
    parts = [_key_part(part, raw, context) for part in source_key]
    if None in parts:
        return None, ()
    between = "/" if source_key[0] in FILE_KEYS else "+"
    known = context.exchange.personal
    personal = (said for part, said in zip(source_key, parts, strict=True) if part in known and said)
    return between.join(filter(None, parts)), tuple(personal)


def _key_part(part: str, raw: Mapping[str, str], context: Context) -> str | None:
    exchange, delivery = context.exchange, context.delivery
    sides = {exchange.fields[role]: side for side, role in (("A", "Aid"), ("B", "Bid")) if role in exchange.fields}
    match part:
        case "file.place":
            return delivery.place
        case "file.half_year":
            on = delivery.on
            return None if on is None else f"{on.year}H{1 if on.month <= 6 else 2}"
        case _ if part in sides:
            # A person is the same in every spelling of the number, and nobody by a wrong one.
            found = identity(raw.get(part), exchange.identities.get(sides[part], "any"))
            return found and found[0]
        case _:
            return mark(raw.get(part))


def _updated(raw: Mapping[str, str], context: Context) -> str | None:
    """The update time of the row, else the day in the file's name."""
    column, on = context.exchange.update_column, context.delivery.on
    said = instant(raw.get(column), today=context.today) if column else None
    if said is None and on is not None:
        return show_instant(dt.datetime.combine(on, dt.time(), SHANGHAI))
    return said


def _is_void(cell: str | None) -> bool:
    return (text(cell) or "").removeprefix("已") == "作废"
