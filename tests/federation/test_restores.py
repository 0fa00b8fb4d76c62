"""An account goes back to yesterday's backup; it and its partner agree again."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from interdesk.local.broker import Broker
from interdesk.local.database import Database
from services.federation.incoming import handling
from services.federation.sealing.envelope import seal
from services.federation.threads import Thread
from tests.federation.conftest import Sides
from tests.federation.correspondent import find
from tests.federation.sides import Side

pytestmark = pytest.mark.timeout(300)


@pytest.fixture(scope="module")
def _noted(
    broker: Broker, database: Database, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Side, Side]]:
    notes, sides = tmp_path_factory.mktemp("notes"), Sides(broker, database)
    try:
        yield sides.pair(**{name: {"state_dir": notes / name} for name in ("widget", "giga")})
    finally:
        sides.take_away()


@pytest.fixture
def noted(_noted: tuple[Side, Side], monkeypatch: pytest.MonkeyPatch) -> tuple[Side, Side]:
    """Widget and GigaTera, who keep notes beside their databases."""
    monkeypatch.setattr(handling, "RESTORED_SECONDS", 1.0)
    for side in _noted:
        side.clears()
    return _noted


def position(side: Side, partner: Side, thread: str) -> Thread:
    record = find(side.context, partner.account, thread)
    assert record is not None
    return Thread.from_document(record.state["thread"])


def agree(one: Side, other: Side, thread: str) -> bool:
    """Both know the same of what was said, and everything has its answer."""
    mine, theirs = position(one, other, thread), position(other, one, thread)
    answered = {*one.delivered(thread), *other.delivered(thread)} <= {"accepted", "refused"}
    ways = ((mine.sent, theirs.applied), (theirs.sent, mine.applied))
    # Where nothing was said yet, the listener does not know the speaker's incarnation.
    return answered and all(
        sent == applied or not (sent.sequence or applied.sequence) for sent, applied in ways
    )


def test_a_restored_account_and_its_partner_agree_again(noted: tuple[Side, Side]) -> None:
    widget, giga = noted
    thread = widget.open(giga.account, "1")
    giga.waits_until(lambda: giga.heard(widget.account, thread) == ["1"])
    giga.say(widget.account, thread, "a")
    widget.waits_until(lambda: agree(widget, giga, thread))
    backup = widget.backed_up()
    widget.say(giga.account, thread, "2", "3")
    giga.say(widget.account, thread, "b", "c")
    widget.waits_until(lambda: agree(widget, giga, thread) and len(widget.heard(giga.account, thread)) == 3)

    widget.restores(backup)
    widget.say_when_resumed(giga.account, thread, "4")

    widget.waits_until(
        lambda: agree(widget, giga, thread) and giga.heard(widget.account, thread)[-1] == "4", 40
    )
    assert widget.incarnation > 1
    assert giga.heard(widget.account, thread) == ["1", "2", "3", "4"]
    assert widget.heard(giga.account, thread) == ["a", "b", "c"]
    assert widget.talk.remembered == ["2", "3"]
    assert giga.quarantined() == widget.quarantined() == []
    assert giga.paused() == widget.paused() == {}
    assert len({row["hash"] for row in giga.inbox(thread)}) == len(giga.inbox(thread))


def test_threads_that_are_wholly_forgotten_are_said_again_or_ended(noted: tuple[Side, Side]) -> None:
    widget, giga = noted
    backup = widget.backed_up()
    theirs = giga.open(widget.account, "x")
    giga.say(widget.account, theirs, "y")
    ours = widget.open(giga.account, "1")
    giga.waits_until(lambda: giga.heard(widget.account, ours) == ["1"])
    giga.say(widget.account, ours, "a", "b")
    widget.waits_until(lambda: agree(widget, giga, ours) and agree(giga, widget, theirs))

    widget.restores(backup)

    widget.waits_until(lambda: widget.heard(giga.account, theirs) == ["x", "y"])
    giga.waits_until(lambda: giga.talk.undone == ["2 unknown_thread"])
    assert widget.heard(giga.account, ours) == []
    again = widget.open(giga.account, "2")
    giga.waits_until(lambda: giga.heard(widget.account, again) == ["2"])
    widget.say(giga.account, theirs, "z")
    giga.waits_until(lambda: giga.heard(widget.account, theirs) == ["z"])
    widget.waits_until(lambda: agree(widget, giga, theirs))


def test_what_was_not_delivered_before_the_restore_is_applied_first(noted: tuple[Side, Side]) -> None:
    widget, giga = noted
    thread = widget.open(giga.account, "1")
    giga.waits_until(lambda: giga.heard(widget.account, thread) == ["1"])
    giga.stop()
    widget.say(giga.account, thread, *map(str, range(2, 9)))
    widget.waits_until(lambda: widget.delivered(thread).count("sent") == 7)
    backup = widget.backed_up()
    giga.delete_lane(widget.account)

    widget.restores(backup)
    widget.trusts(giga)  # which makes the lane again
    giga.start()
    widget.say_when_resumed(giga.account, thread, "9")

    giga.waits_until(lambda: giga.heard(widget.account, thread) == [str(n) for n in range(1, 10)])
    widget.waits_until(lambda: agree(widget, giga, thread))


def test_a_partner_tells_an_account_that_it_was_restored(pair: tuple[Side, Side]) -> None:
    """There is no note beside the database: what the partner has shows it."""
    widget, giga = pair
    thread = widget.open(giga.account, "1")
    giga.waits_until(lambda: giga.heard(widget.account, thread) == ["1"])
    widget.waits_until(lambda: agree(widget, giga, thread))
    backup = widget.backed_up()
    giga.stop()
    widget.say(giga.account, thread, "2")
    widget.waits_until(lambda: widget.delivered(thread) == ["accepted", "sent"])
    widget.restores(backup)
    assert widget.incarnation == 1
    giga.start()
    widget.waits_until(lambda: widget.talk.remembered == ["2"])
    assert widget.incarnation > 1
    widget.waits_until(lambda: agree(widget, giga, thread))


def test_a_deployment_that_lives_on_beside_the_restored_one_is_noticed(noted: tuple[Side, Side]) -> None:
    widget, giga = noted
    thread = widget.open(giga.account, "1")
    giga.waits_until(lambda: giga.heard(widget.account, thread) == ["1"])
    widget.waits_until(lambda: agree(widget, giga, thread))
    widget.restores(widget.backed_up() | {"deployment": [earlier_deployment(widget)]})
    widget.say_when_resumed(giga.account, thread, "2")
    giga.waits_until(lambda: giga.heard(widget.account, thread) == ["1", "2"])

    first = widget.message(thread, 1)
    living = replace(
        first,
        id=widget.context.new_uuid(),
        incarnation=1,
        sequence=2,
        prev=first.hash,
        sent_at=widget.context.clock.now() + timedelta(minutes=5),
    )
    widget.smuggle(giga, seal(living, widget.ring.current()))

    giga.waits_until(lambda: giga.paused() == {widget.account: "second_deployment"})
    widget.waits_until(lambda: widget.paused() == {giga.account: "second_deployment"})


def earlier_deployment(side: Side) -> dict[str, Any]:
    document = side.database["deployment"].find_one()
    assert document is not None
    return {**document, "seen": document["seen"] - timedelta(days=1)}


def test_two_deployments_that_say_different_things_are_told(noted: tuple[Side, Side]) -> None:
    widget, giga = noted
    thread = widget.open(giga.account, "1")
    giga.waits_until(lambda: giga.heard(widget.account, thread) == ["1"])
    widget.waits_until(lambda: agree(widget, giga, thread))
    other = replace(widget.message(thread, 1), id=widget.context.new_uuid())
    widget.smuggle(giga, seal(other, widget.ring.current()))
    giga.waits_until(lambda: giga.paused() == {widget.account: "sequence_conflict"})
    widget.waits_until(lambda: widget.paused() == {giga.account: "second_deployment"})
