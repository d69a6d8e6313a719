"""Which systems hear of a quarrel, when, and the versions each of them keeps of it."""

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from hub.simulation.agencies.layouts import LAYOUTS, Layout
from hub.simulation.agencies.meanings import Reason, Side
from hub.simulation.agencies.quarrels import Quarrel
from hub.simulation.agencies.quirks import Quirks
from hub.simulation.chance import Chance
from hub.simulation.days import SHANGHAI
from hub.simulation.seeds import CourtSeat, Place, Seeds

OTHER = "99"
_BY_CHANNEL = {
    "05": "hotline-12345",
    "06": "market",
    "07": "police-order",
    "08": "court-referral",
    "09": "petition",
    "11": "town-ledger",
}
_DEPARTMENTS = {
    "04": "chamber",
    "05": "chamber",
    "07": "natural-res",
    "11": "chamber",
    "12": "health",
    "13": "police-traffic",
    "15": "natural-res",
    "22": "finance",
}
_OTHERWISE = ("justice-mediation", "hotline-12345", "petition", "court-referral", "police-order", "chamber")
_KINDS: Mapping[str, tuple[str, str]] = {
    "health": ("resident", "credit"),
    "market": ("resident", "credit"),
    "finance": ("credit", "resident"),
    "chamber": ("credit", ""),
}
"""What the columns of identifiers take: a record whose columns cannot hold a side's number does not see the quarrel."""

PREFIXES = {
    "court-referral": "WP",
    "petition": "XF3704",
    "police-order": "JQ3704",
    "police-traffic": "SG3704",
    "justice-mediation": "RT",
    "health": "YJ",
    "market": "TS",
    "natural-res": "ZY",
    "finance": "JR",
    "chamber": "SH",
    "hotline-12345": "GD",
    "town-ledger": "TL",
    "court-confirm": "QR",
    "notary": "GZ",
    "appraisal": "JD",
}
_RESULTS = ("", "正在调解", "达成协议", "调解不成", "已答复")
CASE_LAYOUTS = {record: layout for record, layout in LAYOUTS.items() if layout.kind == "case"}
_UNKNOWN_WORDS = ("其他纠纷", "综合类", "旅游服务", "网络侵权", "校园伤害", "礼金争议", "政务公开")


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """What a system held at one time; `number` tells versions apart, `flaw` spoils the row it is written to."""

    number: int = 0
    updated: dt.datetime
    happened_on: dt.date
    type: str = OTHER
    word: str = ""
    applicants: tuple[Side, ...] = ()
    respondents: tuple[Side, ...] = ()
    amount: int | None = None
    result: str = ""
    agreement: str | None = None
    void: bool = False
    flaw: Reason | None = None


@dataclass(slots=True, kw_only=True)
class Sight:
    """A record of one system. `code` is the town's or court's in the file's name; `sendings` say which version goes
    out from which day on. A town numbers its ledger anew each half-year: `numbers`.
    """

    layout: Layout
    quarrel: Quarrel
    key: str
    place: Place
    court: CourtSeat | None = None
    code: str | None = None
    reference: str | None = None
    sendings: list[tuple[dt.date, Version]] = field(default_factory=list)
    numbers: dict[str, int] = field(default_factory=dict)


def advanced(last: Version, chance: Chance, **changes: object) -> Version:
    """The next version, some days later."""
    later = last.updated + dt.timedelta(days=chance.randint(1, 12), seconds=chance.randrange(20_000))
    return replace(last, number=last.number + 1, updated=later, **changes)  # type: ignore[arg-type]


class Sights:
    """Draws what systems see."""

    def __init__(self, seeds: Seeds, quirks: Quirks) -> None:
        self.seeds = seeds
        self.quirks = quirks
        self.namers: dict[str, list[str]] = {}
        for record, layout in CASE_LAYOUTS.items():
            for code in dict.fromkeys(layout.words.values()):
                self.namers.setdefault(code, []).append(record)

    def of(self, quarrel: Quarrel, chance: Chance) -> list[Sight]:
        """The records of a quarrel in the order they come to be, each with what is to be sent of it."""
        found: list[Sight] = []
        for number, (record, after, lag) in enumerate(self._hearing(quarrel, chance)):
            sight = self._sight(quarrel, chance, record, number)
            self._live(sight, chance, quarrel.opened + dt.timedelta(days=after), lag)
            found.append(sight)
        return found

    def seen_by(self, record: str, quarrel: Quarrel, chance: Chance) -> Sight | None:
        """The quarrel as that system has it at first; None where it does not hear of such."""
        if record not in self.namers.get(quarrel.type, ()) or not self._sees(record, quarrel):
            return None
        sight = self._sight(quarrel, chance, record, 0)
        self._live(sight, chance, quarrel.opened, 0)
        return sight

    def _hearing(self, quarrel: Quarrel, chance: Chance) -> Iterator[tuple[str, int, int]]:
        """Record, days after the beginning, and days that its sending lags behind."""
        first = self._origin(quarrel)
        yield first, 0, 0
        known = [one for one in self.namers.get(quarrel.type, ()) if self._sees(one, quarrel)]
        if not known:
            return
        if quarrel.bridged:
            yield chance.choice(known), 2 * chance.randint(100, 170), 0
            yield chance.choice(known), chance.randint(100, 170), 260
        if quarrel.relapsed:
            yield chance.choice(known), chance.randint(182, 300), 0
        while chance.happens(self.quirks.seen_again):
            yield chance.choice(known), chance.randint(0, 40), 0

    def _origin(self, quarrel: Quarrel) -> str:
        type_, channel = quarrel.type, quarrel.channel
        wanted = _BY_CHANNEL.get(channel) or (_DEPARTMENTS.get(type_) if channel == "10" else None)
        if channel == "07" and type_ == "13":
            wanted = "police-traffic"
        known = self.namers.get(type_, ())
        asked: list[str] = [one for one in (wanted, *_OTHERWISE, *known) if one and self._sees(one, quarrel)]
        named = [one for one in asked if one in known] or [one for one in asked if _any_type(one)]
        return named[0]

    def _sees(self, record: str, quarrel: Quarrel) -> bool:
        kinds = _KINDS.get(record)
        if kinds is None:
            return True
        if not quarrel.respondents:
            return False
        sides = zip(kinds, (quarrel.applicants, quarrel.respondents), strict=True)
        return all(side.kind == kind for kind, group in sides if kind for side in group)

    def _sight(self, quarrel: Quarrel, chance: Chance, record: str, number: int) -> Sight:
        layout, place = LAYOUTS[record], quarrel.place
        court = self.seeds.court_of.get(place.district or "") if layout.by == "court" else None
        code = place.code if layout.by == "town" else None
        if court is not None and chance.happens(0.75):
            code = court.code
        key = f"{PREFIXES[record]}{quarrel.opened.year}{quarrel.number:07d}{number}"
        return Sight(layout=layout, quarrel=quarrel, key=key, place=place, court=court, code=code)

    def _live(self, sight: Sight, chance: Chance, day: dt.date, lag: int) -> None:
        """Its versions, from the first to the last."""
        rates, line = self.quirks, [self._first(sight, chance, day)]
        while chance.happens(rates.corrections):
            line.append(self._corrected(sight, chance, line[-1]))
        if chance.happens(rates.ties):
            line.append(replace(line[-1], number=len(line), result=f"{line[-1].result}。"))
        flaw = self._flaw(sight, chance, line[-1])
        if flaw is not None:
            line[-1] = replace(line[-1], flaw=flaw)
            if chance.happens(rates.repaired):
                line.append(advanced(line[-1], chance, flaw=None))
        if "state" in sight.layout.fields and chance.happens(rates.voids):
            line.append(advanced(line[-1], chance, void=True, flaw=None))
        self._send(sight, chance, line, lag)

    def _send(self, sight: Sight, chance: Chance, line: list[Version], lag: int) -> None:
        dues = [one.updated.date() + dt.timedelta(days=chance.randint(0, 2) + lag) for one in line]
        if len(line) > 1 and sight.layout.fields.get("upd") and chance.happens(self.quirks.overtaken):
            dues[0] = dues[1] + dt.timedelta(days=chance.randint(1, 6))
        sight.sendings = list(zip(dues, line, strict=True))
        if sight.layout.fields.get("upd") and chance.happens(self.quirks.late):
            sight.sendings.append((max(dues) + dt.timedelta(days=chance.randint(2, 30)), chance.choice(line)))

    def _first(self, sight: Sight, chance: Chance, day: dt.date) -> Version:
        layout, quarrel = sight.layout, sight.quarrel
        code, word = self._type(layout, chance, quarrel)
        applicants, respondents = self._known(sight, chance)
        hours = dt.timedelta(hours=chance.randint(9, 16), seconds=chance.randrange(3600))
        settled = "agreement" in layout.fields and chance.happens(self.quirks.agreements)
        return Version(
            updated=dt.datetime.combine(day, dt.time(), SHANGHAI) + hours,
            happened_on=day,
            type=code,
            word=word,
            applicants=applicants,
            respondents=respondents,
            amount=quarrel.sum if "amount" in layout.fields else None,
            result="达成协议" if settled else chance.choice(_RESULTS),
            agreement=f"XY-{sight.key}" if settled else None,
        )

    def _type(self, layout: Layout, chance: Chance, quarrel: Quarrel) -> tuple[str, str]:
        """The code and the agency's own word for it."""
        if layout.lone_type is not None:
            return layout.lone_type, ""
        words = [word for word, code in layout.words.items() if code == quarrel.type]
        if words and not chance.happens(self.quirks.unknown_types):
            return quarrel.type, chance.choice(words)
        return OTHER, chance.choice([word for word in _UNKNOWN_WORDS if word not in layout.words])

    def _known(self, sight: Sight, chance: Chance) -> tuple[tuple[Side, ...], tuple[Side, ...]]:
        """The sides as this system knows them: now and then without numbers, or the other way round."""
        quarrel, record = sight.quarrel, sight.layout.record
        rate = self.quirks.unidentified * (4 if record == "town-ledger" else 1)
        first, second = quarrel.applicants, quarrel.respondents
        if record in {"police-order", "town-ledger"} and second and chance.happens(self.quirks.reversed):
            first, second = second, first
        if "AB" in sight.layout.fields:
            first, second = first[:1], second[:1]
        if record == "petition":
            first = first[:1]
        sides = (("A", first), ("B", second))
        known = [
            _even(tuple(_seen(sight.layout, role, side, known=not chance.happens(rate)) for side in group))
            for role, group in sides
        ]
        return known[0], known[1]

    def _corrected(self, sight: Sight, chance: Chance, last: Version) -> Version:
        """A later version in which one thing is otherwise."""
        change = chance.choice(("amount", "phone", "result", "result", "type", "identity", "date"))
        if change == "amount" and last.amount is not None:
            return advanced(last, chance, amount=last.amount * 2 + 100)
        if change == "phone":
            called = replace(last.applicants[0], phone=f"139{chance.digits(8)}")
            return advanced(last, chance, applicants=(called, *last.applicants[1:]))
        if change == "type" and sight.layout.lone_type is None:
            word = chance.choice(list(sight.layout.words))
            return advanced(last, chance, word=word, type=sight.layout.words[word])
        if change == "identity":
            first, second = self._known(sight, chance)
            return advanced(last, chance, applicants=first, respondents=second)
        if change == "date":
            return advanced(last, chance, happened_on=last.happened_on - dt.timedelta(days=chance.randint(1, 20)))
        settled = "agreement" in sight.layout.fields and chance.happens(self.quirks.agreements)
        agreement = f"XY-{sight.key}" if settled else last.agreement
        return advanced(last, chance, result=chance.choice(_RESULTS), agreement=agreement)

    def _flaw(self, sight: Sight, chance: Chance, version: Version) -> Reason | None:
        """A reason that this row can have; None for most."""
        rates, fields = self.quirks, sight.layout.fields
        numbers = [one for one in (*version.applicants, *version.respondents) if one.kind in {"resident", "credit"}]
        chances = {
            Reason.MISSING_VALUE: rates.missing,
            Reason.IMPOSSIBLE_DATE: rates.impossible_dates,
            Reason.FUTURE_DATE: rates.future_dates,
            Reason.UNKNOWN_REGION: rates.unknown_regions if "region" in fields else 0.0,
            Reason.BAD_CHECK_DIGIT: rates.bad_checks if numbers else 0.0,
            Reason.LOST_IDENTIFIER: rates.lost_identifiers if any(_floats(one) for one in numbers) else 0.0,
            Reason.BAD_AMOUNT: rates.bad_amounts if "amount" in fields else 0.0,
        }
        drawn = chance.random()
        for reason, share in chances.items():
            drawn -= share
            if drawn < 0:
                return reason
        return None


def _any_type(record: str) -> bool:
    return record in CASE_LAYOUTS and CASE_LAYOUTS[record].lone_type is None


def _seen(layout: Layout, role: str, side: Side, *, known: bool) -> Side:
    """The side with its number, if the column takes such a number and the system has it."""
    column = layout.fields.get(f"{role}id", "")
    fits = (
        side.kind == "resident"
        if "身份证号" in column
        else side.kind != "other" or (layout.record, role) == ("petition", "A")
    )
    return side if known and fits else replace(side, identity=None, kind=None)


def _even(sides: tuple[Side, ...]) -> tuple[Side, ...]:
    """Several people in one cell are all known by number or none is: the numbers stand in the order of the names."""
    if len(sides) < 2 or all(side.identity for side in sides):
        return sides
    return tuple(replace(side, identity=None, kind=None) for side in sides)


def _floats(side: Side) -> bool:
    return side.kind == "resident" and (side.identity or "").isdecimal()
