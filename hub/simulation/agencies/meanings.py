"""The truth: what a row of an agency's file means, and what must become of it."""

import datetime as dt
import enum
from collections.abc import Mapping
from dataclasses import dataclass, field


class Fate(enum.Enum):
    """What becomes of a row: exactly one of these."""

    APPLIED = "applied"
    CORRECTED = "corrected"
    UNCHANGED = "unchanged"
    SUPERSEDED = "superseded"
    MERGED = "merged"
    QUARANTINED = "quarantined"


class Reason(enum.Enum):
    """Why a row must be quarantined."""

    MISSING_VALUE = "missing mandatory value"
    IMPOSSIBLE_DATE = "impossible date"
    FUTURE_DATE = "date in the future"
    UNKNOWN_REGION = "unknown region"
    BAD_CHECK_DIGIT = "bad check digit"
    LOST_IDENTIFIER = "identifier lost to a float"
    BAD_AMOUNT = "amount not a number"


@dataclass(frozen=True, slots=True)
class Side:
    """A party as the row names it; `identity` in full and upper case, `kind` resident, credit or other."""

    name: str
    identity: str | None = None
    kind: str | None = None
    phone: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Dispute:
    """A row that makes or updates a case. `amount` in fen; `region` a code, `region_flag` where it was found
    (column, file, body, default); `referral` is what a court's row opens (DELEGATE, ENTRUST).
    """

    applicants: tuple[Side, ...]
    respondents: tuple[Side, ...]
    dispute_type: str
    raw_type: str | None
    happened_on: dt.date
    amount: int | None
    region: str
    region_flag: str
    cause: str | None = None
    agreement: str | None = None
    text: str | None = None
    referral: str | None = None
    court_number: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Attached:
    """A row that hangs on a case by the number of an agreement or a delegation; dates and values by their headings."""

    kind: str
    reference: str | None
    dates: Mapping[str, dt.date | None]
    values: Mapping[str, str | None]
    amount: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Registered:
    """A row of the register of mediators; codes and states as the hub names them."""

    organisation: str
    organisation_kind: str
    region: str
    mediator: str
    identity: str
    employment: str
    expertise: str | None
    head: str | None
    term_from: dt.date
    term_to: dt.date | None
    state: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A row of a file: its place (from 1), its key, the version it is, and what it means or why it means nothing.

    `updated` is the instant text of its update time, None where the record has none: the file's date serves.
    `raw` holds the cells by heading, as written. `dispute` numbers the quarrel behind it (None in the register).
    """

    place: int
    key: str | None
    updated: str | None
    void: bool
    raw: Mapping[str, str]
    meaning: Dispute | Attached | Registered | None
    reason: Reason | None = None
    dispute: int | None = field(default=None)
