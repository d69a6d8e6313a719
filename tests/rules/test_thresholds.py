"""Levels by working days: which limits are at which level on a day."""

import datetime as dt

import pytest

from hub.rules.calendars import Calendar, Year
from hub.rules.thresholds import LEVELS, RuleSet, Supervision, Threshold, following
from hub.schema.deadlines import LimitRule
from hub.schema.supervision import AlertLevel, Trigger

DAY = dt.date(2021, 6, 11)
HOLIDAYS = frozenset(dt.date(2025, 10, number) for number in range(1, 9))
CALENDAR = Calendar({2025: Year(HOLIDAYS, frozenset({dt.date(2025, 9, 28), dt.date(2025, 10, 11)}))})


def row(trigger: Trigger, level: AlertLevel, days: int, *rules: LimitRule) -> Threshold:
    return Threshold(
        trigger=trigger, level=level, basis="依据 · Basis", to=("HANDLER",), valid_from=DAY, days=days, rules=rules
    )


SOON = row(Trigger.DUE_SOON, AlertLevel.NOTICE, 3)
LATE = (
    row(Trigger.OVERDUE, AlertLevel.YELLOW, 0),
    row(Trigger.OVERDUE, AlertLevel.ORANGE, 3),
    row(Trigger.OVERDUE, AlertLevel.RED, 7),
)
POLICY = Supervision((SOON, *LATE), CALENDAR)


def level_of(found: RuleSet, due_on: dt.date, today: dt.date) -> AlertLevel | None:
    cuts = [cut for cut in found.cuts if due_on <= cut.on]
    return next((cut.row.level for cut in cuts if cut.row.trigger is Trigger.OVERDUE or due_on >= today), None)


@pytest.mark.parametrize("back", range(25))
@pytest.mark.parametrize("today", [dt.date(2025, 6, 11), dt.date(2025, 9, 28), dt.date(2025, 10, 5), dt.date(2025, 10, 13)])
def test_a_level_is_reached_after_so_many_working_days_and_not_before(today: dt.date, back: int) -> None:
    """国务院办公厅节假日安排 · Counted one by one, over holidays and make-up days."""
    due_on = today - dt.timedelta(back)
    late = CALENDAR.working_between(due_on, today) if back else -1
    expected = None
    for level, days in ((AlertLevel.YELLOW, 0), (AlertLevel.ORANGE, 3), (AlertLevel.RED, 7)):
        expected = level if back and late >= days else expected
    found = next(each for each in POLICY.sets(today) if LimitRule.FIRST_RESPONSE in each.rules)

    assert level_of(found, due_on, today) is (expected or AlertLevel.NOTICE)


def test_a_rule_with_rows_of_its_own_follows_them_and_no_others() -> None:
    own = row(Trigger.OVERDUE, AlertLevel.ORANGE, 1, LimitRule.MATERIALS_RECEIPT)
    policy = Supervision((SOON, *LATE, own), CALENDAR)
    today = dt.date(2025, 6, 11)

    (alone,) = [each for each in policy.sets(today) if LimitRule.MATERIALS_RECEIPT in each.rules]

    assert alone.rules == (LimitRule.MATERIALS_RECEIPT,)
    assert {cut.row for cut in alone.cuts} == {SOON, own}
    assert policy.at(LimitRule.MATERIALS_RECEIPT, AlertLevel.ORANGE) is own
    assert policy.at(LimitRule.FIRST_RESPONSE, AlertLevel.ORANGE) is LATE[1]


def test_windows_close_and_nobody_is_late() -> None:
    """民事诉讼法第205条 · Warned of only."""
    (windows,) = [each for each in POLICY.sets(DAY) if LimitRule.JUDICIAL_CONFIRMATION in each.rules]

    assert {cut.row.trigger for cut in windows.cuts} == {Trigger.DUE_SOON}


def test_what_nobody_watches_is_named() -> None:
    own = row(Trigger.OVERDUE, AlertLevel.ORANGE, 1, LimitRule.MATERIALS_RECEIPT)

    unwatched = Supervision((own,), CALENDAR).unwatched()

    assert set(LimitRule) - set(unwatched) == {LimitRule.MATERIALS_RECEIPT}


def test_after_red_comes_nothing() -> None:
    assert [following(level) for level in LEVELS] == [*LEVELS[1:], None]
