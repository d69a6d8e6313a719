"""What a deed hands to the ledger, and what it gets back."""

import enum
import os
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Final

from hub.schema.declare import Entity
from hub.schema.events import EventType, Fact
from hub.schema.model import Noun

MOST = 500
"""Changes in one deed: bulk work must not stall the log."""


class Usual(enum.Enum):
    """The event that the noun's change usually is."""

    EVENT = "usual"


USUAL: Final = Usual.EVENT

_USUAL_EVENTS: Mapping[str, tuple[EventType, EventType]] = {
    "Case": (EventType.CASE_REGISTERED, EventType.CASE_CHANGED),
    "Party": (EventType.PARTY_ADDED, EventType.PARTY_CHANGED),
    "CaseMode": (EventType.MODE_STARTED, EventType.MODE_CHANGED),
    "Referral": (EventType.REFERRAL_ISSUED, EventType.REFERRAL_CHANGED),
    "ReferralMember": (EventType.REFERRAL_CHANGED, EventType.REFERRAL_CHANGED),
    "SourceRecord": (EventType.SOURCE_RECORDED, EventType.SOURCE_RECORDED),
    "Agreement": (EventType.ATTACHMENT_RECORDED, EventType.ATTACHMENT_RECORDED),
    "Confirmation": (EventType.ATTACHMENT_RECORDED, EventType.ATTACHMENT_RECORDED),
    "Notarisation": (EventType.ATTACHMENT_RECORDED, EventType.ATTACHMENT_RECORDED),
    "Appraisal": (EventType.ATTACHMENT_RECORDED, EventType.ATTACHMENT_RECORDED),
    "Merge": (EventType.CASES_MERGED, EventType.CASES_PARTED),
    "Candidate": (EventType.CANDIDATE_CHANGED, EventType.CANDIDATE_CHANGED),
    "Deadline": (EventType.DEADLINE_STARTED, EventType.DEADLINE_CHANGED),
    "ModeChoice": (EventType.CHOICE_RECORDED, EventType.CHOICE_RECORDED),
    "Consent": (EventType.CONSENT_RECORDED, EventType.CONSENT_RECORDED),
    "Suitability": (EventType.SUITABILITY_JUDGED, EventType.SUITABILITY_JUDGED),
    "SupplementNotice": (EventType.NOTICE_GIVEN, EventType.NOTICE_GIVEN),
    "FailureNotice": (EventType.NOTICE_GIVEN, EventType.NOTICE_GIVEN),
    "Material": (EventType.MATERIALS_CHANGED, EventType.MATERIALS_CHANGED),
    "MediatorChange": (EventType.MEDIATOR_CHANGED, EventType.MEDIATOR_CHANGED),
    "Campaign": (EventType.CAMPAIGN_CHANGED, EventType.CAMPAIGN_CHANGED),
    "Task": (EventType.TASK_CHANGED, EventType.TASK_CHANGED),
    "Finding": (EventType.FINDING_REPORTED, EventType.FINDING_CHANGED),
    "RiskWarning": (EventType.RISK_WARNED, EventType.RISK_WARNED),
    "Meeting": (EventType.MEETING_CHANGED, EventType.MEETING_CHANGED),
    "Report": (EventType.REPORT_CHANGED, EventType.REPORT_CHANGED),
    "Recipient": (EventType.REPORT_CHANGED, EventType.REPORT_CHANGED),
    "Batch": (EventType.BATCH_RECEIVED, EventType.BATCH_RECEIVED),
    "QuarantinedRow": (EventType.ROW_QUARANTINED, EventType.ROW_QUARANTINED),
    "Region": (EventType.REGISTER_CHANGED, EventType.REGISTER_CHANGED),
    "Organisation": (EventType.REGISTER_CHANGED, EventType.REGISTER_CHANGED),
    "Court": (EventType.REGISTER_CHANGED, EventType.REGISTER_CHANGED),
    "Invitation": (EventType.REGISTER_CHANGED, EventType.REGISTER_CHANGED),
    "Mediator": (EventType.REGISTER_CHANGED, EventType.REGISTER_CHANGED),
    "SupervisionAlert": (EventType.ALERT_RAISED, EventType.ALERT_ANSWERED),
    "SupervisionBulletin": (EventType.BULLETIN_ISSUED, EventType.BULLETIN_ISSUED),
    "Job": (EventType.JOB_CHANGED, EventType.JOB_CHANGED),
    "JobRun": (EventType.JOB_CHANGED, EventType.JOB_CHANGED),
    "Code": (EventType.CONFIGURATION_APPLIED, EventType.CONFIGURATION_APPLIED),
    "Policy": (EventType.CONFIGURATION_APPLIED, EventType.CONFIGURATION_APPLIED),
}
"""What a new row and a changed row are to the log; nouns that are not here (events, openings) are their own record."""


UNHEARD = frozenset({"Consumer", "Delivery", "Acknowledgement"})
"""Nouns whose changes without an event of their own no live query hears of.

They tell what was read of the log: if that were told in the log, it would tell of itself for ever.
"""

STATED = frozenset({"to", "state"})
"""The names of facts that say which state the event's subject took."""


@dataclass(frozen=True, slots=True)
class Insert:
    """A new row, by member name: links as ids, enums as members, money in fen, sealed values in plain text.

    `id` may be given; `version`, times, levels, masks, hashes and search words are the ledger's own business.
    """

    noun: type[Entity]
    values: Mapping[str, Any]
    event: EventType | Usual | None = field(default=USUAL, kw_only=True)
    facts: Sequence[Fact] = field(default=(), kw_only=True)


@dataclass(frozen=True, slots=True)
class Update:
    """New values for some members of a row that is still at `expected_version`."""

    noun: type[Entity]
    id: str
    expected_version: int
    values: Mapping[str, Any]
    event: EventType | Usual | None = field(default=USUAL, kw_only=True)
    facts: Sequence[Fact] = field(default=(), kw_only=True)


Change = Insert | Update


@dataclass(frozen=True, slots=True)
class Written:
    """What became of a change: the row, its version now, and the id of its event."""

    noun: str
    id: str
    version: int
    event: str | None


@dataclass(slots=True)
class Row:
    """A change on its way into the base: `values` by member, `columns` by column, `before` as stored until now."""

    change: Change
    noun: Noun
    id: str
    values: Mapping[str, Any]
    columns: dict[str, Any]
    before: Mapping[Any, Any] | None = None
    cases: tuple[str | None, str | None] = (None, None)
    """The case it belonged to, and the one it belongs to now; the same for a new row."""
    is_new: bool = field(init=False)
    event: EventType | None = field(init=False)
    """What the change is to the log."""

    def __post_init__(self) -> None:
        self.is_new = isinstance(self.change, Insert)
        self.event = event_of(self.change)

    @property
    def version(self) -> int:
        """The version the row has when the deed is done."""
        return 1 if isinstance(self.change, Insert) else self.change.expected_version + 1

    def now(self, member: str, column: str | None = None) -> Any:
        """A member's value after the deed; `column` where it is stored under another name."""
        if member in self.values or self.before is None:
            return self.values.get(member)
        return self.before[column or member]


def event_of(change: Change) -> EventType | None:
    """The event that the change is to the log."""
    if not isinstance(change.event, Usual):
        return change.event
    usual = _USUAL_EVENTS.get(change.noun.declared.name)
    return usual[isinstance(change, Update)] if usual else None


def batches(changes: Iterable[Change], *, most: int = MOST) -> Iterator[list[Change]]:
    """The changes in deeds of at most `most`. A case and its parties are written fastest in one deed."""
    remaining = iter(changes)
    while batch := list(islice(remaining, most)):
        yield batch


def uuid7() -> str:
    """A UUID of version 7 (RFC 9562) as 32 hex digits: ids ordered by the millisecond they were made in."""
    milliseconds = time.time_ns() // 1_000_000
    noise = int.from_bytes(os.urandom(10), "big")
    high, low = noise >> 68 & 0xFFF, noise & 0x3FFF_FFFF_FFFF_FFFF
    return f"{milliseconds << 80 | 7 << 76 | high << 64 | 2 << 62 | low:032x}"
