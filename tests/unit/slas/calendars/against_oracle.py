"""The comparison with the oracle: bounded in the unit tests, long in tests/soak."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import strategies as st

from tests.unit.slas.calendars.examples import SPAN, Example, durations

DAYS_AROUND = timedelta(days=3)


def check_measuring(example: Example, data: st.DataObject) -> None:
    until = example.moment + data.draw(durations)
    assert example.counted.between(example.moment, until) == example.oracle.between(example.moment, until)


def check_adding(example: Example, data: st.DataObject) -> None:
    time = data.draw(durations) / 2
    limit = example.moment + SPAN
    counted, expected = (
        example.counted.add(example.moment, time),
        example.oracle.add(example.moment, time, limit),
    )
    if expected is None:
        assert counted is None or counted > limit
    else:
        assert counted == expected


def check_business_days(example: Example, data: st.DataObject) -> None:
    """The days that lie wholly within what the oracle walks."""
    oracle, moment = example.oracle, example.moment
    ends = oracle.business_days(moment - DAYS_AROUND, moment + DAYS_AROUND + SPAN)
    today = oracle.day_of(moment, ends)
    later = [(day, end) for day, end in sorted(ends.items()) if day > today][: SPAN.days]
    asked = data.draw(st.integers(0, 3))
    counted = example.counted.add_business_days(moment, asked)
    if asked == 0 and today in ends and ends[today] > moment:
        assert counted == ends[today]
    elif len(later) >= max(asked, 1):
        _, expected = later[max(asked, 1) - 1]
        assert counted == expected
        assert example.counted.business_days_between(moment, expected) == max(asked, 1)
