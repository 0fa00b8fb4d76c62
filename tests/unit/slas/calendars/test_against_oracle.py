"""Working time is what one finds who looks at the wall clock every minute. (Longer: tests/soak.)"""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.slas.calendars.against_oracle import check_adding, check_business_days, check_measuring
from tests.unit.slas.calendars.examples import Example, examples


@pytest.mark.parametrize(
    ("check", "times"), [(check_measuring, 60), (check_adding, 60), (check_business_days, 30)]
)
def test_working_time_is_what_the_wall_clock_shows(
    check: Callable[[Example, st.DataObject], None], times: int
) -> None:
    @settings(max_examples=times, deadline=None)
    @given(example=examples(), data=st.data())
    def holds(example: Example, data: st.DataObject) -> None:
        check(example, data)

    holds()
