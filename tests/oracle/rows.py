"""Small random municipalities: rows of plain values as they are handed to the ledger."""

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from hub.schema.agreements import Agreement, Appraisal, Confirmation, Notarisation
from hub.schema.batches import Batch
from hub.schema.cases import Case, CaseMode, Party
from hub.schema.choices import Consent, ModeChoice, Suitability
from hub.schema.codes import Code
from hub.schema.consumers import Acknowledgement, Consumer, Delivery
from hub.schema.courts import Court, Invitation
from hub.schema.deadlines import Deadline
from hub.schema.declare import Entity
from hub.schema.events import Event
from hub.schema.investigations import Campaign, Finding, RiskWarning
from hub.schema.jobs import Job, JobRun
from hub.schema.links import Candidate, Merge
from hub.schema.materials import Material, MediatorChange
from hub.schema.mediators import Mediator
from hub.schema.meetings import Attendance, FigurePage, Meeting, Snapshot, SnapshotFigure
from hub.schema.notices import FailureNotice, SupplementNotice
from hub.schema.openings import Opening
from hub.schema.organisations import Organisation
from hub.schema.outlets import Letter, Outlet, Parcel
from hub.schema.quarantines import QuarantinedRow
from hub.schema.referrals import Referral, ReferralMember
from hub.schema.regions import Region
from hub.schema.reports import Recipient, Report
from hub.schema.sources import SourceRecord
from hub.schema.supervision import BulletinEntry, SupervisionAlert, SupervisionBulletin
from hub.schema.tasks import Task

Row = dict[str, Any]

WRITTEN_AT = dt.datetime(2025, 6, 1, 4, 30, 15, 120, tzinfo=dt.UTC)
"""When every row was written: the `now` of the deeds that load the data."""

WRITTEN_BY = "intake"
BY_LEDGER = ("version", "created_at", "updated_at")
"""What the ledger sets by itself; the rows hold what it must have set."""

ORDER: tuple[type[Entity], ...] = (
    Region, Organisation, Court, Mediator, Code, Invitation, Case, CaseMode, Party, Referral, ReferralMember,
    Deadline, ModeChoice, Consent, Suitability, SupplementNotice, FailureNotice, Material, MediatorChange,
    Agreement, Confirmation, Notarisation, Appraisal, SourceRecord, Batch, QuarantinedRow, Job, JobRun,
    SupervisionAlert, SupervisionBulletin, BulletinEntry, Candidate, Merge, Event,
    Opening, Consumer, Delivery, Acknowledgement, Outlet, Letter, Parcel, Campaign, Meeting, Task, Finding, RiskWarning, Attendance, Snapshot,
    SnapshotFigure, FigurePage, Report, Recipient,
)  # fmt: skip
"""Nouns in link order; within a noun the rows are in link order too."""


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


def written(data: Data) -> Iterator[tuple[type[Entity], Row]]:
    """What the ledger is handed: the noun and its values by member name, `id` included, in link order."""
    for entity in ORDER:
        for row in data[entity.__name__].values():
            yield entity, {name: value for name, value in row.items() if name not in BY_LEDGER}
