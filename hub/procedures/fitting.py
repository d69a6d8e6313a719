"""Fitting: days that are named and numbers that are counted must be such as they can be."""

import datetime as dt

from hub.errors import UnfitDate, UnfitValue
from hub.procedures.deeds import Deed

LONGEST = dt.timedelta(366)
"""What is promised or given for longer is never looked at again."""

MOST_COUNTED = 1_000_000


def must_come(deed: Deed, day: dt.date) -> None:
    """UnfitDate (HUB-714) for a day that has passed, or one that is more than a year away."""
    if day < deed.today:
        raise UnfitDate(reason_zh="日期须不早于今日", reason_en="the date has passed")
    if day > deed.today + LONGEST:
        raise UnfitDate(reason_zh="日期不得晚于一年之后", reason_en="the date is more than a year away")


def must_count(number: int | None) -> None:
    """UnfitValue (HUB-717) for a number of people or households that is none."""
    if number is not None and not 0 <= number <= MOST_COUNTED:
        raise UnfitValue(reason_zh=f"数量须为 0 至 {MOST_COUNTED}", reason_en=f"a number is 0 to {MOST_COUNTED}")
