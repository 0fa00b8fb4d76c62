"""What a customer hears who does not answer, and when."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.slas.model.clocks import FollowUp, Said, check_follow_up, coming, follow_up_of, next_said
from services.slas.model.rules import RuleBroken
from tests.unit.slas.clocks.examples import at, terms

HOURS = terms().hours
FRIDAY = at("20 11:00")
TWICE = FollowUp((1, 3), completes_after=5)


def record(*days: int, after: int | None = None, completes: bool | None = None) -> dict[str, Any]:
    return {
        "rules": [{"nr_of_business_days": each} for each in days],
        "auto_complete": after is not None if completes is None else completes,
        "auto_complete_nr_of_business_days": after,
    }


def test_reminders_come_at_the_end_of_business_days_and_the_completion_last():
    found = list(coming(TWICE, HOURS, FRIDAY, None))
    assert [(each.at, each.rule, each.completes) for each in found] == [
        (at("23 17:00"), 1, False),
        (at("25 17:00"), 2, False),
        (at("27 17:00"), 3, True),
    ]


def test_what_was_said_is_not_said_again_in_the_same_wait():
    assert [each.rule for each in coming(TWICE, HOURS, FRIDAY, Said(FRIDAY, 2))] == [3]
    assert [each.rule for each in coming(TWICE, HOURS, FRIDAY, Said(FRIDAY, 3))] == []
    assert [each.rule for each in coming(TWICE, HOURS, FRIDAY, Said(at("19 11:00"), 3))] == [1, 2, 3]


def test_a_reminder_that_is_said_late_leaves_its_time_to_answer():
    now = at("31 10:00")
    chosen, said = next_said([each for each in coming(TWICE, HOURS, FRIDAY, None) if each.at <= now], now)
    assert (chosen.rule, said) == (2, Said(FRIDAY, 2, now))
    (completion,) = coming(TWICE, HOURS, FRIDAY, said)
    assert (completion.completes, completion.at) == (True, HOURS.add_business_days(now, 2))


def test_a_reminder_that_is_said_in_time_moves_nothing():
    days = list(coming(TWICE, HOURS, FRIDAY, None))
    _, said = next_said(days[:2], days[1].at + timedelta(minutes=59))
    assert list(coming(TWICE, HOURS, FRIDAY, said)) == days[2:]
    late, said = next_said(days[2:], days[2].at + timedelta(days=9))
    assert (late, list(coming(TWICE, HOURS, FRIDAY, said))) == (days[2], [])
    without = FollowUp((), completes_after=1)
    (completion,) = coming(without, HOURS, FRIDAY, None)
    _, said = next_said([completion], at("31 10:00"))
    assert list(coming(without, HOURS, FRIDAY, said)) == []


def test_who_does_not_wait_is_not_followed_up():
    assert list(coming(TWICE, HOURS, None, None)) == []
    assert list(coming(None, HOURS, FRIDAY, None)) == []


def test_a_record_that_asks_for_nothing_is_none():
    assert follow_up_of(None) is None
    assert follow_up_of(record()) is None
    assert follow_up_of(record(3, 1, after=9, completes=False)) == FollowUp((1, 3))
    assert follow_up_of(record(3, 1, after=9)) == FollowUp((1, 3), 9)
    assert follow_up_of(record(after=2)) == FollowUp((), 2)


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        (record(1, 1), "rules"),
        (record(1, completes=True), "auto_complete_nr_of_business_days"),
        (record(1, 5, after=5), "auto_complete_nr_of_business_days"),
    ],
)
def test_what_contradicts_itself_is_refused(wrong: dict[str, Any], field: str) -> None:
    with pytest.raises(RuleBroken) as refused:
        check_follow_up(wrong)
    assert [name for name, _ in refused.value.errors] == [field]


@given(st.sets(st.integers(1, 40), max_size=6), st.integers(0, 6), st.none() | st.integers(41, 60))
def test_what_is_left_is_said_in_its_order_whatever_was_said(
    days: set[int], said: int, after: int | None
) -> None:
    follow_up = follow_up_of(record(*days, after=after))
    found = list(coming(follow_up, HOURS, FRIDAY, Said(FRIDAY, said)))
    rules = len(days) + (after is not None)
    assert [each.rule for each in found] == list(range(said + 1, rules + 1))
    assert [each.at for each in found] == sorted({each.at for each in found})
    assert [each.completes for each in found] == [after is not None and each.rule == rules for each in found]
