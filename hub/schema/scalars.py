"""The scalar kinds a field can have, and how each looks on the wire."""

import datetime as dt
import enum
import re
from decimal import Decimal, InvalidOperation
from typing import NewType

from hub.errors import BadAmount, BadDate, BadInstant, BadText

Money = NewType("Money", int)
"""An amount in fen (integer); on the wire a decimal string in yuan with two places."""

LARGEST_FEN = 10**15
"""Ten thousand billion yuan: anything larger is a slip of the pen, and sums still fit 64 bits."""


class Kind(enum.Enum):
    """How a stored value is typed, rendered and compared."""

    TEXT = "String"
    INT = "Int"
    BOOL = "Boolean"
    MONEY = "Money"
    INSTANT = "Instant"
    DATE = "Date"
    ENUM = "Enum"
    ID = "ID"
    RECORDS = "Records"


_MONEY = re.compile(r"-?\d{1,14}(\.\d{1,2})?", re.ASCII)
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,6})?)?(Z|[+-]\d\d:\d\d)", re.ASCII)
_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)


def parse_money(value: object) -> Money:
    """Fen from a decimal string in yuan (`"85000.00"`), or from an integer of yuan; BadAmount otherwise."""
    text = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
    if not isinstance(text, str) or not _MONEY.fullmatch(text):
        raise BadAmount
    try:
        fen = int(Decimal(text) * 100)
    except InvalidOperation:  # pragma: no cover - the pattern admits decimals only
        raise BadAmount from None
    if abs(fen) > LARGEST_FEN:
        raise BadAmount
    return Money(fen)


def show_money(fen: int) -> str:
    """`-7` -> `"-0.07"`: yuan with two places."""
    sign, yuan, rest = ("-" if fen < 0 else ""), abs(fen) // 100, abs(fen) % 100
    return f"{sign}{yuan}.{rest:02d}"


def parse_instant(value: object) -> str:
    """The stored text of an instant (UTC, six places, `Z`); BadInstant without a zone or out of range."""
    if not isinstance(value, str) or not _INSTANT.fullmatch(value):
        raise BadInstant
    try:
        return show_instant(dt.datetime.fromisoformat(value))
    except (ValueError, OverflowError):
        raise BadInstant from None


def show_instant(moment: dt.datetime) -> str:
    """The very text that is stored and shown: `YYYY-MM-DDTHH:MM:SS.ffffffZ`. The moment must know its zone."""
    if moment.tzinfo is None:
        raise BadText
    utc = moment.astimezone(dt.UTC)
    return f"{utc.year:04d}-{utc:%m-%dT%H:%M:%S.%f}Z"


def parse_date(value: object) -> dt.date:
    """A calendar date (Asia/Shanghai) from `YYYY-MM-DD`; BadDate otherwise."""
    if not isinstance(value, str) or not _DATE.fullmatch(value):
        raise BadDate
    try:
        return dt.date.fromisoformat(value)
    except ValueError:
        raise BadDate from None
