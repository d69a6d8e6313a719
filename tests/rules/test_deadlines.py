"""Counting limits: the date vectors of DOMAIN 3 exactly, pauses, extensions, and what beyond the calendar is provisional."""

import datetime as dt
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.errors import BadConfiguration
from hub.procedures.seeds import read_seeds
from hub.rules.calendars import Calendar, Year
from hub.rules.deadlines import Limit, check_limits, extend, is_overdue, limit_on, pause, resume, start, within
from hub.schema.deadlines import DayUnit, LimitRule

SEEDS = read_seeds(Path(__file__).parents[2] / "config")
CALENDAR = Calendar(
    {int(year): Year(frozenset(seed.holidays), frozenset(seed.make_up_days)) for year, seed in SEEDS.calendar.items()}
)
WORKING, PLAIN = DayUnit.WORKING, DayUnit.CALENDAR
day = dt.date.fromisoformat
LIMIT = Limit(
    rule=LimitRule.RETURN,
    days=3,
    unit=WORKING,
    basis="依据 · Basis",
    starts="起算 · Start",
    stops="终止 · Stop",
    valid_from=day("2022-01-01"),
    valid_to=day("2022-12-31"),
)


@pytest.mark.parametrize(
    ("started", "days", "unit", "due"),
    [
        ("2021-06-11", 3, WORKING, "2021-06-17"),
        ("2021-06-11", 5, WORKING, "2021-06-21"),
        ("2021-09-01", 30, PLAIN, "2021-10-08"),
        ("2025-01-24", 3, WORKING, "2025-02-05"),
        ("2025-09-26", 3, WORKING, "2025-09-30"),
        ("2026-02-13", 3, WORKING, "2026-02-25"),
        ("2025-09-01", 30, PLAIN, "2025-10-09"),
        ("2025-09-08", 19, PLAIN, "2025-09-28"),
        ("2025-06-06", 1, PLAIN, "2025-06-09"),
        ("2025-10-01", 0, PLAIN, "2025-10-01"),
    ],
)
def test_the_date_vectors(started: str, days: int, unit: DayUnit, due: str) -> None:
    """民事诉讼法第85条、民法典第201、203条 · Civil Procedure Law art. 85, Civil Code arts. 201, 203 (DOMAIN 3).

    The first six are DOMAIN's own. Then: eight days off in October 2025; a make-up Sunday is no day off; a Saturday is;
    "immediately" waits for no working day.
    """
    count = start(days, unit, day(started), CALENDAR)

    assert count.due_on == day(due)
    assert not count.provisional


@pytest.mark.parametrize(
    ("started", "days", "unit", "due", "provisional"),
    [
        ("2026-12-30", 1, WORKING, "2026-12-31", False),
        ("2026-12-30", 2, WORKING, "2027-01-01", True),
        ("2026-12-01", 30, PLAIN, "2026-12-31", False),
        ("2026-12-03", 30, PLAIN, "2027-01-04", True),
        ("2027-09-01", 30, PLAIN, "2027-10-01", True),
        ("2019-12-30", 1, WORKING, "2019-12-31", True),
    ],
)
def test_beyond_the_calendar_weekends_are_all_that_is_known_and_the_date_is_provisional(
    started: str, days: int, unit: DayUnit, due: str, provisional: bool
) -> None:
    count = start(days, unit, day(started), CALENDAR)

    assert (count.due_on, count.provisional) == (day(due), provisional)


def test_a_gap_between_the_years_of_the_calendar_is_refused() -> None:
    years = {number: year for number, year in CALENDAR.years.items() if number != 2023}

    with pytest.raises(BadConfiguration, match="calendar: 2023 is missing between 2020 and 2026"):
        Calendar(years)


@pytest.mark.parametrize(
    ("year", "reason"),
    [
        (Year(frozenset({day("2024-10-01")}), frozenset()), "2024-10-01 is a day of another year"),
        (Year(frozenset({day("2025-10-11")}), frozenset({day("2025-10-11")})), "2025-10-11 is said to be off and worked"),
        (Year(frozenset(), frozenset({day("2025-10-10")})), "2025-10-10 is no weekend day"),
    ],
)
def test_a_year_that_contradicts_itself_is_refused(year: Year, reason: str) -> None:
    with pytest.raises(BadConfiguration, match=f"calendar 2025: {reason}"):
        Calendar({2025: year})


@pytest.mark.parametrize(
    ("year", "working"), [(2020, 249), (2021, 250), (2022, 249), (2023, 249), (2024, 251), (2025, 248), (2026, 248)]
)
def test_the_years_have_as_many_working_days_as_published(year: int, working: int) -> None:
    assert CALENDAR.working_between(dt.date(year - 1, 12, 31), dt.date(year, 12, 31)) == working


def test_an_appraisal_over_the_national_day_is_not_counted() -> None:
    """法释〔2021〕23号第26条：鉴定期间不计入 · Online Mediation Rules art. 26: an appraisal is not counted."""
    count = start(30, PLAIN, day("2025-09-10"), CALENDAR)
    assert count.due_on == day("2025-10-10")

    paused = pause(count, day("2025-09-25"), CALENDAR)
    resumed = resume(paused, day("2025-10-20"), CALENDAR)

    assert (paused.elapsed, paused.paused_since) == (15, day("2025-09-25"))
    assert (resumed.due_on, resumed.paused_since) == (day("2025-11-04"), None)


def test_working_days_pause_and_resume_too() -> None:
    count = start(5, WORKING, day("2025-09-26"), CALENDAR)
    assert count.due_on == day("2025-10-10")

    resumed = resume(pause(count, day("2025-09-29"), CALENDAR), day("2025-10-09"), CALENDAR)

    assert resumed.elapsed == 2
    assert resumed.due_on == day("2025-10-13")


def test_what_was_used_up_when_it_stopped_is_due_on_the_working_day_it_goes_on() -> None:
    """民事诉讼法第85条 · Three working days end on Wednesday, stopped that day, and going on again on a Sunday."""
    count = start(3, WORKING, day("2025-06-06"), CALENDAR)

    again = resume(pause(count, day("2025-06-11"), CALENDAR), day("2025-06-15"), CALENDAR)

    assert (count.due_on, again.due_on) == (day("2025-06-11"), day("2025-06-16"))


def test_minutes_run_around_the_clock_and_over_midnight() -> None:
    at = dt.datetime(2025, 6, 7, 15, 45, tzinfo=dt.UTC)

    count = within(30, at)

    assert (count.due_at, count.started_on, count.due_on) == (
        at + dt.timedelta(minutes=30),
        day("2025-06-07"),
        day("2025-06-08"),
    )


def test_an_extension_counts_on_and_rolls_from_where_the_days_end() -> None:
    """法释〔2021〕23号第24条 · Online Mediation Rules art. 24: longer if all agree."""
    count = start(30, PLAIN, day("2021-09-01"), CALENDAR)

    assert extend(count, 10, CALENDAR).due_on == day("2021-10-11")


def test_an_extension_while_the_clock_stands_still_shows_when_it_goes_on() -> None:
    paused = pause(start(15, PLAIN, day("2025-03-03"), CALENDAR), day("2025-03-10"), CALENDAR)

    longer = extend(paused, 5, CALENDAR)

    assert longer.due_on == paused.due_on
    assert resume(longer, day("2025-03-20"), CALENDAR).due_on == day("2025-04-02")


def test_a_limit_is_overdue_when_its_last_day_has_passed() -> None:
    assert not is_overdue(day("2025-03-03"), day("2025-03-03"))
    assert is_overdue(day("2025-03-03"), day("2025-03-04"))


_DAYS = st.dates(dt.date(2020, 1, 1), dt.date(2026, 6, 1))


@given(_DAYS, st.integers(0, 60), st.sampled_from((PLAIN, WORKING)), st.integers(0, 40), st.integers(0, 40))
def test_a_pause_never_brings_a_due_day_forward_and_days_are_never_lost(
    on: dt.date, days: int, unit: DayUnit, before: int, long: int
) -> None:
    count = start(days, unit, on, CALENDAR)
    stop = min(on + dt.timedelta(before), count.due_on)
    again = stop + dt.timedelta(long)

    resumed = resume(pause(count, stop, CALENDAR), again, CALENDAR)

    assert resumed.due_on >= min(count.due_on, again)
    assert CALENDAR.works(resumed.due_on) or days == 0
    assert resume(pause(count, stop, CALENDAR), stop, CALENDAR).due_on == count.due_on


@given(_DAYS, st.integers(1, 60), st.sampled_from((PLAIN, WORKING)))
def test_a_due_day_is_a_working_day_that_so_many_days_have_led_to(on: dt.date, days: int, unit: DayUnit) -> None:
    due = start(days, unit, on, CALENDAR).due_on

    assert CALENDAR.works(due)
    if unit is WORKING:
        assert CALENDAR.working_between(on, due) == days
    else:
        assert CALENDAR.working_between(on + dt.timedelta(days - 1), due) == 1


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"days": -1}, "limit RETURN from 2022-01-01: days are negative"),
        ({"basis": ""}, "limit RETURN from 2022-01-01: basis is to be said as"),
        ({"basis": "只有中文"}, "basis is to be said as"),
        ({"valid_to": day("2021-01-01")}, "it ends before it begins"),
        ({"confirmed_by": "x"}, "who confirmed it and when belong together"),
    ],
)
def test_a_limit_that_cannot_hold_is_refused_by_its_row(changed: dict[str, object], reason: str) -> None:
    with pytest.raises(BadConfiguration, match=reason):
        check_limits([replace(LIMIT, **changed)])  # type: ignore[arg-type]


def test_two_limits_of_one_rule_never_hold_on_one_day() -> None:
    later = replace(LIMIT, valid_from=day("2022-12-31"), valid_to=None)
    with pytest.raises(BadConfiguration, match="limit RETURN from 2022-12-31: an earlier row of the rule is still valid"):
        check_limits([later, LIMIT])

    check_limits([replace(later, valid_from=day("2023-01-01")), LIMIT, replace(later, rule=LimitRule.SUPPLEMENT)])


def test_the_limit_in_force_is_that_of_the_day() -> None:
    limits = [LIMIT, replace(LIMIT, valid_from=day("2023-01-01"), valid_to=None, days=5)]

    found = [limit_on(limits, LimitRule.RETURN, day(on)) for on in ("2021-12-31", "2022-12-31", "2023-01-01")]

    assert [limit and limit.days for limit in found] == [None, 3, 5]


def test_what_nobody_confirmed_shows_as_a_local_default() -> None:
    assert LIMIT.is_default
    assert replace(LIMIT, local_default=True, confirmed_by="x", confirmed_on=day("2025-01-01")).is_default
    assert not replace(LIMIT, confirmed_by="x", confirmed_on=day("2025-01-01")).is_default
