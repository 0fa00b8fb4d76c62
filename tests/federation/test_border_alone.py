"""What a service's border does by itself around a restore: a database, and no partner that answers."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from services.common.clock import SystemClock
from services.common.context import Context
from services.common.errors import InterdeskError, Unavailable
from services.common.leases import Lease
from services.federation.border import Post
from services.federation.messages.threads import RESTORED, RESUMED, RETURNED
from services.federation.outgoing.attention import Attention
from services.federation.outgoing.deliveries import HELD_BACK, Deliveries
from services.federation.outgoing.letters import write
from services.federation.outgoing.receipts import Receipt
from services.federation.outgoing.relay import PartnerRelay
from services.federation.partners.borders import Borders
from services.federation.restoring.deployment import Deployment
from services.federation.restoring.resuming import MAX_RETURNED_IN_ALL, PLACE_BYTES, forgotten, resume_all
from services.federation.sealing.envelope import Message
from services.federation.threads import Position, Thread, open_thread
from tests.federation.correspondent import Talk
from tests.federation.rows import AT, ROW, THREAD, taken
from tests.waiting import wait_until


class Resuming(Talk):
    """A correspondent with two threads, of which the first can't be resumed."""

    def __init__(self) -> None:
        super().__init__()
        self.resumed: list[str] = []

    def earlier(self, context: Context, incarnation: int) -> list[tuple[str, str]]:
        return [("giga", "broken"), ("giga", "whole")]

    def resume(self, context: Context, partner: str, thread: str) -> None:
        if thread == "broken":
            raise ValueError("a bug in the correspondent")
        self.resumed.append(thread)


@pytest.fixture
def shut(context: Context, tmp_path: Path) -> Context:
    """Its border is shut: the database was noted somewhere else."""
    assert Deployment.of(context).problem() is None
    context.database["deployment"].update_one({}, {"$set": {"noted": True}})
    shut = replace(context, config=context.config.changed(state_dir=tmp_path), kept={})
    assert Deployment.of(shut).problem() is not None
    return shut


def test_a_message_leaves_its_record_also_while_the_border_is_shut(shut: Context) -> None:
    assert taken(shut)["state"] == "queued"


def test_only_what_is_of_an_earlier_incarnation_is_held_back(context: Context) -> None:
    """Another process may have begun the next one, and this one not know of it yet."""
    assert taken(context, incarnation=7)["state"] == "queued"


def test_what_a_restored_record_still_holds_is_held_back(context: Context) -> None:
    assert Deployment.of(context).told_by_partner()
    assert taken(context)["code"] == HELD_BACK


def test_a_relay_that_ends_gives_up_its_lease_also_when_it_could_not_say_farewell(context: Context) -> None:
    """Else another process would wait for half a minute to send what is due."""
    trust = {"_id": "giga", "name": "Giga", "status": "active", "border_address": "amqp://127.0.0.1:1/b"}
    context.database["copy_trust"].insert_one({**trust, "credentials": "x"})
    Deployment.of(context)
    relay = PartnerRelay(
        context, "giga", deliveries=Deliveries(context), borders=Borders(context), holder="we"
    )
    relay._work()
    other = Lease(context.database, "relay to giga", "another", 30, context.clock)
    assert not other.acquire()

    relay.owe(Receipt("giga", THREAD, 1, 1, "a" * 64, "accepted", None, Position(1, 1)))
    with pytest.raises(InterdeskError):
        relay._work()
    relay._passage.clear()
    relay._end()

    assert other.acquire()


def test_a_relay_rests_while_the_border_is_shut(shut: Context) -> None:
    trust = {"_id": "giga", "name": "Giga", "status": "active", "border_address": "amqp://127.0.0.1:1/b"}
    shut.database["copy_trust"].insert_one({**trust, "credentials": "x"})
    relay = PartnerRelay(
        shut, "giga", deliveries=Deliveries(shut), borders=Borders(shut), holder="we", monotonic=lambda: 100.0
    )
    relay.owe(Receipt("giga", THREAD, 1, 1, "a" * 64, "accepted", None, Position(1, 1)))
    relay._work()
    assert relay._pause() > 1


def test_that_a_restore_was_not_understood_is_nobodys_to_undo(context: Context) -> None:
    talk = Talk()
    attention = Attention(context, talk, Borders(context), Deliveries(context))
    refused = {"state": "refused", "refused_code": "discarded", "attention": AT}
    for type_ in (RESTORED, "note.added.v1"):
        context.database["outbox"].insert_one({**ROW, **refused, "_id": type_, "type": type_})
    attention.attend()
    assert talk.undone == ["2 discarded"]
    assert context.database["outbox"].count_documents({"attention": {"$exists": True}}) == 0


def test_a_thread_that_cannot_be_resumed_keeps_no_other_from_it(context: Context) -> None:
    deployment, talk = Deployment.of(context), Resuming()
    assert deployment.told_by_partner()
    resume_all(context, talk, Deliveries(context))
    assert talk.resumed == ["whole"]
    assert deployment.resuming


def test_what_a_partner_asked_for_is_not_held_back_again(context: Context) -> None:
    """Its thread is resumed, and another one is not yet."""
    assert Deployment.of(context).told_by_partner()
    for thread in ("resumed before", "whole"):
        queued = {**ROW, "_id": thread, "thread": thread, "state": "queued"}
        context.database["outbox"].insert_one(queued)
    resume_all(context, Resuming(), Deliveries(context))
    states = {row["_id"]: row["state"] for row in context.database["outbox"].find()}
    assert states == {"resumed before": "queued", "whole": "held"}


def test_a_thread_that_was_left_when_the_others_were_resumed_is_resumed_after_all(context: Context) -> None:
    deployment = Deployment.of(context)
    left = open_thread("handover", "widget", "giga", THREAD[-36:], incarnation=deployment.incarnation)
    assert deployment.told_by_partner()
    deployment.resumed()
    with pytest.raises(Unavailable) as unavailable:
        write(context, left, type="note.added.v1", body={})
    assert unavailable.value.code == "resuming"
    assert deployment.resuming


def test_whoever_tells_of_ever_more_restores_has_us_store_no_more(context: Context) -> None:
    said = {**ROW, "state": "accepted", "sealed": b"x" * 200_000}
    rows = [{**said, "_id": f"i{n}", "sequence": n} for n in range(1, 31)]
    context.database["inbox"].insert_many(rows)
    thread = Thread(THREAD, "handover", "giga", applied=Position(1, 30, "a" * 64))
    come_back = []
    for incarnation in range(2, 6):
        bodies = forgotten(context, thread, resumed_by("giga", incarnation))
        come_back.append(sum(body["sealed"] is not None for body in bodies))
        answers = [
            {**ROW, "_id": f"o{incarnation} {n}", "type": RETURNED, "sealed": (body["sealed"] or "").encode()}
            for n, body in enumerate(bodies)
        ]
        context.database["outbox"].insert_many(answers or [{**ROW, "_id": f"o{incarnation}"}])
    assert come_back == [MAX_RETURNED_IN_ALL // (200_000 + PLACE_BYTES), 0, 0, 0]


def resumed_by(partner: str, incarnation: int) -> Message:
    """`thread.resumed` of somebody who has forgotten all that he said."""
    nothing = {"incarnation": 1, "sequence": 0}
    return Message(
        id="019b0000-0000-7000-8000-0000000000bb",
        type=RESUMED,
        sender=partner,
        recipient="widget",
        thread=THREAD,
        incarnation=incarnation,
        sequence=1,
        prev=None,
        sent_at=AT,
        traceparent=None,
        body={"applied": nothing, "sent": nothing},
    )


def test_a_note_that_cannot_be_written_does_not_stop_the_inbox(context: Context, tmp_path: Path) -> None:
    no_directory = tmp_path / "state"
    no_directory.write_text("")
    config = context.config.changed(state_dir=no_directory)
    post = Post(replace(context, config=config, clock=SystemClock(), kept={}), Talk())
    waiting = {**ROW, "_id": "w1", "state": "waiting", "attempts": 0, "due": AT - timedelta(days=1)}
    context.database["inbox"].insert_one(waiting)
    post.start()
    try:
        wait_until(lambda: context.database["inbox"].find_one({"attempts": 1}) is not None)
    finally:
        post.stop()
