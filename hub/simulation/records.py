"""What each agency's system knows of a matter (DOMAIN 8): one record where it came from, now and then a second one."""

import datetime as dt
import hashlib
from collections.abc import Iterator
from typing import Any

import orjson

from hub.schema.sources import SourceRecord
from hub.simulation import days
from hub.simulation.bodies import Body
from hub.simulation.chance import Chance
from hub.simulation.days import HORIZON, SHANGHAI
from hub.simulation.handovers import source_of
from hub.simulation.matter import Matter
from hub.simulation.register import Register
from hub.simulation.strands import WHOLE, Series, Strand
from hub.store.ledger import Insert

_NUMBERED = {
    "hotline-12345": "工单",
    "market": "投诉",
    "police-order": "警情",
    "petition": "信访",
    "hotline-12348": "咨询",
    "court-referral": "委派",
    "town-ledger": "排查",
    "labour": "仲裁",
    "health": "医纠",
    "ecology": "环举",
    "natural-res": "土争",
    "finance": "金纠",
    "chamber": "商会",
    "civil-affairs": "家辅",
    "justice-mediation": "人调",
}
"""How each system begins its numbers."""


class Records:
    """Makes the source records of matters and numbers them by system."""

    def __init__(self, chance: Chance, register: Register, *, strand: Strand = WHOLE) -> None:
        self.chance = chance
        self.register = register
        self.numbers = Series(strand)

    def of(self, matter: Matter) -> Iterator[Insert]:
        """Records of a matter: nobody's when it came in directly, two when the same quarrel was brought twice."""
        system, body = self._origin(matter)
        if system is not None and body is not None:
            yield self._record(matter, system, body, matter.registered)
        if self.chance.happens(0.11) and system != "hotline-12345":
            at = min(matter.registered + dt.timedelta(hours=self.chance.randint(1, 96)), HORIZON)
            yield self._record(matter, "hotline-12345", self.register.agencies["hotline-12345"], at)

    def _origin(self, matter: Matter) -> tuple[str | None, Body | None]:
        if matter.court is not None:
            return "court-referral", self.register.courts[matter.court.id]
        if matter.channel == "11":
            return "town-ledger", matter.centre
        system = source_of(matter)
        if system is None:
            return ("justice-mediation", self.register.agencies["hotline-12348"]) if matter.online else (None, None)
        return system, self.register.agencies[system]

    def _record(self, matter: Matter, system: str, body: Body, at: dt.datetime) -> Insert:
        received = at + dt.timedelta(seconds=self.chance.randint(20, 400))
        content = orjson.dumps(self._content(matter, at)).decode()
        values: dict[str, Any] = {
            "id": self.chance.id("src", received),
            "case": matter.id,
            "organisation": body.id,
            "system": system,
            "source_number": f"{_NUMBERED[system]}{days.YEAR}{self.numbers.next(system):06d}",
            "batch": f"{system}-{received.astimezone(SHANGHAI):%Y%m%d}",
            "source_updated_at": at,
            "received_at": received,
            "content": content,
            "content_hash": hashlib.blake2b(content.encode(), digest_size=16, key=b"simulation").hexdigest(),
        }
        return Insert(SourceRecord, values, event=None)

    def _content(self, matter: Matter, at: dt.datetime) -> dict[str, str]:
        """The row as the agency keeps it."""
        told = {"登记时间": f"{at.astimezone(SHANGHAI):%Y-%m-%d %H:%M}", "诉求人": matter.parties[0].name}
        if len(matter.parties) > 1:
            told["被反映人"] = matter.parties[1].name
        return told | {"属地": matter.place.name, "分类": matter.cause, "内容": matter.narrative}
