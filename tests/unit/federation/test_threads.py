"""Threads: each message once, in order, on one chain."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.federation.thread_errors import (
    AlreadyApplied,
    ChainBroken,
    Gap,
    NotInThread,
    OldIncarnation,
    SequenceConflict,
    UnknownThread,
)
from services.federation.threads import WINDOW, Position, Thread, ThreadId, open_thread, opened_by
from services.federation.verdicts import Verdict, done, refused

UUID = "019b0000-0000-7000-8000-0000000000aa"
ID = f"handover/widget/{UUID}"


@dataclass(frozen=True)
class Said:
    sequence: int
    hash: str
    prev: str | None
    incarnation: int = 1
    since: Position | None = None
    sender: str = "widget"
    thread: str = ID


def chain(length: int) -> list[Said]:
    hashes = [f"{number:064x}" for number in range(length + 1)]
    return [Said(n, hashes[n], hashes[n - 1] if n > 1 else None) for n in range(1, length + 1)]


def thread() -> Thread:
    return opened_by(chain(1)[0])


def test_messages_are_applied_one_after_the_other() -> None:
    position = thread()
    for said in chain(5):
        position = position.advance(said)
    assert position.applied == Position(1, 5, f"{5:064x}")
    assert position.sent == Position(1, 0, None)


def test_a_message_ahead_of_the_next_one_is_a_gap() -> None:
    with pytest.raises(Gap) as gap:
        thread().advance(chain(2)[1])
    assert gap.value.applied == Position()


def test_a_message_behind_the_position_was_applied_already() -> None:
    first, second = chain(2)
    position = thread().advance(first).advance(second)
    for said in (first, second):
        with pytest.raises(AlreadyApplied) as again:
            position.advance(said)
        assert again.value.verdict == done()


def test_the_verdict_of_a_refused_message_is_known_from_the_position() -> None:
    first, second, third = chain(3)
    position = thread().advance(first).advance(second, refused("loop")).advance(third, done("superseded"))
    with pytest.raises(AlreadyApplied) as again:
        position.advance(second)
    assert again.value.verdict == Verdict("refused", "loop")
    assert position.verdict_of(1, 3) == Verdict("accepted", "superseded")
    assert position.verdict_of(1, 1) == Verdict("accepted")


def test_as_many_verdicts_are_remembered_as_can_be_on_the_way() -> None:
    position = thread()
    for said in chain(WINDOW + 10):
        position = position.advance(said, refused("loop"))
    assert len(position.remarks) == WINDOW
    assert position.remarks[0].sequence == 11


def test_another_content_at_the_same_sequence_is_a_conflict() -> None:
    first = chain(1)[0]
    position = thread().advance(first)
    with pytest.raises(SequenceConflict):
        position.advance(Said(1, "f" * 64, None))


def test_a_wrong_predecessor_breaks_the_chain() -> None:
    first, _ = chain(2)
    position = thread().advance(first)
    with pytest.raises(ChainBroken):
        position.advance(Said(2, "2" * 64, "e" * 64))
    with pytest.raises(ChainBroken):
        thread().advance(Said(1, "2" * 64, "e" * 64))


def test_a_message_of_another_thread_or_sender_has_no_place() -> None:
    first = chain(1)[0]
    with pytest.raises(NotInThread):
        thread().advance(Said(1, first.hash, None, sender="globalnet"))
    with pytest.raises(NotInThread):
        thread().advance(Said(1, first.hash, None, thread=f"handover/globalnet/{UUID}"))


def test_a_thread_that_we_should_have_opened_is_not_opened_by_the_other_side() -> None:
    with pytest.raises(UnknownThread):
        opened_by(Said(1, "1" * 64, None, sender="gigatera"))


def test_what_is_said_in_a_new_incarnation_waits_for_its_first_message() -> None:
    first = chain(1)[0]
    position = thread().advance(first)
    with pytest.raises(Gap) as gap:
        position.advance(Said(2, "2" * 64, first.hash, incarnation=7))
    assert gap.value.applied == Position(7)


def test_a_new_incarnation_waits_for_all_that_its_sender_knows_of() -> None:
    first, second, _ = chain(3)
    position = thread().advance(first)
    resumed = Said(1, "a" * 64, None, incarnation=7, since=Position(1, 2))
    with pytest.raises(Gap) as gap:
        position.advance(resumed)
    assert gap.value.applied == position.applied
    assert position.advance(second).advance(resumed).applied == Position(7, 1, "a" * 64)


def test_a_new_incarnation_goes_on_when_its_sender_knows_less_than_was_applied() -> None:
    position = thread()
    for said in chain(3):
        position = position.advance(said)
    resumed = Said(1, "a" * 64, None, incarnation=7, since=Position(1, 1))
    assert position.advance(resumed).applied == Position(7, 1, "a" * 64)
    with pytest.raises(ChainBroken):
        position.advance(Said(1, "a" * 64, "3" * 64, incarnation=7, since=Position(1, 1)))


def test_what_was_applied_before_a_new_incarnation_is_still_answered_as_then() -> None:
    """Its mark in the inbox was lost in a crash, and the resumed thread was quicker."""
    first, second, third = chain(3)
    resumed = Said(1, "a" * 64, None, incarnation=7, since=Position(1, 1))
    position = thread().advance(first).advance(second, refused("loop")).advance(resumed)
    position = Thread.from_document(position.to_document())
    for said, verdict in ((first, done()), (second, refused("loop"))):
        with pytest.raises(AlreadyApplied) as again:
            position.advance(said)
        assert again.value.verdict == verdict
    with pytest.raises(OldIncarnation):
        position.advance(third)


def test_our_own_new_incarnation_begins_with_nothing_said() -> None:
    ours = open_thread("handover", "widget", "gigatera", UUID).after_sending("a" * 64)
    assert ours.resumed(7).sent == Position(7, 0, None)
    with pytest.raises(ValueError, match="does not follow"):
        ours.resumed(1)


def test_what_was_said_before_a_restore_no_longer_counts() -> None:
    restored = opened_by(chain(1)[0]).advance(Said(1, "1" * 64, None, incarnation=3))
    with pytest.raises(OldIncarnation):
        restored.advance(Said(2, "2" * 64, "1" * 64, incarnation=2))


def test_sending_counts_by_itself() -> None:
    ours = open_thread("handover", "widget", "gigatera", UUID)
    assert ours.after_sending("a" * 64).after_sending("b" * 64).sent == Position(1, 2, "b" * 64)
    assert ours.after_sending("a" * 64).applied == Position()


@pytest.mark.parametrize(
    "name", ["", "handover/widget", f"handover/Widget/{UUID}", f"talk/widget/{UUID}", f"{ID}/x", f"{ID}\n"]
)
def test_a_thread_is_named_kind_opener_uuid(name: str) -> None:
    with pytest.raises(ValueError):
        ThreadId.parse(name)
    assert str(ThreadId.parse(ID)) == ID


def test_nobody_opens_a_thread_with_himself() -> None:
    with pytest.raises(ValueError):
        open_thread("handover", "widget", "widget", UUID)


def test_a_thread_comes_back_from_its_document() -> None:
    first, second = chain(2)
    position = thread().advance(first).advance(second, refused("loop")).after_sending("a" * 64)
    assert Thread.from_document(position.to_document()) == position


@given(st.permutations(range(8)), st.lists(st.integers(0, 7)))
def test_any_order_with_any_duplicates_ends_with_each_applied_once(
    order: list[int], again: list[int]
) -> None:
    """What waits is tried again after each step, as the inbox does."""
    said = chain(8)
    position, applied, waiting = thread(), [], set()
    for index in [*order, *again]:
        waiting.add(index)
        for candidate in sorted(waiting):
            try:
                position = position.advance(said[candidate])
            except Gap:
                break
            except AlreadyApplied:
                pass
            else:
                applied.append(candidate)
            waiting.discard(candidate)
    assert applied == list(range(8))
    assert not waiting
