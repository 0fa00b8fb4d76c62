"""Clocks give aware UTC in whole milliseconds; ISO texts go both ways."""

from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.common.clock import (
    MovedClock,
    SteppedClock,
    SystemClock,
    clock_of,
    from_iso,
    from_milliseconds,
    iso,
    milliseconds,
    write_ahead,
)

SECOND, DAY = timedelta(seconds=1), timedelta(days=1)


def test_the_system_clock_keeps_what_the_database_keeps() -> None:
    now = SystemClock().now()
    assert now.tzinfo is UTC
    assert now.microsecond % 1000 == 0
    assert abs(datetime.now(UTC) - now) < timedelta(seconds=5)


def test_a_stepped_clock_stands_still() -> None:
    clock = SteppedClock(datetime(2026, 1, 5, 9, 0, 0, 1999, tzinfo=UTC))
    assert clock.now() == clock.now() == datetime(2026, 1, 5, 9, 0, 0, 1000, tzinfo=UTC)
    assert clock.step(1, minutes=1) == datetime(2026, 1, 5, 9, 1, 1, 1000, tzinfo=UTC)
    clock.set(datetime(2026, 2, 1, tzinfo=UTC))
    assert clock.now().month == 2


@pytest.fixture
def ahead(tmp_path: Path) -> Path:
    write_ahead(tmp_path / "clock", 0)
    return tmp_path / "clock"


def test_all_clocks_of_a_file_are_moved_together(ahead: Path) -> None:
    mover, other = MovedClock(ahead), clock_of(ahead)
    assert abs(other.now() - SystemClock().now()) < 5 * SECOND
    to = mover.now() + 30 * DAY
    mover.move_to(to)
    assert to <= other.now() < to + 5 * SECOND
    assert to <= MovedClock(ahead).now() < to + 5 * SECOND  # also of one that starts later


def test_a_moved_clock_goes_on(ahead: Path) -> None:
    clock = MovedClock(ahead)
    clock.move_to(clock.now() + DAY)
    before, real = clock.now(), SystemClock().now()
    while SystemClock().now() < real + SECOND / 50:
        pass
    assert clock.now() > before


def test_a_moved_clock_goes_forward_only(ahead: Path) -> None:
    clock = MovedClock(ahead)
    clock.move_to(clock.now() + DAY)
    moved = clock.now()
    clock.move_to(moved - DAY / 2)
    assert clock.now() >= moved
    write_ahead(ahead, 1000)
    assert clock.now() >= moved


@pytest.mark.parametrize("text", ["", "soon", "-5", "1.5", "9" * 14])
def test_what_is_no_number_of_milliseconds_starts_no_clock_and_moves_none(ahead: Path, text: str) -> None:
    clock = MovedClock(ahead)
    clock.move_to(clock.now() + DAY)
    moved = clock.now()
    ahead.write_text(text)
    with pytest.raises(ValueError, match="whole number of milliseconds"):
        MovedClock(ahead)
    assert clock.now() >= moved
    ahead.unlink()
    assert clock.now() >= moved


def test_without_a_file_nothing_moves_the_clock() -> None:
    assert isinstance(clock_of(None), SystemClock)


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="time zone"):
        milliseconds(datetime(2026, 1, 5))  # noqa: DTZ001
    with pytest.raises(ValueError, match="time zone"):
        from_iso("2026-01-05T09:00:00")


@given(st.datetimes(min_value=datetime(1970, 1, 1), max_value=datetime(9000, 1, 1)), st.integers(-12, 14))  # noqa: DTZ001
def test_iso_texts_name_the_same_moment(naive: datetime, hours: int) -> None:
    at = naive.replace(tzinfo=timezone(timedelta(hours=hours)))
    if at < datetime(1970, 1, 2, tzinfo=UTC):
        return
    assert from_iso(iso(at)) == milliseconds(at)
    assert iso(at).endswith("Z")
    assert timedelta(0) <= at - milliseconds(at) < timedelta(milliseconds=1)


@given(st.integers(0, 10**14))
def test_milliseconds_since_the_epoch_are_exact(count: int) -> None:
    assert from_milliseconds(count) == datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=count)
