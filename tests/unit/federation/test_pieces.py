"""Which pieces of a partner's file are asked for, and when no more."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.common import attachments
from services.federation.files.pieces import (
    AT_ONCE,
    DAMAGED,
    MAX_DAMAGED,
    MAX_SILENCES,
    NOT_SENT,
    PIECE_BYTES,
    Pull,
    count,
    missing,
    piece_at,
    range_of,
    ranges,
)
from services.federation.messages.attachments import MAX_CHUNK_BYTES, MAX_RANGES

SIZES = st.integers(1, 40 * PIECE_BYTES)


@given(SIZES)
def test_the_pieces_are_the_whole_file_and_nothing_twice(size: int) -> None:
    found = [range_of(size, n) for n in range(count(size))]
    assert found[0][0] == 0
    assert all(start + length == after for (start, length), (after, _) in pairwise(found))
    assert sum(length for _, length in found) == size
    assert all(0 < length <= MAX_CHUNK_BYTES for _, length in found)
    assert [piece_at(size, *each) for each in found] == list(range(count(size)))


@given(SIZES, st.integers(0, 41 * PIECE_BYTES), st.integers(0, PIECE_BYTES + 1))
def test_what_is_no_piece_is_none(size: int, start: int, length: int) -> None:
    expected = {range_of(size, n): n for n in range(count(size))}.get((start, length))
    assert piece_at(size, start, length) == expected


@given(SIZES, st.data())
def test_whatever_gets_lost_every_piece_is_asked_for_until_all_are_here(
    size: int, data: st.DataObject
) -> None:
    pull, here, asked = Pull(size), set[int](), 0
    while missing(size, here):
        pull = pull.next(here)
        assert 0 < len(pull.asked) <= AT_ONCE <= MAX_RANGES
        assert not set(pull.asked) & here
        assert pull.asked[0] == missing(size, here)[0]
        come = data.draw(st.sets(st.sampled_from(pull.asked)))
        asked += 1
        if asked % 3 == 0:  # something comes at times
            come |= {pull.asked[-1]}
        if not pull.came(come):
            pull = pull.waits(heard=False)
        here |= come
    assert pull.next(here).asked == ()
    assert pull.given_up is None


def test_what_is_asked_is_said_as_ranges() -> None:
    assert ranges(PIECE_BYTES + 5, (0, 1)) == [
        {"start": 0, "size": PIECE_BYTES},
        {"start": PIECE_BYTES, "size": 5},
    ]


def test_a_partner_that_is_away_is_waited_for_without_end() -> None:
    pull = Pull(10).next(())
    for _ in range(10 * MAX_SILENCES):
        pull = pull.waits(heard=False).next(())
    assert pull.given_up is None
    assert pull.tries == 10 * MAX_SILENCES


def test_a_partner_that_is_heard_and_does_not_send_is_given_up() -> None:
    pull = Pull(10)
    for _ in range(MAX_SILENCES):
        assert pull.given_up is None
        pull = pull.next(()).waits(heard=True)
    assert pull.given_up == NOT_SENT


def test_whatever_comes_starts_the_patience_anew() -> None:
    pull = Pull(20 * PIECE_BYTES)
    for _ in range(MAX_SILENCES - 1):
        pull = pull.next(()).waits(heard=True)
    pull = pull.next(()).next({0})
    assert (pull.silences, pull.tries) == (0, 0)


@pytest.mark.parametrize("times", range(MAX_DAMAGED + 1))
def test_what_is_damaged_is_asked_for_again_a_few_times(times: int) -> None:
    pull = Pull(10)
    for _ in range(times):
        pull = pull.next(()).begins_again()
    assert pull.given_up == (DAMAGED if times == MAX_DAMAGED else None)
    assert pull.asked == ()


def test_pieces_are_as_they_are_stored() -> None:
    assert PIECE_BYTES == attachments.PIECE_BYTES == MAX_CHUNK_BYTES
