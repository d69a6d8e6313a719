"""What a case is made of: the readings of its source records, put together the same way whatever order they came in."""

import datetime as dt
import enum
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import orjson

from hub.connectors.records import CaseRow, ReferralRow, RegionFlag, Side
from hub.rules import wording
from hub.schema.cases import CaseStart, Domain, Handling, PartyKind, PartyRole
from hub.schema.referrals import ReferralType

_DOMAINS: Mapping[str, Domain] = {
    "01": Domain.FAMILY,
    "04": Domain.COMMERCIAL,
    "05": Domain.COMMERCIAL,
    "08": Domain.ADMINISTRATIVE,
    "15": Domain.ADMINISTRATIVE,
    "20": Domain.COMMERCIAL,
    "22": Domain.COMMERCIAL,
}
"""The domain of a dispute type; the others are civil [D]."""

_OWN_MOTION = "11"
"""The channel of what villages and grids find themselves."""
_TRANSFERRED = ("08", "09", "10", "12")
"""Channels by which another body hands a matter over."""

_GENERAL = "2"
"""The severity of what nobody has judged yet."""

LONGEST_STORY = 20_000
"""Characters that a case keeps of what was told; the row as received has all of it."""

_LONGEST_TITLE = 2_000
_FORBIDDEN = re.compile("[\0\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Said:
    """What one source record says of its case; `order` puts records of a case in the same order everywhere."""

    order: tuple[Any, ...]
    row: CaseRow
    void: bool
    mentions: tuple["Mention", ...]


@dataclass(frozen=True, slots=True)
class Mention:
    """A person where one record names them; `mark` and `plain` are what mentions of one person share."""

    person: "Person"
    mark: str
    plain: str


@dataclass(frozen=True, slots=True)
class Person:
    """A party as the records of a case have it together."""

    name: str
    role: PartyRole
    kind: PartyKind
    identity: str | None
    phone: str | None

    @property
    def values(self) -> dict[str, Any]:
        """Its values by member of `Party`."""
        names = ("name", "role", "kind", "identity", "phone")
        return {name: getattr(self, name) for name in names}


def said(number: str, row: CaseRow, *, void: bool) -> Said:
    """What the record of this number (system and number) says; void ones speak last."""
    return Said((void, row.happened_on, number), row, void, tuple(_mention(side, role) for role, side in _sides(row)))


def case_values(told: Sequence[Said], place: Callable[[str], tuple[str, str]]) -> dict[str, Any]:
    """The values of a case by member of `Case`, as its records have them together.

    `place` leads from a region's code to the ids of the region and of the organisation in charge there. The first
    record decides; what it leaves open the next one says. A region that was only assumed gives way to one that was
    read.
    """
    ordered = sorted(told, key=lambda each: each.order)
    rows = [each.row for each in ordered]
    first = rows[0]
    region, organisation = place(min(rows, key=lambda row: _FLAGS.index(row.region_flag)).region)
    return {
        "title": clean(first.title)[:_LONGEST_TITLE],
        "narrative": _cut(_first(row.text for row in rows)),
        "domain": domain_of(first.dispute_type),
        "dispute_type": first.dispute_type,
        "channel": first.channel,
        "start": start_of(first.channel),
        "cause": _first(row.cause for row in rows),
        "amount": _first(row.amount for row in rows),
        "region": region,
        "organisation": organisation,
        "void": True if all(each.void for each in told) else None,
    }


def domain_of(dispute_type: str) -> Domain:
    """The domain of a dispute type."""
    return _DOMAINS.get(dispute_type, Domain.CIVIL)


def start_of(channel: str) -> CaseStart:
    """How a matter that came in by this channel started."""
    if channel == _OWN_MOTION:
        return CaseStart.OWN_MOTION
    return CaseStart.TRANSFERRED if channel in _TRANSFERRED else CaseStart.ON_APPLICATION


def settled(today: dt.date, now: dt.datetime) -> dict[str, Any]:
    """The values that a case gets once, when it is registered."""
    return {
        "handling": Handling.SPLIT,
        "severity": _GENERAL,
        "online": False,
        "leaked": False,
        "registered_at": now,
        "registered_on": today,
    }


def people(told: Sequence[Said]) -> dict[str, Person]:
    """The parties of a case by their mark: each person once, also when several records name it.

    Identified parties are the same by identity. One without an identity is the one of its name that has one, where
    there is exactly one; equal names with other identities stay two.
    """
    mentioned = [mention for each in sorted(told, key=lambda each: each.order) for mention in each.mentions]
    named: dict[str, set[str]] = {}
    for mention in mentioned:
        if mention.person.identity:
            named.setdefault(mention.plain, set()).add(mention.mark)
    found: dict[str, Person] = {}
    for mention in mentioned:
        same = named.get(mention.plain, set())
        mark = next(iter(same)) if not mention.person.identity and len(same) == 1 else mention.mark
        known = found.get(mark)
        found[mark] = mention.person if known is None else _together(known, mention.person)
    return found


def packed(content: Any) -> str:
    """A reading as it is kept."""
    try:
        return clean(orjson.dumps(content, default=_plain).decode())
    except TypeError:
        return orjson.dumps(_cleaned(asdict(content)), default=_plain).decode()


def unpacked(text: str) -> CaseRow:
    """The reading of a case again."""
    read = orjson.loads(text)
    referral = read.pop("referral")
    return CaseRow(
        **{
            **read,
            "applicants": tuple(Side(**side) for side in read["applicants"]),
            "respondents": tuple(Side(**side) for side in read["respondents"]),
            "happened_on": dt.date.fromisoformat(read["happened_on"]),
            "region_flag": RegionFlag(read["region_flag"]),
            "referral": None if referral is None else _referral(referral),
        }
    )


def clean(text: str) -> str:
    """The text without what no base can hold: NUL and halves of characters."""
    return text if wording.storable(text) else _FORBIDDEN.sub("\ufffd", text)


_FLAGS = (RegionFlag.COLUMN, RegionFlag.FILE, RegionFlag.BODY, RegionFlag.DEFAULT)


def _sides(row: CaseRow) -> Iterator[tuple[PartyRole, Side]]:
    yield from ((PartyRole.APPLICANT, side) for side in row.applicants)
    yield from ((PartyRole.RESPONDENT, side) for side in row.respondents)


def _mention(side: Side, role: PartyRole) -> Mention:
    person = _person(side, role)
    plain = wording.plain("name", person.name)
    return Mention(person, f"i{person.identity}" if person.identity else f"n{plain}", plain)


def _person(side: Side, role: PartyRole) -> Person:
    kind = PartyKind.ORGANISATION if _is_body(side) else PartyKind.NATURAL_PERSON
    phone = clean(side.phone) if side.phone else None
    return Person(clean(side.name), role, kind, clean(side.identity) if side.identity else None, phone)


def _is_body(side: Side) -> bool:
    if side.identity_kind in ("resident", "credit"):
        return side.identity_kind == "credit"
    return len(side.name) > 4 and side.name.endswith(_BODIES)


_BODIES = (
    "公司",
    "医院",
    "银行",
    "合作社",
    "委员会",
    "中心",
    "商行",
    "厂",
    "店",
    "集团",
    "学校",
    "支行",
    "分局",
    "政府",
    "局",
)
"""How names end that are bodies' rather than people's, where no identifier says so [D]."""


def _together(known: Person, other: Person) -> Person:
    if known.identity and known.phone:
        return known
    kind = known.kind if known.identity or not other.identity else other.kind
    return Person(known.name, known.role, kind, known.identity or other.identity, known.phone or other.phone)


def _first(values: Iterable[Any]) -> Any:
    found = next((value for value in values if value is not None), None)
    return clean(found) if isinstance(found, str) else found


def _cut(text: str | None) -> str | None:
    return None if text is None else text[:LONGEST_STORY]


def _referral(read: dict[str, Any]) -> ReferralRow:
    days = {name: read[name] and dt.date.fromisoformat(read[name]) for name in ("issued_on", "due_on")}
    return ReferralRow(**{**read, **days, "type": ReferralType(read["type"])})


def _cleaned(value: Any) -> Any:
    """Half characters can come out of escapes in JSON: no base and no JSON takes them."""
    if isinstance(value, str) and not isinstance(value, enum.Enum):
        return clean(value)
    if isinstance(value, Mapping):
        return {name: _cleaned(each) for name, each in value.items()}
    return [_cleaned(each) for each in value] if isinstance(value, (list, tuple)) else value


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, enum.Enum):
        return value.name
    raise TypeError
