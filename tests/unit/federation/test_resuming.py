"""What a partner brings back to an account that forgot it is believed for the account's own seal alone."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from services.common.verdicts import Park
from services.federation.incoming.inbox import resumed_seconds
from services.federation.messages.threads import RETURNED
from services.federation.restoring.resuming import proven, was_accepted
from services.federation.sealing.envelope import Message, seal
from services.federation.sealing.rings import OwnRing
from services.federation.threads import Position, Remark, Thread
from services.federation.verdicts import refused

RING = OwnRing.generate("widget")
SAID = Message(
    id="019b0000-0000-7000-8000-000000000001",
    type="trust.ended.v1",
    sender="widget",
    recipient="gigatera",
    thread="trust/widget/019b0000-0000-7000-8000-0000000000aa",
    incarnation=1,
    sequence=4,
    prev="a" * 64,
    sent_at=datetime(2026, 1, 5, 9, tzinfo=UTC),
    traceparent=None,
    body={"reason": None},
)
BROUGHT = replace(
    SAID,
    type=RETURNED,
    sender="gigatera",
    recipient="widget",
    body={"incarnation": SAID.incarnation, "sequence": SAID.sequence},
)


def test_our_own_message_is_ours_again_also_under_a_key_that_is_retired_now() -> None:
    sealed = seal(SAID, RING.current())
    assert proven(RING, BROUGHT, sealed) == SAID
    assert proven(RING.rotated(), BROUGHT, sealed) == SAID


def test_what_a_key_sealed_that_we_forgot_as_well_cannot_be_learned() -> None:
    assert proven(RING, BROUGHT, seal(SAID, RING.rotated().rotated().current())) is None


def test_what_a_revoked_key_sealed_may_be_anybodys_until_a_person_approves_it() -> None:
    revoked = RING.revoked(RING.current().kid)
    sealed = seal(SAID, RING.current())
    with pytest.raises(Park, match="revoked"):
        proven(revoked, BROUGHT, sealed)
    assert proven(revoked, replace(BROUGHT, approved=True), sealed) == SAID


@pytest.mark.parametrize(
    "said",
    [
        replace(SAID, recipient="globalnet"),
        replace(SAID, thread="trust/widget/019b0000-0000-7000-8000-0000000000bb"),
        replace(SAID, sequence=5),
        replace(SAID, incarnation=2),
    ],
)
def test_what_was_said_elsewhere_or_to_somebody_else_is_not_taken(said: Message) -> None:
    with pytest.raises(Park) as parked:
        proven(RING, BROUGHT, seal(said, RING.current()))
    assert parked.value.code == "not_our_words"


def test_what_was_altered_is_not_taken() -> None:
    sealed = seal(SAID, RING.current())
    head, payload, _ = sealed.split(b".")
    other = seal(replace(SAID, sequence=5), RING.current()).split(b".")[2]
    with pytest.raises(Park):
        proven(RING, BROUGHT, b".".join((head, payload, other)))


def test_a_partner_that_does_not_say_what_its_resumed_waits_for_is_asked_ever_more_seldom() -> None:
    assert [resumed_seconds(attempts) for attempts in (0, 1, 2, 4, 5000)] == [2, 4, 8, 30, 30]


@pytest.mark.parametrize(
    ("place", "state", "accepted"),
    [
        ((7, 2), "accepted", True),
        ((7, 2), "waiting", True),  # the mark was lost in a crash
        ((7, 3), "waiting", False),  # it was refused
        ((7, 5), "waiting", False),
        ((7, 3), "refused", False),
        ((1, 9), "accepted", True),
        ((1, 9), "waiting", False),
    ],
)
def test_what_was_applied_is_brought_back_and_nothing_else(
    place: tuple[int, int], state: str, accepted: bool
) -> None:
    remarks = (Remark(7, 3, refused("loop")),)
    thread = Thread(SAID.thread, "trust", "widget", applied=Position(7, 4, "a" * 64), remarks=remarks)
    row = {"incarnation": place[0], "sequence": place[1], "state": state}
    assert was_accepted(thread, row) is accepted
