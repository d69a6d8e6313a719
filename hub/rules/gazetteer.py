"""Which region a cell, a body or a file means: by code, by withdrawn code, by name (DOMAIN 4.7; EXCHANGE, Region)."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from hub.rules.values import Unfit, folded, heading, is_blank, mark_or_none
from hub.schema.quarantines import QuarantineReason as Reason

_TOWN = 9
_SUFFIX = re.compile(r"(?:街道|镇|乡|区|县|市)$")
_OFFICES = ("派出所", "司法所", "人民法庭", "法庭", "中心", "调解", "政府", "办事处")


@dataclass(frozen=True, slots=True)
class Gazetteer:
    """The places there are. Made by `gazetteer`, looked at by rows."""

    codes: frozenset[str]
    became: Mapping[str, str]
    bodies: Mapping[str, str]
    courts: Mapping[str, str]
    court_names: Mapping[str, str]
    exact: Mapping[str, str]
    inner: tuple[tuple[str, str], ...]
    villages: Mapping[str, tuple[tuple[str, str], ...]]

    def column(self, cell: str | None) -> str | None:
        """The region that a cell names by code or name; None where it names none. Unfit for an unknown code."""
        if cell is None or is_blank(cell):
            return None
        said = mark_or_none(cell) or ""
        if not said.isdigit():
            return self.named(cell)
        found = self.code(said)
        if found is None:
            raise Unfit(Reason.UNKNOWN_REGION)
        return found

    def code(self, code: str) -> str | None:
        """The code in force for digits: trailing noughts, withdrawn codes and villages that nobody entered aside."""
        while len(code) > 6 and code.endswith("000"):
            code = code[:-3]
        if code in self.codes:
            return code
        if len(code) == 12 and code[:_TOWN] in self.codes and code[:_TOWN] not in self.villages:
            return code[:_TOWN]
        return self.became.get(code) or (self.became.get(code[:6]) if len(code) in {9, 12} else None)

    def named(self, cell: str | None) -> str | None:
        """The region of the body or place that a text names, as deep as it says without doubt."""
        if cell is None or is_blank(cell):
            return None
        said = heading(cell)
        whole = self.bodies.get(said) or self.exact.get(said)
        if whole:
            return whole
        found = {code for name, code in self.inner if name in said}
        deepest = {code for code in found if len(_stem(code)) == max(len(_stem(one)) for one in found)}
        return self._village(said, deepest.pop()) if len(deepest) == 1 else _shared(deepest, found)

    def of_file(self, place: str | None) -> str | None:
        """The region of the town's or court's code in a file's name."""
        if place is None:
            return None
        return self.code(place) if place.isdigit() else self.courts.get(place)

    def _village(self, said: str, place: str) -> str:
        found = {code for name, code in self.villages.get(place, ()) if name in said}
        return found.pop() if len(found) == 1 else place


def gazetteer(
    regions: Iterable[tuple[str, str]],
    *,
    became: Mapping[str, tuple[str, ...]],
    bodies: Iterable[tuple[str, str]] = (),
    courts: Iterable[tuple[str, str, str]] = (),
) -> Gazetteer:
    """From regions (code, name), withdrawn codes, bodies (name, region code) and courts (code, name, region code).

    A withdrawn code that became several is unknown: nobody can tell which.
    """
    regions, courts = tuple(regions), tuple(courts)
    large = [(heading(name), code) for code, name in regions if len(code) <= _TOWN]
    villages: dict[str, list[tuple[str, str]]] = {}
    for code, name in regions:
        if len(code) > _TOWN:
            villages.setdefault(code[:_TOWN], []).append((heading(name), code))
    return Gazetteer(
        codes=frozenset(code for code, _ in regions),
        became={code: new[0] for code, new in became.items() if len(new) == 1},
        bodies=_unique((*((heading(n), r) for n, r in bodies), *((heading(n), r) for _, n, r in courts))),
        courts={folded(code): region for code, _, region in courts},
        court_names={heading(name): code for code, name, _ in courts},
        exact=_unique((heading(name), code) for code, name in regions),
        inner=tuple(dict.fromkeys((*large, *_offices(large)))),
        villages={town: tuple(items) for town, items in villages.items()},
    )


def _offices(large: Iterable[tuple[str, str]]) -> Iterable[tuple[str, str]]:
    """`榴园派出所` is in 榴园镇: the short name counts before the word for an office only."""
    for name, code in large:
        short = _SUFFIX.sub("", name)
        if len(short) > 1 and short != name:
            yield from ((f"{short}{office}", code) for office in _OFFICES)


def _unique(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    found: dict[str, set[str]] = {}
    for name, code in pairs:
        found.setdefault(name, set()).add(code)
    return {name: next(iter(codes)) for name, codes in found.items() if len(codes) == 1}


def _shared(deepest: set[str], found: set[str]) -> str | None:
    """Of several places of one depth none; but the one above that the text also names and that holds them all."""
    holding = {code for code in found - deepest if all(other.startswith(_stem(code)) for other in deepest)}
    return max(holding, key=_stem) if holding else None


def _stem(code: str) -> str:
    """What the codes of the regions inside begin with: `370400` holds all of `3704`."""
    return code[:4] if len(code) == 6 and code.endswith("00") else code
