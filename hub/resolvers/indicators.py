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
from hub.rules.indicators import Indicator, Part, Period, filter_of, grouped, hidden, period
from hub.schema.graph import HubSchema
from hub.schema.model import Dimension, Noun
from hub.schema.scalars import show_money

MOST_ROOTS = 16
"""Statistics in one inner question; a question may have twenty."""

Ask = Callable[[str, Mapping[str, Any]], Awaitable[Mapping[str, Any]]]
"""Answers an inner question of the same viewer: the data of its document."""


@dataclass(frozen=True, slots=True)
class _Side:
    """A numerator or denominator: its filter, and what it found by group."""

    filter: dict[str, Any]
    found: dict[str | None, tuple[int, int]] = field(default_factory=dict)


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
    """BadConfiguration (HUB-701) for a numerator or denominator that is no filter of the graph's cases."""
    kind = schema._schema.type_map["CaseFilter"]  # noqa: SLF001 - the framework's own door to graphql-core
    for each in definitions:
        for said in filter(None, (each.numerator, each.denominator)):
            if coerce_input_value(filter_of(said, period("2025"), None), cast("Any", kind)) is Undefined:
                raise BadConfiguration(reason=f"indicator {each.key}: no filter of cases")


class Indicators:
    """Answers the field for these definitions."""

    def __init__(self, definitions: Sequence[Indicator], case: Noun) -> None:
        self._definitions = {each.key: each for each in definitions}
        self._case = case

    async def field(self, selection: Selection, fields: Fields, viewer: Viewer, ask: Ask) -> list[dict[str, Any]]:
        """The field's value. BadPeriod (HUB-218), UnknownIndicator (HUB-219)."""
        given = selection.arguments(selection.kind("Query"), fields[0].node)
        by = self._case.dimensions[given["by"]] if given.get("by") else None
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
            top = _Side(filter_of(found.numerator, during, given.get("region")))
            below = None if found.denominator is None else filter_of(found.denominator, during, given.get("region"))
            yield _Wanted(found, top, None if below is None else _Side(below))

    async def _find(self, sides: Sequence[_Side], by: Dimension | None, ask: Ask) -> None:
        groups = f"by: [{by.name}]" if by else ""
        shown = "" if by is None else f"{by.field}{_below(by)}"
        heads = ", ".join(f"$f{number}: CaseFilter" for number in range(len(sides)))
        roots = " ".join(
            f"s{number}: caseStatistics(filter: $f{number} {groups}) {{ count amountSum {shown} }}"
            for number in range(len(sides))
        )
        data = await ask(f"query ({heads}) {{ {roots} }}", {f"f{n}": side.filter for n, side in enumerate(sides)})
        for number, side in enumerate(sides):
            for row in data[f"s{number}"]:
                count, amount = side.found.get(group := _group(row, by), (0, 0))
                side.found[group] = (count + row["count"], amount + _fen(row["amountSum"]))


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
    parts = [_part(wanted, group) for group in sorted(groups, key=lambda key: (key is None, key or ""))]
    count, amount = sum(part.count for part in parts), sum(part.amount or 0 for part in parts)
    of = sum(part.of or 0 for part in parts) if wanted.below is not None else None
    whole = Part(None, count, of, amount if definition.sum else None)
    if suppress:
        parts, [whole] = hidden(parts), hidden([whole])
    told = [] if by is None else [_figure(wanted, part, _condition(by, part.group)) for part in parts]
    names = {"key": definition.key, "name": definition.zh, "nameEn": definition.en, "version": definition.version}
    return {**names, "basis": definition.basis, "total": _figure(wanted, whole, None), "parts": told}


def _part(wanted: _Wanted, group: str | None) -> Part:
    count, amount = wanted.top.found.get(group, (0, 0))
    of = None if wanted.below is None else wanted.below.found.get(group, (0, 0))[0]
    return Part(group, count, of, amount if wanted.definition.sum else None)


def _figure(wanted: _Wanted, part: Part, condition: Mapping[str, Any] | None) -> dict[str, Any]:
    if part.hidden:
        return {
            **dict.fromkeys(("count", "of", "amount", "value", "filter", "ofFilter")),
            "group": part.group,
            "hidden": True,
        }

    def told(side: _Side | None) -> str | None:
        if side is None:
            return None
        return orjson.dumps(side.filter if condition is None else grouped(side.filter, condition)).decode()

    amount = None if part.amount is None else show_money(part.amount)
    figures = {"group": part.group, "count": part.count, "of": part.of, "amount": amount, "value": part.value()}
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
