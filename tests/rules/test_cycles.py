"""Cycles divide the days: none is in two periods, none in none, and in a key period none is longer than its unit."""

import datetime as dt
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.errors import BadConfiguration
from hub.rules.calendars import Calendar
from hub.rules.cycles import Cycle, KeyPeriod, block, check_cycles, due_periods
from hub.rules.duties import Duty, check_duties, due_meetings, period_name
from hub.schema.investigations import CampaignFocus, CycleUnit
from hub.schema.organisations import OrganisationLevel

BASIS = "试验 · A test"
START, END = dt.date(2025, 1, 1), dt.date(2025, 12, 31)
VILLAGE = Cycle(
    key="village",
    zh="村",
    en="v",
    level=OrganisationLevel.VILLAGE,
    every=CycleUnit.HALF_MONTH,
    basis=BASIS,
    valid_from=START,
)
FESTIVAL = KeyPeriod(
    key="festival",
    zh="节",
    en="f",
    first=dt.date(2025, 1, 14),
    last=dt.date(2025, 2, 12),
    every=CycleUnit.WEEK,
    levels=(OrganisationLevel.VILLAGE,),
    basis=BASIS,
)
LENGTHS = {CycleUnit.DAY: 1, CycleUnit.WEEK: 7, CycleUnit.TEN_DAYS: 11, CycleUnit.HALF_MONTH: 16, CycleUnit.MONTH: 31}
DAYS = st.dates(START, END)


def test_a_village_has_twenty_four_half_months_a_year() -> None:
    """DOMAIN 5 · 2,200 villages by 24 cycles."""
    firsts = {block(CycleUnit.HALF_MONTH, START + dt.timedelta(n))[0] for n in range(365)}

    assert len(firsts) == 24


@given(st.sampled_from(CycleUnit), DAYS)
def test_a_block_holds_its_day_and_the_next_begins_the_day_after(unit: CycleUnit, day: dt.date) -> None:
    first, last = block(unit, day)

    assert first <= day <= last
    assert block(unit, last + dt.timedelta(1))[0] == last + dt.timedelta(1)
    assert block(unit, first) == block(unit, last)


@given(
    every=st.sampled_from([CycleUnit.TEN_DAYS, CycleUnit.HALF_MONTH, CycleUnit.MONTH, CycleUnit.QUARTER]),
    tight=st.sampled_from([CycleUnit.DAY, CycleUnit.WEEK]),
    starts=st.lists(DAYS, max_size=3),
    long=st.integers(0, 40),
    nights=st.lists(DAYS, min_size=1, max_size=6),
)
def test_however_often_the_job_comes_every_day_is_in_one_period(
    every: CycleUnit, tight: CycleUnit, starts: list[dt.date], long: int, nights: list[dt.date]
) -> None:
    cycle, keys = replace(VILLAGE, every=every), list[KeyPeriod]()
    for number, first in enumerate(sorted(set(starts))):
        if not keys or keys[-1].last < first:
            keys.append(replace(FESTIVAL, key=f"k{number}", first=first, last=first + dt.timedelta(long), every=tight))
    opened: dict[str, dt.date] = {}
    found = []
    # The first night is the first day: so nothing lies before what the hub knows of.
    for night in [START, *sorted(nights)]:
        for period in due_periods(cycle, keys, opened, night):
            assert opened.get(period.key, dt.date.min) < period.first <= period.last
            opened[period.key] = period.last
            found.append(period)

    days = [period.first + dt.timedelta(n) for period in found for n in range((period.last - period.first).days + 1)]
    assert len(days) == len(set(days))
    last = max(nights)
    assert {START + dt.timedelta(n) for n in range((last - START).days + 1)} <= set(days)
    assert all((period.last - period.first).days < LENGTHS[tight] for period in found if period.key)


def test_a_key_period_that_is_declared_late_begins_at_once_beside_what_runs() -> None:
    opened = {"": dt.date(2025, 1, 15)}

    (first,) = due_periods(VILLAGE, [FESTIVAL], opened, dt.date(2025, 1, 15))

    assert (first.first, first.last, first.key) == (dt.date(2025, 1, 14), dt.date(2025, 1, 20), "festival")


def test_a_key_period_that_is_no_tighter_changes_nothing() -> None:
    monthly = replace(FESTIVAL, every=CycleUnit.MONTH)

    found = due_periods(VILLAGE, [monthly], {}, dt.date(2025, 1, 20))

    assert [(each.first, each.last, each.key) for each in found] == [(dt.date(2025, 1, 16), dt.date(2025, 1, 31), "")]


@pytest.mark.parametrize(
    ("cycles", "keys", "said"),
    [
        ([VILLAGE, VILLAGE], [], "cycle village is said twice"),
        ([replace(VILLAGE, basis="only one")], [], "cycle village: basis"),
        ([replace(VILLAGE, level=OrganisationLevel.CITY)], [], "cycle village: nobody organises"),
        ([replace(VILLAGE, valid_to=dt.date(2024, 1, 1))], [], "cycle village: it ends before it begins"),
        ([replace(VILLAGE, focus=CampaignFocus.AREAS)], [], "cycle village: focus AREAS"),
        ([replace(VILLAGE, focus=CampaignFocus.INDUSTRIES)], [], "cycle village: focus INDUSTRIES"),
        ([VILLAGE], [replace(FESTIVAL, last=START)], "key period festival: it ends before it begins"),
        ([VILLAGE], [replace(FESTIVAL, levels=())], "key period festival: levels"),
        ([VILLAGE], [FESTIVAL, replace(FESTIVAL, key="other")], "key period other: festival still runs then"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_policy_that_does_not_hold_is_refused_naming_the_row(cycles: list[Cycle], keys: list[KeyPeriod], said: str) -> None:
    with pytest.raises(BadConfiguration, match=said):
        check_cycles(cycles, keys)


# --- duties -----------------------------------------------------------------------------------------------------------
MONTHLY = Duty(
    key="town", zh="镇", en="t", level=OrganisationLevel.TOWN, every=CycleUnit.MONTH, within=5, basis=BASIS, valid_from=START
)


def test_every_period_has_its_meeting_whenever_the_job_comes() -> None:
    assert due_meetings(MONTHLY, None, dt.date(2025, 3, 20)) == [(dt.date(2025, 3, 1), dt.date(2025, 3, 31))]
    assert [first.month for first, _ in due_meetings(MONTHLY, dt.date(2025, 3, 31), dt.date(2025, 6, 1))] == [4, 5, 6]
    assert due_meetings(MONTHLY, dt.date(2025, 3, 31), dt.date(2025, 3, 31)) == []


def test_a_meeting_is_held_within_five_working_days_of_its_period() -> None:
    """DOMAIN 2.7 · Not held by period end +5 wd."""
    assert MONTHLY.hold_by(dt.date(2025, 3, 31), Calendar()) == dt.date(2025, 4, 7)


@pytest.mark.parametrize(("every", "name"), [(CycleUnit.MONTH, "2025-08"), (CycleUnit.QUARTER, "2025-Q3")])
def test_a_period_is_named_as_figures_are_asked_for(every: CycleUnit, name: str) -> None:
    assert period_name(every, dt.date(2025, 8, 3)) == name


@pytest.mark.parametrize(
    ("duties", "said"),
    [
        ([MONTHLY, MONTHLY], "meeting duty town is said twice"),
        ([replace(MONTHLY, within=-1)], "meeting duty town: days are negative"),
        ([replace(MONTHLY, every=CycleUnit.WEEK)], "meeting duty town: figures"),
        ([replace(MONTHLY, level=OrganisationLevel.VILLAGE)], "meeting duty town: nobody"),
        ([replace(MONTHLY, basis="依据")], "meeting duty town: basis"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_duty_that_does_not_hold_is_refused_naming_the_row(duties: list[Duty], said: str) -> None:
    with pytest.raises(BadConfiguration, match=said):
        check_duties(duties)
