"""The root field `indicators`: its figures are asked of the corridor itself, as statistics under the same scope."""

from calendar import monthrange
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, cast

import orjson
from graphql import Undefined
from graphql.utilities import coerce_input_value

from hub.access.viewers import SMALL_CELLS, Viewer
from hub.errors import BadConfiguration, UnknownIndicator
from hub.resolvers.selection import Fields, Selection
from hub.rules.figures import Days, Part, hidden, whole_of
from hub.rules.indicators import Indicator, Period, filter_of, grouped, of_case, period
from hub.schema.declare import camel, snake
from hub.schema.graph import HubSchema
from hub.schema.meetings import Counts
from hub.schema.model import Dimension, Model, Noun
from hub.schema.scalars import show_money

MOST_ROOTS = 16
"""Statistics in one inner question; a question may have twenty."""

_NOUNS = {Counts.CASES: "Case", Counts.REFERRALS: "Referral"}

Ask = Callable[[str, Mapping[str, Any]], Awaitable[Mapping[str, Any]]]
"""Answers an inner question of the same viewer: the data of its document."""


@dataclass(frozen=True, slots=True)
class _Kind:
    """What is counted: its noun, the dimension that is its days, and what dimensions of its case begin with."""

    noun: Noun
    days: str
    case: str = ""

    def dimension(self, by: Dimension) -> Dimension:
        return self.noun.dimensions[f"{self.case}{by.name}"]


@dataclass(slots=True)
class _Group:
    """What was found of one group: how many, their amounts (fen), and how many needed how many days."""

    count: int = 0
    amount: int = 0
    spread: dict[int, int] = field(default_factory=dict)

    def add(self, count: int, amount: int, days: int | None) -> None:
        self.count, self.amount = self.count + count, self.amount + amount
        if days is not None:
            self.spread[days] = self.spread.get(days, 0) + count


@dataclass(frozen=True, slots=True)
class _Side:
    """A numerator or denominator: of what, its filter, and what it found by group."""

    indicator: Indicator
    filter: dict[str, Any]
    found: dict[str | None, _Group] = field(default_factory=dict)

    def of(self, group: str | None) -> _Group:
        return self.found.get(group) or _Group()


@dataclass(frozen=True, slots=True)
class _Wanted:
    definition: Indicator
    top: _Side
    below: _Side | None

    def sides(self) -> Iterator[_Side]:
        yield self.top
        if self.below is not None:
            yield self.below


def check_filters(definitions: Sequence[Indicator], schema: HubSchema) -> None:
    """BadConfiguration (HUB-701) for a numerator or denominator that is no filter of what the indicator counts."""
    kinds = schema._schema.type_map  # noqa: SLF001 - the framework's own door to graphql-core
    for each in definitions:
        kind = kinds[f"{_NOUNS[each.counted]}Filter"]
        for said in each.filters():
            if coerce_input_value(filter_of(said, period("2025"), None), cast("Any", kind)) is Undefined:
                raise BadConfiguration(reason=f"indicator {each.key}: no filter of {each.counts}")


class Indicators:
    """Answers the field for these definitions."""

    def __init__(self, definitions: Sequence[Indicator], model: Model) -> None:
        self._definitions = {each.key: each for each in definitions}
        self._kinds = {
            Counts.CASES: _Kind(model["Case"], "HANDLED_DAYS"),
            Counts.REFERRALS: _Kind(model["Referral"], "MEDIATION_DAYS", "CASE_"),
        }

    async def field(self, selection: Selection, fields: Fields, viewer: Viewer, ask: Ask) -> list[dict[str, Any]]:
        """The field's value. BadPeriod (HUB-218), UnknownIndicator (HUB-219)."""
        given = selection.arguments(selection.kind("Query"), fields[0].node)
        by = self._kinds[Counts.CASES].noun.dimensions[given["by"]] if given.get("by") else None
        wanted = list(self._wanted(given, period(given["period"])))
        sides = [side for each in wanted for side in each.sides()]
        for first in range(0, len(sides), MOST_ROOTS):
            await self._find(sides[first : first + MOST_ROOTS], by, ask)
        shown = [_shown(each, by, suppress=SMALL_CELLS in viewer.masks) for each in wanted]
        return [_selected(selection, "Indicator", fields, value) for value in shown]

    def _wanted(self, given: Mapping[str, Any], during: Period) -> Iterator[_Wanted]:
        for key in given.get("keys") or self._definitions:
            found = self._definitions.get(key)
            if found is None:
                raise UnknownIndicator
            sides = [
                _Side(found, filter_of(said, during, given.get("region"), found.counted)) for said in found.filters()
            ]
            yield _Wanted(found, sides[0], sides[1] if len(sides) > 1 else None)

    async def _find(self, sides: Sequence[_Side], by: Dimension | None, ask: Ask) -> None:
        heads = ", ".join(f"$f{n}: {self._kind(side).noun.name}Filter" for n, side in enumerate(sides))
        roots = " ".join(f"s{number}: {self._root(number, side, by)}" for number, side in enumerate(sides))
        data = await ask(f"query ({heads}) {{ {roots} }}", {f"f{n}": side.filter for n, side in enumerate(sides)})
        for number, side in enumerate(sides):
            kind = self._kind(side)
            own, days = by and kind.dimension(by), kind.noun.dimensions[kind.days].field
            for row in data[f"s{number}"]:
                found = side.found.setdefault(_group(row, own), _Group())
                found.add(row["count"], _fen(row.get("amountSum", "0")), row.get(days))

    def _kind(self, side: _Side) -> _Kind:
        return self._kinds[side.indicator.counted]

    def _root(self, number: int, side: _Side, by: Dimension | None) -> str:
        """The statistics that answer a side, as a field of the inner question."""
        kind, shown = self._kind(side), ["count"]
        days = kind.noun.dimensions[kind.days]
        keys = [] if by is None else [kind.dimension(by)]
        keys += [days] if side.indicator.days and days not in keys else []
        shown += ["amountSum"] if side.indicator.sum else []
        shown += [f"{each.field}{_below(each)}" for each in keys]
        grouped_by = f", by: [{', '.join(each.name for each in keys)}]" if keys else ""
        root = f"{camel(snake(kind.noun.name))}Statistics"
        return f"{root}(filter: $f{number}{grouped_by}) {{ {' '.join(shown)} }}"


def _fen(yuan: str) -> int:
    """A sum can be more than any amount may be."""
    return int(Decimal(yuan).scaleb(2))


def _below(by: Dimension) -> str:
    return {"code": " { code }", "level": " { code }", "link": " { id }"}.get(by.kind, "")


def _group(row: Mapping[str, Any], by: Dimension | None) -> str | None:
    if by is None:
        return None
    value = row[by.field]
    if isinstance(value, Mapping):
        value = value.get("code") or value.get("id")
    return value if value is None or isinstance(value, str) else str(value).lower()


def _shown(wanted: _Wanted, by: Dimension | None, *, suppress: bool) -> dict[str, Any]:
    definition, groups = wanted.definition, dict.fromkeys(key for side in wanted.sides() for key in side.found)
    parts = [_part(wanted, group) for group in sorted(groups, key=_place)]
    whole = whole_of(parts) if parts else _part(wanted, None)
    if suppress:
        parts, [whole] = hidden(parts), hidden([whole])
    told = [] if by is None else [_figure(wanted, part, _condition(by, part.group)) for part in parts]
    names = {"key": definition.key, "name": definition.zh, "nameEn": definition.en, "version": definition.version}
    said = {**names, "basis": definition.basis, "counts": definition.counted.name}
    return {**said, "total": _figure(wanted, whole, None), "parts": told}


def _place(group: str | None) -> tuple[bool, int, str]:
    """By their text, which of days is by their number, and what has no group last."""
    return group is None, len(group or "") if (group or "").isdecimal() else 0, group or ""


def _part(wanted: _Wanted, group: str | None) -> Part:
    definition, found = wanted.definition, wanted.top.of(group)
    of = None if wanted.below is None else wanted.below.of(group).count
    amount, days = found.amount if definition.sum else None, Days[definition.days] if definition.days else None
    return Part(group, found.count, of, amount, days=days, spread=found.spread)


def _figure(wanted: _Wanted, part: Part, condition: Mapping[str, Any] | None) -> dict[str, Any]:
    if part.hidden:
        return {
            **dict.fromkeys(("count", "of", "amount", "days", "value", "filter", "ofFilter")),
            "group": part.group,
            "hidden": True,
        }

    def told(side: _Side | None) -> str | None:
        if side is None:
            return None
        mine = None if condition is None else of_case(condition, side.indicator.counted)
        return orjson.dumps(side.filter if mine is None else grouped(side.filter, mine)).decode()

    amount = None if part.amount is None else show_money(part.amount)
    figures = {"group": part.group, "count": part.count, "of": part.of, "amount": amount, "value": part.value()}
    figures["days"] = part.total_days()
    return {**figures, "hidden": False, "filter": told(wanted.top), "ofFilter": told(wanted.below)}


def _condition(by: Dimension, group: str | None) -> dict[str, Any]:
    """What holds of the rows of a group, in the words of the filter."""
    name = by.field if by.kind in ("level", "code", "enum", "bool", "link") else by.member.graph
    if by.kind == "month":
        if group is None:
            return {name: {"isNull": True}}
        year, month = map(int, group.split("-"))
        return {name: {"gte": f"{group}-01", "lte": f"{group}-{monthrange(year, month)[1]:02d}"}}
    if by.kind == "link":
        return {name: {"id": {"eq": group}}} if group is not None else {"not": {name: {}}}
    if group is None:
        return {name: {"isNull": True}}
    if by.kind == "number":
        return {name: {"eq": int(group)}}
    return {name: {"eq": group == "true" if by.kind == "bool" else group}}


def _selected(selection: Selection, kind: str, fields: Fields, value: Mapping[str, Any]) -> dict[str, Any]:
    """What was selected of a value, by response key."""
    shown: dict[str, Any] = {}
    for key, found in selection.below(selection.kind(kind), fields).items():
        name = found[0].node.name.value
        each: Any = kind if name == "__typename" else value[name]
        if name == "total":
            each = _selected(selection, "Figure", found, each)
        elif name == "parts":
            each = [_selected(selection, "Figure", found, part) for part in each]
        shown[key] = each
    return shown
