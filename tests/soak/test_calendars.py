"""Working time against the oracle, 100,000 times: `make soak TESTS=tests/soak/test_calendars.py`."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.unit.slas.calendars.against_oracle import check_adding, check_business_days, check_measuring
from tests.unit.slas.calendars.examples import Example, examples

pytestmark = pytest.mark.soak


@pytest.mark.parametrize(
    ("check", "times"), [(check_measuring, 40_000), (check_adding, 40_000), (check_business_days, 20_000)]
)
def test_no_example_differs_from_the_oracle(
    check: Callable[[Example, st.DataObject], None], times: int
) -> None:
    @settings(max_examples=times, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(example=examples(), data=st.data())
    def holds(example: Example, data: st.DataObject) -> None:
        check(example, data)

    holds()
