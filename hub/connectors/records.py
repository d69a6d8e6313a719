"""Records: what a connector makes of an agency's row, before anybody applies it."""

import datetime as dt
import enum
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

from hub.schema.mediators import Employment, MediatorState
from hub.schema.quarantines import QuarantineReason as Reason
from hub.schema.referrals import ReferralType

__all__ = [
    "AttachmentKind",
    "AttachmentRow",
    "Bad",
    "CaseRow",
    "Content",
    "Delivery",
    "IdentityKind",
    "Reason",
    "ReferralRow",
    "RegionFlag",
    "RegisterRow",
    "Row",
    "Side",
]

IdentityKind: TypeAlias = Literal["resident", "credit", "other"]
AttachmentKind: TypeAlias = Literal["confirmation", "notarisation", "appraisal"]


class RegionFlag(enum.StrEnum):
    """Where a case's region was read."""

    COLUMN = "column"
    FILE = "file"
    BODY = "body"
    DEFAULT = "default"


@dataclass(frozen=True, slots=True)
class Side:
    """A party as its agency knows it; the identity is checked and in its plain spelling, the telephone digits only."""

    name: str
    identity: str | None = None
    identity_kind: IdentityKind | None = None
    phone: str | None = None


@dataclass(frozen=True, slots=True)
class ReferralRow:
    """A referral that a row opens. `court` is a court's code where its name is known, `receiver` a body's name."""

    type: ReferralType
    issued_on: dt.date
    court: str | None = None
    court_number: str | None = None
    receiver: str | None = None
    due_on: dt.date | None = None


@dataclass(frozen=True, slots=True)
class CaseRow:
    """A row that makes or updates a case. The amount is in fen; `agreement` is the number of a mediation agreement."""

    applicants: tuple[Side, ...]
    respondents: tuple[Side, ...]
    dispute_type: str
    raw_type: str | None
    cause: str | None
    happened_on: dt.date
    amount: int | None
    region: str
    region_flag: RegionFlag
    agreement: str | None
    text: str | None
    title: str
    channel: str
    referral: ReferralRow | None


@dataclass(frozen=True, slots=True)
class AttachmentRow:
    """A row that hangs on a case: `reference` is the number of an agreement (confirmation, notarisation) or of a
    court's delegation (appraisal). The names in `dates` and `values` are those of the agreement's tables of the
    same names (config/agreements).
    """

    kind: AttachmentKind
    reference: str | None
    dates: Mapping[str, dt.date | None]
    values: Mapping[str, str | None]
    amount: int | None


@dataclass(frozen=True, slots=True)
class RegisterRow:
    """A mediator and the body it belongs to, for the registers. `expertise` is a dispute type."""

    organisation: str
    organisation_kind: str
    region: str
    mediator: str
    identity: str
    employment: Employment
    expertise: str | None
    head: str | None
    term_from: dt.date
    term_to: dt.date | None
    state: MediatorState


Content: TypeAlias = CaseRow | AttachmentRow | RegisterRow


@dataclass(frozen=True, slots=True)
class Row:
    """A row that can be applied. `place` is its number in the file as its sender counts, `updated` the stored text of
    an instant, `raw` every cell as received by its heading (sealed before it is kept), `personal` the parts of its
    key that are personal data (hashed before they are kept).
    """

    place: int
    key: str
    updated: str | None
    void: bool
    raw: Mapping[str, str]
    content: Content
    personal: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Bad:
    """A row for quarantine, with its key where that much can be read, and the parts of it that are personal data."""

    place: int
    key: str | None
    reason: Reason
    raw: Mapping[str, str]
    personal: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Delivery:
    """A file as a whole. `place` is the code of a town or court in its name, `on` the date there, `declared` the rows
    that its flag says it has, `rows` those that it has; `sha256` is in lower-case hex.
    """

    record: str
    name: str
    place: str | None
    on: dt.date | None
    declared: int | None
    rows: int
    sha256: str
