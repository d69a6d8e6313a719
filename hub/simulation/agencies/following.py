"""What follows a record: confirmations and notarisations of its agreement, appraisals in its course."""

import datetime as dt
from collections.abc import Iterator

from hub.simulation.agencies.layouts import LAYOUTS
from hub.simulation.agencies.meanings import Reason
from hub.simulation.agencies.quirks import Quirks
from hub.simulation.agencies.sights import PREFIXES, Sight, Version, advanced
from hub.simulation.chance import Chance
from hub.simulation.seeds import Seeds

_APPRAISED = frozenset({"06", "12", "13"})
_ENDS = {
    "court-confirm": ("准予确认", "准予确认", "驳回申请"),
    "notary": ("已出证",),
    "appraisal": ("已出具", "终止鉴定"),
}


def following(sight: Sight, chance: Chance, seeds: Seeds, quirks: Quirks) -> Iterator[Sight]:
    """The attachments of a record; some come before it, and some name what nobody ever sent."""
    agreed = next(((due, one) for due, one in sight.sendings if one.agreement), None)
    if agreed is not None:
        due, version = agreed
        if chance.happens(0.5):
            yield attachment(sight, chance, seeds, quirks, "court-confirm", version.agreement, due)
        if chance.happens(0.12):
            yield attachment(sight, chance, seeds, quirks, "notary", version.agreement, due)
    if sight.layout.record == "court-referral" and sight.quarrel.type in _APPRAISED and chance.happens(0.4):
        yield attachment(sight, chance, seeds, quirks, "appraisal", sight.key, sight.sendings[0][0])


def attachment(
    sight: Sight, chance: Chance, seeds: Seeds, quirks: Quirks, record: str, reference: str | None, due: dt.date
) -> Sight:
    """One of them, hanging on a reference."""
    layout = LAYOUTS[record]
    court = sight.court or seeds.court_of.get(sight.place.district or "")
    key = f"{PREFIXES[record]}{due.year}{sight.key[-8:]}{sight.key[:1]}"
    if chance.happens(quirks.orphans):
        early = chance.happens(0.6)
        due -= dt.timedelta(days=chance.randint(1, 12) if early else 0)
        reference = reference if early else f"XY-{chance.digits(9)}"
    made = Sight(
        layout=layout,
        quarrel=sight.quarrel,
        key=key,
        place=sight.place,
        court=court,
        code=court.code if court is not None and layout.by == "court" else None,
        reference=reference,
    )
    made.sendings = list(_sendings(sight, chance, quirks, record, max(due, sight.quarrel.opened)))
    return made


def _sendings(
    sight: Sight, chance: Chance, quirks: Quirks, record: str, due: dt.date
) -> Iterator[tuple[dt.date, Version]]:
    first = sight.sendings[0][1]
    moment = dt.datetime.combine(due, first.updated.timetz())
    version = Version(
        updated=moment, happened_on=due, applicants=first.applicants, respondents=first.respondents, result=""
    )
    flaw = _flaw(chance, quirks)
    if flaw is not None:
        version = advanced(version, chance, flaw=flaw)
    yield max(due, version.updated.date()), version
    if chance.happens(0.8):
        ended = advanced(version, chance, result=chance.choice(_ENDS[record]), flaw=None)
        yield ended.updated.date() + dt.timedelta(days=chance.randint(0, 3)), ended


def _flaw(chance: Chance, quirks: Quirks) -> Reason | None:
    drawn = chance.random()
    for reason, share in (
        (Reason.MISSING_VALUE, quirks.missing),
        (Reason.IMPOSSIBLE_DATE, quirks.impossible_dates),
        (Reason.FUTURE_DATE, quirks.future_dates),
    ):
        drawn -= share
        if drawn < 0:
            return reason
    return None
