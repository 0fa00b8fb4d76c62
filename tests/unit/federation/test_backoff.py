"""Back-off: doubles, bounded, never in step, forgotten when the partner is heard."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from services.federation.partners.backoff import Backoff


def test_the_delay_doubles_up_to_the_longest() -> None:
    backoff = Backoff(10, 600, dice=lambda: 1.0)
    assert [backoff.failed() for _ in range(8)] == [10, 20, 40, 80, 160, 320, 600, 600]


def test_half_of_the_delay_is_certain() -> None:
    backoff = Backoff(10, 600, dice=lambda: 0.0)
    assert [backoff.failed() for _ in range(3)] == [5, 10, 20]


def test_a_partner_that_was_heard_is_tried_soon_again() -> None:
    backoff = Backoff(10, 600, dice=lambda: 1.0)
    assert not backoff.clear()
    for _ in range(5):
        backoff.failed()
    assert backoff.clear()
    assert backoff.failed() == 10


@given(st.floats(0.1, 60), st.floats(60, 3600), st.integers(0, 10_000), st.floats(0, 1))
def test_every_delay_lies_between_half_the_shortest_and_the_longest(
    shortest: float, longest: float, failures: int, die: float
) -> None:
    delay = Backoff(shortest, longest, dice=lambda: die, failures=failures).delay()
    assert shortest / 2 <= delay <= longest
