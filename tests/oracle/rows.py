"""Small random municipalities: rows of plain values as they are handed to the ledger."""

import datetime as dt
import enum
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, TypeVar

from hub.schema.cases import Case, CaseMode, CaseStart, CaseState, Domain, Handling, Party, PartyKind, PartyRole
from hub.schema.codes import Code
from hub.schema.courts import Court, CourtLevel, Invitation
from hub.schema.declare import Entity
from hub.schema.events import Event, EventType, Fact
from hub.schema.mediators import Employment, Mediator, MediatorState
from hub.schema.openings import Opening, OpeningPurpose
from hub.schema.organisations import Organisation, OrganisationLevel
from hub.schema.referrals import Referral, ReferralMember, ReferralState, ReferralType
from hub.schema.regions import Region, RegionLevel
from hub.schema.sources import SourceRecord

from . import words

Row = dict[str, Any]
E = TypeVar("E", bound=enum.Enum)
T = TypeVar("T")

WRITTEN_AT = dt.datetime(2025, 6, 1, 4, 30, 15, 120, tzinfo=dt.UTC)
"""When every row was written: the `now` of the deeds that load the data."""

WRITTEN_BY = "intake"
BY_LEDGER = ("version", "created_at", "updated_at")
"""What the ledger sets by itself; the rows hold what it must have set."""

ORDER: tuple[type[Entity], ...] = (
    Region, Organisation, Court, Mediator, Code, Invitation, Case, CaseMode, Party, Referral, ReferralMember,
    SourceRecord, Event, Opening,
)  # fmt: skip
"""Nouns in link order; within a noun the rows are in link order too."""

CODES = {
    "dispute_type": ("04", "05", "0401", "劳动"), "channel": ("WALK_IN", "HOTLINE", "COURT"), "severity": ("1", "2", "3"),
    "outcome": ("AGREED", "FAILED"), "mode": ("MEDIATION", "ARBITRATION", "RECONSIDERATION"),
    "organisation_kind": ("CENTRE", "COMMITTEE", "AGENCY"), "mediator_background": ("LAWYER", "RETIRED"),
    "termination_reason": ("AGREED", "NO_AGREEMENT"), "refusal_reason": ("SCOPE",), "return_reason": ("MATERIALS",),
}  # fmt: skip
DANGLING = "gone.99"
"""A code that rows use and no list holds."""

ONLY = ("sender", "receiver", "lead", "member", "source")
"""Organisations that touch cases in one way only, so that each path of the scope stands alone."""

_DAYS: tuple[dt.date, ...] = (
    dt.date(987, 6, 5),
    dt.date(1949, 10, 1),
    dt.date(2024, 2, 29),
    dt.date(2025, 1, 31),
    dt.date(2025, 2, 1),
)
_DAYS += (dt.date(2025, 2, 1), dt.date(2025, 12, 31), dt.date(9999, 12, 31))
_MONEY = (0, 1, -7, 7, 99, 100, -100, 8_500_000, 8_500_000, -123_456_789, 10**15, -(10**15))


@dataclass(frozen=True, eq=False)
class Data:
    """One municipality: noun name -> id -> row. `cast` names organisations by the one way they touch cases."""

    rows: dict[str, dict[str, Row]]
    cast: dict[str, str] = field(default_factory=dict)

    def __getitem__(self, noun: str) -> dict[str, Row]:
        return self.rows[noun]

    def linked(self, noun: str, by: str, target: str) -> Sequence[Row]:
        """Rows of `noun` whose link `by` is the row `target`."""
        return self._links.get((noun, by), {}).get(target, ())

    @cached_property
    def _links(self) -> dict[tuple[str, str], dict[str, list[Row]]]:
        found: dict[tuple[str, str], dict[str, list[Row]]] = {}
        for noun, rows in self.rows.items():
            for row in rows.values():
                for name, value in row.items():
                    if isinstance(value, str) and name != "id":
                        found.setdefault((noun, name), {}).setdefault(value, []).append(row)
        return found


def generate(seed: int, *, cases: int | None = None, dangling: bool = True) -> Data:
    """A municipality of 0 to 60 cases; the same seed gives the same rows. `dangling` allows codes without a row."""
    return _Municipality(random.Random(seed), dangling=dangling).fill(cases)  # noqa: S311 - repeatable, not secret


def written(data: Data) -> Iterator[tuple[type[Entity], Row]]:
    """What the ledger is handed: the noun and its values by member name, `id` included, in link order."""
    for entity in ORDER:
        for row in data[entity.__name__].values():
            yield entity, {name: value for name, value in row.items() if name not in BY_LEDGER}


class _Municipality:
    def __init__(self, rng: random.Random, *, dangling: bool) -> None:
        self.rng = rng
        self.dangling = dangling
        self.data = Data({entity.__name__: {} for entity in ORDER})

    def fill(self, cases: int | None) -> Data:
        self._regions()
        self._codes()
        self._register()
        count = self.rng.choice((0, 1, 3, 8, 15, 25, 40, 60)) if cases is None else cases
        for number in range(count):
            self._case(number)
        for number, case in enumerate(self._all("Case")):
            self._around(number, case)
        for _ in range(min(count, 3)):
            self._event(None)
            self._opening(None)
        return self.data

    def add(self, entity: type[Entity], id_: str | None = None, **values: Any) -> str:
        """Keep a row; its id is drawn unless it is natural."""
        id_ = id_ or f"{entity.declared.prefix}_{self.rng.getrandbits(128):032x}"
        marks = {"version": 1, "created_at": WRITTEN_AT, "updated_at": WRITTEN_AT}
        self.data[entity.__name__][id_] = {"id": id_, **values, **marks}
        return id_

    def _regions(self) -> None:
        self._region("370400", RegionLevel.CITY, None, city="370400")
        for district in ("370402", "370403", "370481"):
            self._region(district, RegionLevel.DISTRICT, "370400", city="370400", district=district)
        self._region("370491", RegionLevel.ZONE, "370403", city="370400", district="370403", zone="370491")
        for town in ("370402001", "370402002", "370402101", "370403001", "370403101", "370481001"):
            zone = "370491" if town == "370403001" else None
            places = {"city": "370400", "district": town[:6], "town": town}
            self._region(town, RegionLevel.TOWN, town[:6], **places, zone=zone)
        village = {"city": "370400", "district": "370403", "town": "370403001", "zone": "370491"}
        self._region("370403001007", RegionLevel.VILLAGE, "370403001", **village)

    def _region(self, code: str, level: RegionLevel, parent: str | None, *, zone: str | None = None, **places: str) -> None:
        in_zone = zone is not None and level is not RegionLevel.ZONE
        self.add(
            Region,
            f"region_{code}",
            code=code,
            name=self.rng.choice(words.PLACES),
            level=level,
            statistical_only=self.rng.random() < 0.2,
            parent=f"region_{parent}" if parent else None,
            management_zone=f"region_{zone}" if in_zone else None,
            valid_from=self._day(0.5),
            valid_to=None,
            city=places.get("city"),
            district=places.get("district"),
            town=places.get("town"),
            zone=zone,
        )

    def _codes(self) -> None:
        for name, codes in CODES.items():
            for code in codes:
                self.add(
                    Code,
                    f"code_{name}_{code}",
                    list=name,
                    code=code,
                    zh=words.text(self.rng),
                    en=words.text(self.rng),
                    used_by_rule=self._coin(),
                    valid_from=self._day(0.5),
                    valid_to=self._day(0.8),
                )

    def _register(self) -> None:
        for number in range(10):
            self._organisation(number)
        ids = list(self.data["Organisation"])
        self.data.cast.update(zip(("charge", "charge2", "charge3", "idle", "host", *ONLY), ids, strict=True))
        for code, region in (("鲁04", "370400"), ("鲁0402", "370402"), ("鲁0481", "370481")):
            self._court(code, region)
        for _ in range(self.rng.randint(2, 7)):
            self._mediator()
        for _ in range(self.rng.randint(0, 6)):
            self.add(
                Invitation,
                court=self._one("Court"),
                organisation=self._one("Organisation"),
                valid_from=self._day(),
                valid_to=self._day(0.5),
            )

    def _organisation(self, number: int) -> None:
        self.add(
            Organisation,
            name=self.rng.choice(words.BODIES) if self._coin() else words.text(self.rng),
            credit_code=None if number % 3 == 0 else f"9137040{number}MA3TETT09{number}" if number % 2 else f'x"{number}',
            kind=self._code("organisation_kind"),
            level=self._enum(OrganisationLevel),
            profession=self._code("dispute_type", 0.5),
            region=self._one("Region"),
            host_agency=self._one("Organisation", 0.4),
            hosted_in=words.optional(self.rng),
            address=words.optional(self.rng),
            phone=words.optional(self.rng),
            hours=words.optional(self.rng),
            services=words.optional(self.rng),
            opened_on=self._day(0.3),
            active=self._coin(),
            head=self._some(words.NAMES),
        )

    def _court(self, code: str, region: str) -> None:
        self.add(
            Court,
            f"court_{code}",
            code=code,
            name=self.rng.choice(words.PLACES) + "人民法院",
            level=self._enum(CourtLevel),
            region=f"region_{region}",
            organisation=self._one("Organisation", 0.5),
        )

    def _mediator(self) -> None:
        self.add(
            Mediator,
            name=self.rng.choice(words.NAMES),
            state=self._enum(MediatorState),
            employment=self._enum(Employment),
            background=self._code("mediator_background"),
            organisation=self._one("Organisation"),
            region=self._one("Region"),
            expertise=self._code("dispute_type", 0.4),
            languages=words.optional(self.rng),
            term_from=self._day(),
            term_to=self._day(0.4),
            identity=self._identity(),
            phone=self._phone(),
        )

    def _case(self, number: int) -> None:
        rng = self.rng
        self.add(
            Case,
            number=f"ZZF-370402001-2025-{number:06d}" + (words.text(rng)[:40] if rng.random() < 0.1 else ""),
            title=words.telling(rng, list(words.NAMES)),
            narrative=None if rng.random() < 0.3 else words.telling(rng, list(words.NAMES)),
            state=self._enum(CaseState),
            handling=self._enum(Handling),
            start=self._enum(CaseStart),
            domain=self._enum(Domain),
            dispute_type=self._code("dispute_type"),
            channel=self._code("channel"),
            severity=self._code("severity"),
            outcome=self._code("outcome", 0.5),
            cause=words.optional(rng),
            amount=self._some(_MONEY),
            region=self._one("Region"),
            organisation=self.data.cast[rng.choice(("charge", "charge", "charge2", "charge3"))],
            mediator=self._one("Mediator", 0.4),
            online=self._coin(),
            registered_at=self._moment(),
            registered_on=self._day(),
            accepted_on=self._day(0.3),
            due_on=self._day(0.3),
            concluded_on=self._day(0.6),
            resolved_level=None if self._coin() else self._enum(OrganisationLevel),
            leaked=self._coin(),
        )

    def _around(self, number: int, case: str) -> None:
        for _ in range(self.rng.choice((0, 0, 1, 1, 2, 3))):
            self._party(case)
        for _ in range(self.rng.choice((0, 1, 1, 2))):
            self._mode(case)
        for order in range(self.rng.choice((0, 0, 1, 1, 2))):
            self._referral(f"{number}-{order}", case)
        for order in range(self.rng.choice((0, 0, 1, 2))):
            self._source(f"{number}-{order}", case)
        for _ in range(self.rng.choice((0, 1, 3))):
            self._event(case)
        if self.rng.random() < 0.2:
            self._opening(case)

    def _party(self, case: str) -> None:
        self.add(
            Party,
            case=case,
            role=self._enum(PartyRole),
            kind=self._enum(PartyKind),
            name=self.rng.choice(words.NAMES),
            identity=self._identity(),
            phone=self._phone(),
            address=words.optional(self.rng),
            shielded=self._coin(),
        )

    def _mode(self, case: str) -> None:
        self.add(
            CaseMode,
            case=case,
            mode=self._code("mode"),
            organisation=self._one("Organisation", 0.4),
            started_on=self._day(),
            ended_on=self._day(0.5),
            outcome=self._code("outcome", 0.5),
        )

    def _referral(self, number: str, case: str) -> None:
        cast, rng = self.data.cast, self.rng
        referral = self.add(
            Referral,
            number=f"ZZR-2025-{number}" + ("'\"\\😀" if rng.random() < 0.1 else ""),
            type=self._enum(ReferralType),
            state=self._enum(ReferralState),
            case=case,
            court=self._one("Court", 0.4),
            court_number=None if self._coin() else rng.choice(("(2025)鲁0402诉前调1号", words.text(rng))),
            sender=cast[rng.choice(("sender", "charge", "charge2"))],
            receiver=None if self._coin() else cast[rng.choice(("receiver", "charge", "charge3"))],
            lead=None if self._coin() else cast[rng.choice(("lead", "charge2"))],
            mediator=self._one("Mediator", 0.6),
            issued_at=self._moment(),
            issued_on=self._day(),
            accepted_on=self._day(0.5),
            due_on=self._day(0.3),
            completed_on=self._day(0.6),
            termination_reason=self._code("termination_reason", 0.5),
            refusal_reason=self._code("refusal_reason", 0.7),
            return_reason=self._code("return_reason", 0.7),
            undisputed_facts=self._coin(),
            note=None if self._coin() else words.telling(rng, list(words.NAMES)),
        )
        for who in rng.sample(("member", "charge", "charge3"), rng.choice((0, 0, 1, 2))):
            self.add(ReferralMember, referral=referral, organisation=cast[who], joined_on=self._day())

    def _source(self, number: str, case: str) -> None:
        self.add(
            SourceRecord,
            case=case if self.rng.random() < 0.9 else None,
            organisation=self.data.cast[self.rng.choice(("source", "source", "charge2"))],
            system=self.rng.choice(("12345", "12315", words.text(self.rng))),
            source_number=f"{number}{self.rng.choice(('', words.text(self.rng)[:20]))}",
            batch=words.text(self.rng),
            source_updated_at=self._moment(),
            received_at=self._moment(),
            content=words.optional(self.rng),
            content_hash=f"{self.rng.getrandbits(64):016x}",
        )

    def _event(self, case: str | None) -> None:
        kinds = ("Case", "Party", "CaseMode", "Referral", "SourceRecord")
        kind = self.rng.choice((*kinds, None))
        facts = [
            Fact(words.text(self.rng), words.optional(self.rng), self._one("Case", 0.5))
            for _ in range(self.rng.choice((0, 0, 1, 3)))
        ]
        self.add(
            Event,
            type=self._enum(EventType),
            case=case,
            subject=self._one(kind) if kind else None,
            actor=words.text(self.rng),
            organisation=self._one("Organisation", 0.4),
            occurred_at=self._moment(),
            facts=facts,
            routing_before=None,
            routing_after=None,
        )

    def _opening(self, case: str | None) -> None:
        self.add(
            Opening,
            case=case,
            subject=self._one("Case") or "",
            field=self.rng.choice(("identity", "phone", "narrative")),
            viewer=self.rng.choice(("admin", "agency", words.text(self.rng))),
            principal="p1",
            purpose=None if self._coin() else self._enum(OpeningPurpose),
            reason=words.optional(self.rng),
            opened_at=self._moment(),
        )

    def _all(self, noun: str) -> list[str]:
        return list(self.data[noun])

    def _one(self, noun: str, missing: float = 0.0) -> str | None:
        ids = self._all(noun)
        return None if not ids or self.rng.random() < missing else self.rng.choice(ids)

    def _some(self, values: Sequence[T]) -> T | None:
        return None if self.rng.random() < 0.25 else self.rng.choice(values)

    def _enum(self, values: type[E]) -> E:
        return self.rng.choice(list(values)[:6])

    def _code(self, name: str, missing: float = 0.0) -> str | None:
        if self.rng.random() < missing:
            return None
        return DANGLING if self.dangling and self.rng.random() < 0.05 else self.rng.choice(CODES[name])

    def _coin(self) -> bool:
        return self.rng.random() < 0.5

    def _day(self, missing: float = 0.0) -> dt.date | None:
        return None if self.rng.random() < missing else self.rng.choice(_DAYS)

    def _moment(self) -> dt.datetime:
        day = self.rng.choice(_DAYS[1:])
        clock = self.rng.choice((dt.time(0), dt.time(23, 59, 59, 999_999), dt.time(8, 30, 0, 1000)))
        return dt.datetime.combine(day, clock, tzinfo=dt.UTC)

    def _identity(self) -> str | None:
        return self._some(("370402199001010016", "11010519491231002X", "11010519491231002x", "91370481MA3TETT094"))

    def _phone(self) -> str | None:
        return self._some(("13812341234", "138 1234 1234", "0632-3312345", "+86-13812341234", "1"))
