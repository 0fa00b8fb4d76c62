"""Keys that change while both sides talk, and keys that somebody else may have."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from services.federation.sealing.envelope import Message, seal
from services.federation.sealing.keys import Key
from services.federation.stored import REVOKED_KEY
from services.federation.threads import Thread
from tests.federation.conftest import Sides
from tests.federation.correspondent import find, note
from tests.federation.sides import Side

pytestmark = pytest.mark.timeout(300)

NUMBERS = [str(number) for number in range(1, 26)]


@pytest.fixture
def friends(make_side: Sides) -> tuple[Side, Side]:
    """A pair of the test's own, each with the other's receipt for its first keys; neither runs yet."""
    widget, giga = make_side("widget"), make_side("giga")
    for one, other in ((widget, giga), (giga, widget)):
        one.trusts(other)
    for one, other in ((widget, giga), (giga, widget)):
        one.is_told_by(other)
    return widget, giga


def current(side: Side) -> str:
    return side.ring.current().kid


def parked(side: Side, thread: str) -> list[str]:
    return [row["code"] for row in side.inbox(thread) if row["state"] == "parked"]


def quarantined(side: Side, sealed: bytes) -> bool:
    """Whether these bytes are there as what nobody is proven to have said."""
    found = side.database["quarantine"].find_one({"sealed": sealed}) or {}
    return found.get("code") == REVOKED_KEY


def test_both_sides_rotate_in_the_middle_of_many_talks_and_nothing_is_lost_or_refused(
    friends: tuple[Side, Side],
) -> None:
    """Each rotates three times, and retired keys verify what is under way then."""
    for side in friends:
        side.start()
    talks: list[tuple[Side, Side, str]] = [
        (one, other, one.open(other.account, NUMBERS[0]))
        for one, other in (friends, friends[::-1])
        for _ in range(3)
    ]

    everything = len(NUMBERS) * len(talks) // 2

    def heard(one: Side) -> int:
        return sum(len(by.heard(of.account, thread)) for of, by, thread in talks if of is one)

    def talk(one: Side, other: Side, thread: str) -> None:
        one.say(other.account, thread, *NUMBERS[1:])

    def rotate(one: Side, other: Side) -> None:
        for turn in range(3):
            enough = min(heard(one) + 10, everything)
            one.turns(one.ring.rotated())
            if turn:  # the first time nobody is told: the next key is known already
                other.is_told_by(one)
            one.waits_until(lambda enough=enough: heard(one) >= enough, 60)  # type: ignore[misc]

    with ThreadPoolExecutor(len(talks) + 2) as pool:
        running = [pool.submit(talk, *each) for each in talks]
        running += [pool.submit(rotate, one, other) for one, other in (friends, friends[::-1])]
        for each in running:
            each.result()
    accepted = {"partner": {"$exists": True}, "state": "accepted"}
    for one in friends:
        one.waits_until(lambda one=one: heard(one) == everything, 60)  # type: ignore[misc]
        one.waits_until(
            lambda one=one: one.database["outbox"].count_documents(accepted) == everything,  # type: ignore[misc]
            60,
        )
    for one, other, thread in talks:
        assert other.heard(one.account, thread) == NUMBERS
    for one, other in (friends, friends[::-1]):
        assert other.quarantined() == []
        used = {kid for who, _, thread in talks if who is one for kid in one.sealed_with(thread)}
        assert len(used) >= 3, "the test has seen too few keys in use to mean something"


def test_a_partner_who_is_away_is_talked_to_with_the_key_that_he_knows(friends: tuple[Side, Side]) -> None:
    widget, giga = friends
    known = widget.ring.rotated().current().kid
    widget.turns(widget.ring.rotated().rotated().rotated())
    widget.start()
    thread = widget.open(giga.account, "1")
    widget.waits_until(lambda: widget.delivered(thread) == ["sent"])
    giga.start()
    widget.waits_until(lambda: widget.delivered(thread) == ["accepted"])
    assert widget.sealed_with(thread) == [known] != [current(widget)]
    assert giga.quarantined() == []


def test_what_comes_under_a_revoked_key_waits_for_a_person_or_for_a_good_key(
    friends: tuple[Side, Side],
) -> None:
    widget, giga = friends
    stolen = current(widget)
    widget.start()
    thread = widget.open(giga.account, "1")
    widget.say(giga.account, thread, "2", "3")
    widget.waits_until(lambda: widget.delivered(thread) == ["sent"] * 3)
    widget.stop()
    widget.turns(widget.ring.revoked(stolen))
    giga.is_told_by(widget)
    giga.start()
    giga.waits_until(lambda: parked(giga, thread) == [REVOKED_KEY] * 3)
    assert giga.heard(widget.account, thread) == []

    first, second, third = (row["_id"] for row in giga.inbox(thread))
    giga.post.parked.replay(second)  # approved, and its turn comes when the first is
    assert giga.heard(widget.account, thread) == []
    giga.post.parked.replay(first)
    giga.waits_until(lambda: giga.heard(widget.account, thread) == ["1", "2"])
    giga.post.parked.discard(third)  # nobody is proven to have said it: nobody is told, its place is free
    assert len(giga.inbox(thread)) == 2

    widget.start()
    giga.waits_until(lambda: giga.heard(widget.account, thread) == ["1", "2", "3"])
    widget.waits_until(lambda: widget.delivered(thread) == ["accepted"] * 3)
    assert set(widget.sealed_with(thread)) <= {current(widget), stolen}
    assert widget.sealed_with(thread)[2] == current(widget)
    assert widget.talk.undone == []


def test_what_was_taken_and_not_applied_when_its_key_was_revoked_is_said_again_by_its_sender(
    friends: tuple[Side, Side],
) -> None:
    widget, giga = friends
    stolen = current(widget)
    for side in friends:
        side.start()
    thread = widget.open(giga.account, "later 1")
    widget.waits_until(lambda: widget.delivered(thread) == ["held"])
    before, revoked = widget.ring, widget.ring.revoked(stolen)
    widget.ring = revoked
    giga.is_told_by(widget)
    giga.talk.opened.set()
    giga.waits_until(lambda: parked(giga, thread) == [REVOKED_KEY])
    assert giga.heard(widget.account, thread) == []
    assert before.current().kid == stolen
    widget.turns(revoked)
    giga.waits_until(lambda: giga.heard(widget.account, thread) == ["later 1"])
    widget.waits_until(lambda: widget.delivered(thread) == ["accepted"])
    assert widget.sealed_with(thread) == [current(widget)]


def test_a_thief_takes_no_place_from_the_owner(friends: tuple[Side, Side]) -> None:
    widget, giga = friends
    thread, stolen = robbed(widget, giga)
    first = forged(widget, giga, thread, stolen, "pay the thief")
    widget.smuggle(giga, first)
    giga.waits_until(lambda: parked(giga, thread) == [REVOKED_KEY])
    widget.say(giga.account, thread, "2")
    giga.waits_until(lambda: giga.heard(widget.account, thread) == ["1", "2"])
    widget.waits_until(lambda: widget.delivered(thread) == ["accepted"] * 2)
    assert quarantined(giga, first)
    assert giga.paused() == {} == widget.paused()
    # Now that the place is taken, what the thief says there is no more than evidence.
    second = forged(widget, giga, thread, stolen, "pay the thief", back=1)
    widget.smuggle(giga, second)
    giga.waits_until(lambda: quarantined(giga, second))
    assert parked(giga, thread) == []


def test_a_thief_who_sends_very_much_fills_no_list_that_a_person_reads(
    friends: tuple[Side, Side], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.federation.incoming.intake.MAX_UNPROVEN", 3)
    widget, giga = friends
    thread, stolen = robbed(widget, giga)
    widget.smuggle(
        giga, *(forged(widget, giga, thread, stolen, str(ahead), back=-ahead) for ahead in range(5))
    )
    giga.waits_until(lambda: len(giga.quarantined()) >= 2)
    assert parked(giga, thread) == [REVOKED_KEY] * 3


def robbed(widget: Side, giga: Side) -> tuple[str, Key]:
    """A thread in which widget has said something, and the key that sealed it: a thief has it, and it is
    revoked.
    """
    stolen = widget.ring.current()
    for side in (widget, giga):
        side.start()
    thread = widget.open(giga.account, "1")
    widget.waits_until(lambda: widget.delivered(thread) == ["accepted"])
    widget.turns(widget.ring.revoked(stolen.kid))
    giga.is_told_by(widget)
    return thread, stolen


def forged(widget: Side, giga: Side, thread_id: str, key: Key, text: str, back: int = 0) -> bytes:
    """What somebody with a key of widget's could say in the place after its last message."""
    record = find(widget.context, giga.account, thread_id)
    assert record is not None
    thread = Thread.from_document(record.state["thread"])
    message = Message(
        id=widget.context.new_uuid(),
        type="note.added.v1",
        sender=widget.account,
        recipient=giga.account,
        thread=thread_id,
        incarnation=1,
        sequence=thread.sent.sequence + 1 - back,
        prev=thread.sent.hash,
        sent_at=widget.context.clock.now(),
        traceparent=None,
        body={"episode": [1, 1], "note": note(text)},
    )
    return seal(message, key)
