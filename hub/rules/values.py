"""What agencies' cells mean: blanks, dates, money, identifiers, telephones, parties. A cell is text as received.

Nothing here looks at a clock. What a cell cannot mean is raised as Unfit with the reason that its row is
quarantined for; what is absent is None.
"""

import datetime as dt
import re
import unicodedata
from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Literal

from hub.rules import identifiers, wording
from hub.schema.quarantines import QuarantineReason as Reason
from hub.schema.scalars import LARGEST_FEN, show_instant

__all__ = ["IdentityKind", "Reason", "Unfit"]

IdentityKind = Literal["resident", "credit", "other"]

SHANGHAI = dt.timezone(dt.timedelta(hours=8))
DASHES = "-/\u2013\u2014\u2015\u2212\u2500"
FORMULA_SIGNS = "=+-@"
EARLIEST_YEAR = 1900
LONGEST_MARK = 200
"""What is longer is no number, and no index could hold it."""

_BEGINS_A_BLANK = frozenset(f"{DASHES}无\uff0d\uff0f\ufe63\ufe58\ufe32\ufe31\u2011")
"""What a cell that says nothing can begin with, before its width is folded."""

_CONTROLS = re.compile(rf"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff{wording.BIDI}{wording.UNSEEN}]")
_FORMULA_TEXT = re.compile(r'="(.*)"', re.DOTALL)
_FLOATED = re.compile(r"\d(?:\.\d+)?E\+\d+|\d\.\d+E\d+", re.ASCII | re.IGNORECASE)
_WHOLE_FLOAT = re.compile(r"(\d+)\.0+", re.ASCII)
_TIME = r"(?:[T ]*(\d{1,2}) ?[:时点](?: ?(\d{1,2})(?: ?[:分] ?(\d{1,2})(?:\.\d+)?)?)?[分秒]?)?"
_SPELLED = re.compile(
    rf"(\d{{4}}) ?[-/.年] ?(\d{{1,2}}) ?[-/.月] ?(\d{{1,2}}) ?[日号]?{_TIME} ?(Z|[+-]\d\d:?\d\d)?", re.ASCII
)
_COMPACT = re.compile(r"(\d{4})(\d\d)(\d\d)(?:[T ]*(\d\d):?(\d\d)(?::?(\d\d))?(?:\.\d+)?)?", re.ASCII)
_SERIAL = re.compile(r"\d{5}(?:\.\d+)?", re.ASCII)
_MONTH_AND_DAY = re.compile(r"(\d{1,2}) ?[./月-] ?(\d{1,2}) ?[日号]?", re.ASCII)
_FIRST_SERIAL, _LAST_SERIAL = 20000, 73050
_SERIAL_BEGIN = dt.datetime(1899, 12, 30)  # noqa: DTZ001 - serials count local days, as every date of a cell does
_YEAR = re.compile(r"(?<!\d)((?:19|20)\d\d)(?!\d)", re.ASCII)
_AMOUNT = re.compile(
    r"(?:人民币|RMB|CNY)?[¥￥]? ?(\d[\d,]*(?:\.\d*)?(?:E\+?\d{1,2})?|\.\d+) ?(亿|万)?(元|圆)?整?", re.ASCII
)
_GROUPED = re.compile(r"\d{1,3}(?:,\d{3})+|\d{1,4}(?:,\d{4})+|\d+", re.ASCII)
_UNITS = {None: 1, "万": 10_000, "亿": 100_000_000}
_MOBILE = re.compile(r"(?:(?:00)?86)?(1[3-9]\d{9})", re.ASCII)
_LANDLINE = re.compile(r"(?:(?:00)?86)?(0\d{9,11}|[2-8]\d{6,7}|[48]00\d{7})", re.ASCII)


class Unfit(Exception):
    """A cell that cannot mean what it should; it ends in quarantine, never in an answer."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason.name)
        self.reason = reason


def folded(cell: str) -> str:
    """Width folded, spaces and line breaks as single spaces, none at the ends."""
    return " ".join((cell if cell.isascii() else unicodedata.normalize("NFKC", cell)).split())


def heading(cell: str) -> str:
    """What headings are compared in: width, case, spaces and line breaks aside."""
    return folded_heading(cell).casefold()


def folded_heading(cell: str) -> str:
    """A heading without what differs from one export to the next: width, spaces and line breaks."""
    return "".join(unicodedata.normalize("NFKC", cell).split())


def is_blank(cell: str | None) -> bool:
    """Whether the cell says nothing: empty, `无`, `/`, a dash."""
    begin = "" if cell is None else cell.lstrip()[:1]
    return not begin or (begin in _BEGINS_A_BLANK and folded(cell or "").strip(DASHES) in {"", "无"})


def text(cell: str | None) -> str | None:
    """A cell as text to keep: no control characters, and nothing that a spreadsheet would run."""
    if cell is None or is_blank(cell):
        return None
    kept = cell if cell.isprintable() else _CONTROLS.sub("", cell)
    return neutral(kept.strip()) or None


def neutral(shown: str) -> str:
    """The text with a `'` before it where a spreadsheet would take it for a formula (`= + - @`, of any width)."""
    begin = unicodedata.normalize("NFKC", shown.lstrip()[:1])
    return f"'{shown}" if begin and begin in FORMULA_SIGNS else shown


def moment(cell: str | None, *, years: Sequence[int] = (), until: dt.date | None = None) -> dt.datetime | None:
    """The local time that a cell names, midnight where it names a day; `6.1` takes the latest of `years` that does
    not pass `until`. Unfit for what is no date.
    """
    if cell is None or is_blank(cell):
        return None
    said = folded(cell).removeprefix("'")
    try:
        found = _spelled(said) or _serial(said) or _short(said, years, until)
    except (ValueError, OverflowError):
        found = None
    if found is None or found.year < EARLIEST_YEAR:
        raise Unfit(Reason.IMPOSSIBLE_DATE)
    return found


def day(cell: str | None, *, today: dt.date, years: Sequence[int] = (), until: dt.date | None = None) -> dt.date | None:
    """The day that a cell names and that has come by `today`; Unfit for an impossible one and for one to come."""
    found = moment(cell, years=years, until=until or today)
    if found is not None and found.date() > today:
        raise Unfit(Reason.FUTURE_DATE)
    return None if found is None else found.date()


def instant(cell: str | None, *, today: dt.date) -> str | None:
    """The stored text of an update time in Shanghai; a day of skew between clocks is forgiven, more is the future."""
    found = moment(cell)
    if found is not None and found.date() > today + dt.timedelta(1):
        raise Unfit(Reason.FUTURE_DATE)
    return None if found is None else show_instant(found.replace(tzinfo=SHANGHAI))


def title_years(titles: Sequence[str]) -> tuple[int, ...]:
    """The years that the titles above a table name."""
    return tuple(dict.fromkeys(int(year) for title in titles for year in _YEAR.findall(folded(title))))


def money(cell: str | None, unit: str | None = None) -> int | None:
    """Fen. `万元` and `元` in the cell win over the column's unit; what is no number is Unfit."""
    if cell is None or is_blank(cell):
        return None
    found = _AMOUNT.fullmatch(folded(cell).removeprefix("'").upper())
    whole = found[1].partition("E")[0].partition(".")[0] if found else ""
    if not found or (whole and not _GROUPED.fullmatch(whole)):
        raise Unfit(Reason.BAD_AMOUNT)
    scale = _UNITS[found[2] or (None if found[3] else (unit or "").rstrip("元") or None)]
    try:
        fen = (Decimal(found[1].replace(",", "")) * scale * 100).quantize(Decimal(1), ROUND_HALF_UP)
    except InvalidOperation:
        raise Unfit(Reason.BAD_AMOUNT) from None
    if fen > LARGEST_FEN:
        raise Unfit(Reason.BAD_AMOUNT)
    return int(fen)


def mark(cell: str | None) -> str | None:
    """An agency's own number in one spelling: width, spaces, `="..."`, leading apostrophes, `7.0` aside."""
    if cell is None or is_blank(cell):
        return None
    said = _unwrapped(cell)
    if _FLOATED.fullmatch(said):
        raise Unfit(Reason.LOST_IDENTIFIER)
    if len(said) > LONGEST_MARK:
        raise Unfit(Reason.MISSING_VALUE)
    return _WHOLE_FLOAT.sub(r"\1", said) if _WHOLE_FLOAT.fullmatch(said) else said or None


def identity(cell: str | None, expected: str = "any") -> tuple[str, IdentityKind] | None:
    """A checked identifier in its plain spelling, and what it is. `expected`: resident, credit, other or any.

    A resident id is checked as one, a credit code as one: what fails its own check is Unfit, whatever else it
    might pass. Documents of other kinds (passports, permits) pass as they are.
    """
    said = mark(cell)
    if said is None:
        return None
    plain = re.sub(r"[\s\-\u2010-\u2015]", "", said).upper()
    kind = _claimed(plain) if expected == "any" else expected
    if kind == "other":
        return plain, "other"
    if kind == "resident" and len(plain) == 15:
        plain = identifiers.upgraded(plain) or ""
    if kind == "resident" and identifiers.is_resident(plain):
        return plain, "resident"
    if kind == "credit" and identifiers.is_credit(plain):
        return plain, "credit"
    raise Unfit(Reason.BAD_CHECK_DIGIT)


def phone(cell: str | None) -> str | None:
    """A telephone's digits without the country's code; the first of several; None where there is none."""
    if cell is None or is_blank(cell):
        return None
    said = mark_or_none(cell) or ""
    for part in re.split(r"[、,;/或]", said):
        digits = re.sub(r"\D", "", part)
        found = _MOBILE.fullmatch(digits) or _LANDLINE.fullmatch(digits)
        if found:
            return found[1]
    return None


def mark_or_none(cell: str) -> str | None:
    """As `mark`, None where the number is lost."""
    try:
        return mark(cell)
    except Unfit:
        return None


def _unwrapped(cell: str) -> str:
    said = folded(cell if cell.isprintable() else _CONTROLS.sub("", cell))
    formula = _FORMULA_TEXT.fullmatch(said) if said.startswith("=") else None
    said = formula[1] if formula else said
    return "".join(said.lstrip("'`\u2018\u2019").split())


def _claimed(plain: str) -> str:
    """What an identifier without a word about it claims to be."""
    if len(plain) == 15 and plain.isdigit():
        return "resident"
    if len(plain) == 18:
        return "credit" if identifiers.looks_like_credit(plain) else "resident"
    short = 5 <= len(plain) <= 12 and plain.isascii() and plain.isalnum()
    foreign = not plain.isascii() and any(sign.isdigit() for sign in plain)
    return "other" if (short and not (plain.isdigit() and len(plain) > 10)) or foreign else "resident"


def _spelled(said: str) -> dt.datetime | None:
    found = _SPELLED.fullmatch(said)
    zone = found[7] if found else None
    found = found or _COMPACT.fullmatch(said)
    if not found:
        return None
    local = dt.datetime(*(int(part or 0) for part in found.groups()[:6]))  # type: ignore[arg-type]  # noqa: DTZ001
    return local if zone is None else _local(local, zone)


def _local(time: dt.datetime, zone: str) -> dt.datetime:
    offset = dt.timedelta() if zone == "Z" else dt.timedelta(hours=int(zone[:3]), minutes=int(zone[0] + zone[-2:]))
    return time.replace(tzinfo=dt.timezone(offset)).astimezone(SHANGHAI).replace(tzinfo=None)


def _serial(said: str) -> dt.datetime | None:
    """Days since the end of 1899, as spreadsheets count; the fraction to the nearest second."""
    if not _SERIAL.fullmatch(said) or not _FIRST_SERIAL <= float(said) < _LAST_SERIAL:
        return None
    return _SERIAL_BEGIN + dt.timedelta(seconds=round(float(said) * 86400))


def _short(said: str, years: Sequence[int], until: dt.date | None) -> dt.datetime | None:
    found = _MONTH_AND_DAY.fullmatch(said)
    if not found or not years:
        return None
    days = [
        dt.datetime(year, int(found[1]), int(found[2]))  # noqa: DTZ001
        for year in sorted(years, reverse=True)
        if not (found[1].lstrip("0") == "2" and found[2] == "29" and year % 4)
    ]
    return next((one for one in days if until is None or one.date() <= until), days[-1] if days else None)
