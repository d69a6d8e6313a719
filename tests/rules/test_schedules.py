"""Schedules: words a clerk can change, times of Asia/Shanghai, working days where they are said."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.errors import BadConfiguration
from hub.rules.schedules import schedule, weekdays
from hub.rules.values import SHANGHAI

HOLIDAYS = {dt.date(2026, 2, 16) + dt.timedelta(n) for n in range(8)}
MADE_UP = {dt.date(2026, 2, 14), dt.date(2026, 2, 28)}
TEXTS = (
    "every 5 minutes",
    "every 6 hours",
    "daily 00:05",
    "working days 09:00",
    "friday 17:30",
    "monthly 1 08:00",
    "monthly last 18:00",
    "quarterly 1 08:00",
    "yearly 01-01 00:10",
    "monthly 16 08:00 or next working day",
)


def working(day: dt.date) -> bool:
    return day in MADE_UP or (weekdays(day) and day not in HOLIDAYS)


def at(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


@pytest.mark.parametrize(
    ("text", "moment", "following"),
    [
        ("every 10 minutes", "2026-02-13 09:59:59", "2026-02-13 10:00"),
        ("every 10 minutes", "2026-02-13 10:00", "2026-02-13 10:10"),
        ("every 6 hours", "2026-02-13 23:00", "2026-02-14 00:00"),
        ("daily 00:05", "2026-02-13 00:05", "2026-02-14 00:05"),
        ("friday 17:30", "2026-02-13 17:30", "2026-02-20 17:30"),
        ("monthly 1 08:00", "2026-12-01 08:00", "2027-01-01 08:00"),
        ("monthly last 18:00", "2026-02-13 00:00", "2026-02-28 18:00"),
        ("quarterly 1 08:00", "2026-02-13 00:00", "2026-04-01 08:00"),
        ("yearly 01-01 00:10", "2026-01-01 00:10", "2027-01-01 00:10"),
    ],
)
def test_a_schedule_says_when_it_comes_next(text: str, moment: str, following: str) -> None:
    assert schedule(text).after(at(moment), working) == at(following)


def test_working_days_are_those_of_the_calendar_with_its_made_up_saturdays() -> None:
    """DOMAIN 3: Saturday 2026-02-14 is a working day, the Spring Festival's days are none."""
    daily = schedule("working days 09:00")

    assert daily.after(at("2026-02-13 09:00"), working) == at("2026-02-14 09:00")
    assert daily.after(at("2026-02-14 09:00"), working) == at("2026-02-24 09:00")


def test_a_date_on_a_holiday_moves_to_the_next_working_day_where_the_schedule_says_so() -> None:
    moved = schedule("monthly 16 08:00 or next working day")

    assert moved.after(at("2026-02-01 00:00"), working) == at("2026-02-24 08:00")
    assert moved.after(at("2026-02-24 08:00"), working) == at("2026-03-16 08:00")
    assert schedule("monthly 16 08:00").after(at("2026-02-01 00:00"), working) == at("2026-02-16 08:00")


@pytest.mark.parametrize("text", TEXTS)
@given(minutes=st.integers(0, 3 * 365 * 1440))
def test_the_next_time_of_the_last_one_is_yet_to_come(text: str, minutes: int) -> None:
    moment = at("2024-01-01 00:00") + dt.timedelta(minutes=minutes)
    told = schedule(text)
    latest, following = told.latest(moment, working), told.after(moment, working)

    assert latest <= moment < following
    assert told.after(latest, working) == following
    assert told.latest(following, working) == following


@pytest.mark.parametrize(
    "text",
    [
        *("", "daily", "daily 24:00", "every 7 minutes", "every 0 hours", "monthly 29 08:00", "monthly 08:00"),
        *("daily 1 08:00", "yearly 02-29 08:00", "yearly 13-01 08:00", "quarterly 01-01 08:00", "0 9 * * mon-fri"),
    ],
)
def test_what_does_not_come_every_time_is_no_schedule(text: str) -> None:
    with pytest.raises(BadConfiguration):
        schedule(text)
