"""Draws the registers of one small municipality: regions, codes, organisations, courts, mediators."""

import datetime as dt
import enum
import random
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

from hub.schema.codes import Code
from hub.schema.courts import Court, CourtLevel, Invitation
from hub.schema.declare import Entity
from hub.schema.mediators import Employment, Mediator, MediatorState
from hub.schema.organisations import Organisation, OrganisationLevel
from hub.schema.regions import Region, RegionLevel

from . import words
from .rows import ORDER, WRITTEN_AT, Data

E = TypeVar("E", bound=enum.Enum)
T = TypeVar("T")

CODES = {
    "dispute_type": ("04", "05", "0401", "劳动"), "channel": ("WALK_IN", "HOTLINE", "COURT"), "severity": ("1", "2", "3"),
    "outcome": ("AGREED", "FAILED"), "mode": ("MEDIATION", "ARBITRATION", "RECONSIDERATION"),
    "organisation_kind": ("CENTRE", "COMMITTEE", "AGENCY"), "mediator_background": ("LAWYER", "RETIRED"),
    "not_accepted_reason": ("SCOPE", "COURT"), "suspension_ground": ("APPRAISAL",), "unsuitable_ground": ("STATUS",),
    "termination_reason": ("AGREED", "NO_AGREEMENT"), "refusal_reason": ("SCOPE",), "return_reason": ("MATERIALS",),
    "delay_reason": ("PARTY", "OTHER"),
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
MONEY = (0, 1, -7, 7, 99, 100, -100, 8_500_000, 8_500_000, -123_456_789, 10**15, -(10**15))


class Registers:
    """The rows drawn so far, and how values are drawn."""

    def __init__(self, rng: random.Random, *, dangling: bool) -> None:
        self.rng = rng
        self.dangling = dangling
        self.data = Data({entity.__name__: {} for entity in ORDER})

    def add(self, entity: type[Entity], id_: str | None = None, **values: Any) -> str:
        """Keep a row; its id is drawn unless it is natural."""
        id_ = id_ or f"{entity.declared.prefix}_{self.rng.getrandbits(128):032x}"
        marks = {"version": 1, "created_at": WRITTEN_AT, "updated_at": WRITTEN_AT}
        self.data[entity.__name__][id_] = {"id": id_, **values, **marks}
        return id_

    @contextmanager
    def apart(self, seed: str) -> Iterator[None]:
        """What is drawn meanwhile leaves what is drawn afterwards as it was."""
        kept, self.rng = self.rng, random.Random(seed)  # noqa: S311 - repeatable, not secret
        yield
        self.rng = kept

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
        for name in CODES:
            if name != "delay_reason":
                self._list(name)

    def _list(self, name: str) -> None:
        for code in CODES[name]:
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
