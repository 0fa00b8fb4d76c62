"""So many calls in an hour, so many in two seconds, per token."""

from datetime import UTC, datetime, timedelta

from gateway.rate_limits import RateLimits

START = datetime(2025, 1, 1, tzinfo=UTC)


def after(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def test_each_call_leaves_one_less_until_the_hour_is_over() -> None:
    limits = RateLimits(per_hour=3, burst=10)
    assert [limits.count("a", after(10 * each)).remaining for each in range(3)] == [2, 1, 0]
    refused = limits.count("a", after(100))
    assert (refused.remaining, refused.retry_after) == (0, 3500)
    assert limits.count("a", after(3600)).remaining == 2


def test_a_burst_is_refused_until_two_seconds_have_passed_since_its_first_call() -> None:
    limits = RateLimits(per_hour=100, burst=2)
    limits.count("a", after(0))
    limits.count("a", after(0.5))
    assert limits.count("a", after(1)).retry_after == 1
    assert limits.count("a", after(1.9)).retry_after == 1
    assert limits.count("a", after(2)).retry_after is None
    assert limits.count("a", after(2.1)).retry_after == 1


def test_a_refused_call_counts_for_nothing() -> None:
    limits = RateLimits(per_hour=100, burst=1)
    limits.count("a", after(0))
    for each in range(10):
        limits.count("a", after(each / 10))
    assert limits.look("a", after(1)).remaining == 99
    assert limits.count("a", after(2)).retry_after is None


def test_one_token_does_not_use_up_anothers() -> None:
    limits = RateLimits(per_hour=1, burst=1)
    limits.count("a", START)
    assert limits.count("a", START).retry_after is not None
    assert limits.count("b", START).retry_after is None


def test_the_reset_is_the_end_of_the_hour_that_the_first_call_opened() -> None:
    limits = RateLimits(per_hour=5, burst=5)
    limits.count("a", after(0))
    assert limits.count("a", after(100)).resets_at == after(3600)


def test_windows_that_have_ended_are_forgotten() -> None:
    limits = RateLimits(per_hour=5, burst=5)
    for each in range(10_000):
        limits.count(f"old {each}", after(0))
    limits.count("new", after(7200))
    assert limits._windows.keys() == {"new"}
