"""A partner's share: bursts pass, floods don't."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.federation.incoming.share import SAVED_SECONDS, Share


class Time:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_who_was_silent_may_say_two_seconds_worth_at_once() -> None:
    share = Share(5, Time())
    assert [share.take() for _ in range(11)] == [*[0] * 10, pytest.approx(0.2)]


@given(st.integers(1, 500), st.lists(st.floats(0, 5), min_size=1, max_size=300))
def test_in_no_time_is_more_taken_than_the_share_and_what_was_saved(
    per_second: int, pauses: list[float]
) -> None:
    time = Time()
    share = Share(per_second, time)
    taken_at = []
    for pause in pauses:
        time.now += pause
        time.now += share.take()
        taken_at.append(time.now)
    for start, begun in enumerate(taken_at):
        for end in range(start, len(taken_at)):
            most = per_second * (taken_at[end] - begun + SAVED_SECONDS) + 1
            assert end - start + 1 <= most + 1e-6
    assert all(one <= other for one, other in pairwise(taken_at))


@given(st.integers(1, 500), st.integers(1, 50))
def test_who_keeps_to_his_share_never_waits(per_second: int, messages: int) -> None:
    time = Time()
    share = Share(per_second, time)
    for _ in range(messages):
        assert share.take() == 0
        time.now += 1 / per_second
