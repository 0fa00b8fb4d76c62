"""How much of a partner's files is taken in a day: never more, counted once, at the same cost."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from services.federation.files.allowance import HOURS, Taken

BEGIN = datetime(2026, 1, 5, 9, 30, tzinfo=UTC)
ROOM = 100

#: (minutes after the one before, bytes) of each offer.
offers = st.lists(st.tuples(st.integers(0, 900), st.integers(1, 60)), max_size=60)


@given(offers)
def test_no_24_hours_have_more_than_there_is_room_for(said: list[tuple[int, int]]) -> None:
    taken, now = Taken(), BEGIN
    kept: list[tuple[datetime, int]] = []
    for n, (minutes, size) in enumerate(said):
        now += timedelta(minutes=minutes)
        after = taken.at(now).with_one(str(n), size, ROOM, now)
        if after is not None:
            taken = after
            kept.append((now, size))
        day = sum(each for at, each in kept if at > now - timedelta(days=1))
        assert day <= ROOM
        assert day <= taken.at(now).bytes
        assert len(taken.at(now).hours) <= HOURS


@given(offers)
def test_what_is_refused_would_have_been_too_much_for_the_hours_that_the_day_touches(
    said: list[tuple[int, int]],
) -> None:
    taken, now = Taken(), BEGIN
    kept: list[tuple[datetime, int]] = []
    for n, (minutes, size) in enumerate(said):
        now += timedelta(minutes=minutes)
        after = taken.at(now).with_one(str(n), size, ROOM, now)
        if after is None:
            assert size + sum(each for at, each in kept if at > now - timedelta(hours=HOURS)) > ROOM
            continue
        taken = after
        kept.append((now, size))


def test_an_offer_that_comes_again_after_a_crash_is_counted_once() -> None:
    once = Taken().with_one("a", 60, ROOM, BEGIN)
    assert once is not None
    again = once.at(BEGIN).with_one("a", 60, ROOM, BEGIN)
    assert again == once
    assert once.with_one("b", 60, ROOM, BEGIN) is None


def test_offers_are_remembered_until_their_rows_are_there_or_a_day_is_over() -> None:
    taken = Taken().with_one("a", 1, ROOM, BEGIN)
    assert taken is not None
    taken = taken.with_one("b", 1, ROOM, BEGIN)
    assert taken is not None
    assert set(taken.at(BEGIN, {"a"}).counted) == {"b"}
    assert taken.at(BEGIN, {"a"}).bytes == 2
    assert taken.at(BEGIN + timedelta(hours=HOURS)) == Taken()
