"""Messages between two accounts: once, in order, answered; whatever stands in the way."""

from __future__ import annotations

import uuid
from dataclasses import replace

import pytest

from services.common.errors import Conflict
from services.federation.sealing.envelope import seal
from services.federation.threads import WINDOW, ThreadId
from tests.conftest import ON_BOTH_BROKERS
from tests.federation.conftest import Sides
from tests.federation.sides import Side

pytestmark = ON_BOTH_BROKERS
Pair = tuple[Side, Side]


def test_what_is_said_is_heard_in_order_and_accepted(pair: Pair) -> None:
    widget, giga = pair
    thread = widget.open(giga.account, "1")
    giga.waits_until(lambda: giga.heard(widget.account, thread) == ["1"])
    widget.say(giga.account, thread, *map(str, range(2, 30)))
    giga.waits_until(lambda: giga.heard(widget.account, thread) == [str(n) for n in range(1, 30)])
    widget.waits_until(lambda: widget.delivered(thread) == ["accepted"] * 29)


def test_both_speak_in_one_thread_each_in_its_own_order(pair: Pair) -> None:
    widget, giga = pair
    thread = widget.open(giga.account, "1")
    giga.waits_until(lambda: giga.heard(widget.account, thread) == ["1"])
    giga.say(widget.account, thread, "a", "b", "c")
    widget.say(giga.account, thread, "2", "3")
    widget.waits_until(lambda: widget.heard(giga.account, thread) == ["a", "b", "c"])
    giga.waits_until(lambda: giga.heard(widget.account, thread) == ["1", "2", "3"])
    giga.waits_until(lambda: giga.delivered(thread) == ["accepted"] * 3)


def test_a_message_that_comes_many_times_is_heard_once_and_answered_each_time(pair: Pair) -> None:
    widget, giga = pair
    thread = widget.open(giga.account, "1")
    widget.waits_until(lambda: widget.delivered(thread) == ["accepted"])
    sealed = widget.sealed(thread, 1)
    widget.database["outbox"].update_one({"thread": thread}, {"$set": {"state": "sent"}})
    widget.smuggle(giga, sealed, sealed, sealed)
    widget.waits_until(lambda: widget.delivered(thread) == ["accepted"])
    assert giga.heard(widget.account, thread) == ["1"]


def test_what_is_missing_is_held_for_and_asked_for(make_side: Sides) -> None:
    """The back-off is long, so that only being asked brings the lost message again in time."""
    widget, giga = make_side("widget", retry_min_seconds=60, retry_max_seconds=600), make_side("giga")
    widget.trusts(giga)
    giga.trusts(widget)
    widget.start()
    thread = widget.open(giga.account, "1")
    widget.waits_until(lambda: widget.delivered(thread) == ["sent"])
    widget.say(giga.account, thread, "2", "3")
    widget.waits_until(lambda: widget.delivered(thread) == ["sent"] * 3)
    giga.steal_from_lane(widget.account)
    giga.start()
    giga.waits_until(lambda: giga.heard(widget.account, thread) == ["1", "2", "3"])
    widget.waits_until(lambda: widget.delivered(thread) == ["accepted"] * 3)


def test_what_got_no_receipt_is_sent_again_lowest_first(make_side: Sides) -> None:
    widget, giga = make_side("widget"), make_side("giga")
    widget.trusts(giga)
    giga.trusts(widget)
    widget.start()
    thread = widget.open(giga.account, "1")
    widget.waits_until(lambda: widget.delivered(thread) == ["sent"])
    widget.say(giga.account, thread, *map(str, range(2, 8)))
    widget.waits_until(lambda: widget.delivered(thread) == ["sent"] * 7)
    giga.delete_lane(widget.account)
    giga.admin.ensure_partner(giga.account, widget.account, None)
    giga.start()
    giga.waits_until(lambda: giga.heard(widget.account, thread) == [str(n) for n in range(1, 8)])
    widget.waits_until(lambda: widget.delivered(thread) == ["accepted"] * 7)


def test_a_lane_that_is_gone_comes_back_and_nothing_is_lost(pair: Pair) -> None:
    widget, giga = pair
    thread = widget.open(giga.account, "1")
    widget.waits_until(lambda: widget.delivered(thread) == ["accepted"])
    giga.delete_lane(widget.account)
    widget.say(giga.account, thread, "2", "3")
    giga.admin.ensure_partner(giga.account, widget.account, None)
    giga.waits_until(lambda: giga.heard(widget.account, thread) == ["1", "2", "3"], 40)
    widget.waits_until(lambda: widget.delivered(thread) == ["accepted"] * 3)


def test_poison_parks_its_own_thread_stands_and_all_others_move(pair: Pair) -> None:
    widget, giga = pair
    stuck, free = widget.open(giga.account, "1"), widget.open(giga.account, "1")
    widget.say(giga.account, stuck, "poison", "3")
    widget.say(giga.account, free, "2", "3")
    giga.waits_until(lambda: giga.heard(widget.account, free) == ["1", "2", "3"])
    widget.waits_until(lambda: widget.delivered(stuck) == ["accepted", "held", "held"])
    assert giga.heard(widget.account, stuck) == ["1"]
    parked = giga.inbox(stuck)[1]
    assert (parked["state"], parked["code"]) == ("parked", "internal_error")
    assert "ValueError" in parked["detail"]


def test_a_replay_finishes_what_was_parked_and_the_rest_follows(pair: Pair) -> None:
    widget, giga = pair
    thread = widget.open(giga.account, "1")
    widget.say(giga.account, thread, "odd", "3")
    widget.waits_until(lambda: widget.delivered(thread) == ["accepted", "held", "held"])
    parked = giga.inbox(thread)[1]
    assert parked["code"] == "odd_text"
    giga.post.parked.replay(parked["_id"])
    assert giga.inbox(thread)[1]["state"] == "parked"
    giga.talk.mended.set()
    giga.post.parked.replay(parked["_id"])
    assert giga.heard(widget.account, thread) == ["1", "odd", "3"]
    widget.waits_until(lambda: widget.delivered(thread) == ["accepted"] * 3)


def test_a_discarded_message_is_gone_past_and_its_sender_undoes_it(pair: Pair) -> None:
    widget, giga = pair
    thread = widget.open(giga.account, "poison")
    widget.say(giga.account, thread, "2")
    widget.waits_until(lambda: widget.delivered(thread) == ["held", "held"])
    giga.post.parked.discard(giga.inbox(thread)[0]["_id"])
    widget.waits_until(lambda: widget.delivered(thread) == ["refused", "accepted"])
    widget.waits_until(lambda: widget.talk.undone == ["1 discarded"])
    assert giga.heard(widget.account, thread) == ["2"]
    assert giga.inbox(thread)[0]["sealed"] == widget.sealed(thread, 1)


def test_what_comes_before_is_discarded_first(pair: Pair) -> None:
    """The end of a trust parks each message of a thread that waits."""
    widget, giga = pair
    thread = widget.open(giga.account, "poison")
    widget.say(giga.account, thread, "2")
    widget.waits_until(lambda: widget.delivered(thread) == ["held", "held"])
    giga.set_status(widget.account, "ended")
    now = giga.context.clock.now()
    giga.database["inbox"].update_one({"thread": thread, "sequence": 2}, {"$set": {"due": now}})
    giga.waits_until(lambda: [row["state"] for row in giga.inbox(thread)] == ["parked", "parked"])
    first, second = giga.inbox(thread)
    with pytest.raises(Conflict) as refusal:
        giga.post.parked.discard(second["_id"])
    assert refusal.value.code == "gap"
    giga.post.parked.discard(first["_id"])
    giga.post.parked.discard(second["_id"])
    widget.waits_until(lambda: widget.delivered(thread) == ["refused", "refused"])


def test_a_message_of_no_thread_of_ours_can_be_discarded(pair_apart: Pair) -> None:
    widget, giga = pair_apart
    thread = widget.open(giga.account, "1")
    widget.waits_until(lambda: widget.delivered(thread) == ["accepted"])
    unknown = ThreadId.parse(thread).kind + f"/{giga.account}/{uuid.uuid4()}"
    strange = replace(widget.message(thread, 1), thread=unknown, type="request.praised.v1")
    widget.smuggle(giga, seal(strange, widget.ring.current()))
    giga.waits_until(lambda: [row["state"] for row in giga.inbox(unknown)] == ["parked"])
    (row,) = giga.inbox(unknown)
    giga.post.parked.discard(row["_id"])
    (row,) = giga.inbox(unknown)
    assert (row["state"], row["code"]) == ("refused", "discarded")


def test_a_refusal_moves_the_thread_on_and_is_undone_by_its_sender(pair: Pair) -> None:
    widget, giga = pair
    thread = widget.open(giga.account, "1")
    widget.say(giga.account, thread, "no", "3")
    widget.waits_until(lambda: widget.delivered(thread) == ["accepted", "refused", "accepted"])
    widget.waits_until(lambda: widget.talk.undone == ["2 not_wanted"])
    assert giga.heard(widget.account, thread) == ["1", "3"]


def test_what_comes_too_early_waits_and_keeps_its_place(pair: Pair) -> None:
    widget, giga = pair
    thread = widget.open(giga.account, "1")
    widget.say(giga.account, thread, "later", "3")
    widget.waits_until(lambda: widget.delivered(thread) == ["accepted", "held", "held"])
    giga.talk.opened.set()
    giga.waits_until(lambda: giga.heard(widget.account, thread) == ["1", "later", "3"])
    widget.waits_until(lambda: widget.delivered(thread) == ["accepted"] * 3)


def test_of_a_thread_at_most_64_are_on_the_way(make_side: Sides) -> None:
    widget, giga = make_side("widget"), make_side("giga")
    widget.trusts(giga)
    giga.trusts(widget)
    widget.start()
    thread = widget.open(giga.account, "1")
    for text in range(2, 101):
        widget.waits_until(lambda: len(_strip(widget)) < 60)
        widget.say(giga.account, thread, str(text))
    widget.waits_until(lambda: len(widget.delivered(thread)) == 100)
    widget.waits_until(lambda: widget.delivered(thread) == ["sent"] * WINDOW + ["queued"] * 36)
    giga.start()
    giga.waits_until(lambda: giga.heard(widget.account, thread) == [str(n) for n in range(1, 101)], 40)
    widget.waits_until(lambda: widget.delivered(thread) == ["accepted"] * 100)


def _strip(side: Side) -> list[object]:
    record = side.database["talks"].find_one({})
    return list(record["outbox"]) if record else []


def test_what_has_no_answer_is_flagged_once(make_side: Sides) -> None:
    widget, giga = make_side("widget", unreceipted_flag_seconds=1), make_side("giga")
    widget.trusts(giga)
    giga.trusts(widget)
    widget.start()
    thread = widget.open(giga.account, "1")
    widget.waits_until(lambda: len(widget.talk.flagged) > 0)
    giga.start()
    widget.waits_until(lambda: widget.delivered(thread) == ["accepted"])
    assert [flagged.split()[0] for flagged in widget.talk.flagged] == ["1"]


def test_a_suspended_partner_is_not_answered_and_nothing_of_it_is_lost(pair: Pair) -> None:
    widget, giga = pair
    thread = widget.open(giga.account, "1")
    widget.waits_until(lambda: widget.delivered(thread) == ["accepted"])
    giga.set_status(widget.account, "suspended")
    giga.waits_until(lambda: not giga.post.lanes.open)
    widget.say(giga.account, thread, "2", "3")
    giga.say(widget.account, thread, "a")
    widget.waits_until(lambda: widget.delivered(thread) == ["accepted", "sent", "sent"])
    assert giga.delivered(thread) == ["queued"]
    giga.set_status(widget.account, "active")
    giga.waits_until(lambda: giga.heard(widget.account, thread) == ["1", "2", "3"])
    widget.waits_until(lambda: widget.heard(giga.account, thread) == ["a"])


def test_what_comes_after_the_end_of_a_trust_is_kept_and_taken_up_when_there_is_one_again(pair: Pair) -> None:
    widget, giga = pair
    thread = widget.open(giga.account, "1")
    widget.waits_until(lambda: widget.delivered(thread) == ["accepted"])
    giga.set_status(widget.account, "ended")
    widget.say(giga.account, thread, "2", "3")
    giga.waits_until(lambda: [row["code"] for row in giga.inbox(thread)[1:]] == ["trust_ended"] * 2)
    widget.set_status(giga.account, "ended")
    widget.say(giga.account, thread, "4")
    widget.waits_until(lambda: widget.delivered(thread)[0] == "accepted")
    assert giga.heard(widget.account, thread) == ["1"]
    for side, other in ((widget, giga), (giga, widget)):
        side.set_status(other.account, "active")
    for row in giga.inbox(thread)[1:3]:
        giga.post.parked.replay(row["_id"])
    giga.waits_until(lambda: giga.heard(widget.account, thread) == ["1", "2", "3", "4"])
    widget.waits_until(lambda: widget.delivered(thread) == ["accepted"] * 4)


def test_a_new_partner_is_heard_without_a_restart(pair: Pair, make_side: Sides) -> None:
    _, giga = pair
    globalnet = make_side("globalnet")
    globalnet.trusts(giga)
    globalnet.start()
    giga.trusts(globalnet)
    thread = globalnet.open(giga.account, "1")
    giga.waits_until(lambda: giga.heard(globalnet.account, thread) == ["1"])
    globalnet.waits_until(lambda: globalnet.delivered(thread) == ["accepted"])


def test_another_content_at_the_same_place_is_refused_and_pauses_both_borders(pair: Pair) -> None:
    widget, giga = pair
    thread = widget.open(giga.account, "1")
    widget.waits_until(lambda: widget.delivered(thread) == ["accepted"])
    message = widget.message(thread, 1)
    forged = seal(replace(message, sent_at=widget.context.clock.now()), widget.ring.current())
    widget.smuggle(giga, forged)
    giga.waits_until(lambda: giga.quarantined() == ["sequence_conflict"])
    giga.waits_until(lambda: giga.paused() == {widget.account: "sequence_conflict"})
    widget.waits_until(lambda: widget.paused() == {giga.account: "second_deployment"})
    widget.say(giga.account, thread, "2")
    widget.waits_until(lambda: widget.delivered(thread) == ["accepted", "queued"])
    assert giga.post.borders.resume(widget.account)
    assert widget.post.borders.resume(giga.account)
    giga.waits_until(lambda: giga.heard(widget.account, thread) == ["1", "2"])


def test_a_broken_chain_is_kept_refused_and_pauses_both_borders(pair: Pair) -> None:
    widget, giga = pair
    thread = widget.open(giga.account, "1")
    widget.waits_until(lambda: widget.delivered(thread) == ["accepted"])
    record = widget.database["talks"].find_one({"thread_id": thread})
    assert record is not None
    widget.database["talks"].update_one(
        {"_id": record["_id"]}, {"$set": {"thread.sent.hash": "e" * 64}, "$inc": {"version": 1}}
    )
    widget.say(giga.account, thread, "2")
    widget.waits_until(lambda: widget.delivered(thread) == ["accepted", "refused"])
    assert giga.inbox(thread)[1]["code"] == "chain_broken"
    giga.waits_until(lambda: giga.paused() == {widget.account: "chain_broken"})
    widget.waits_until(lambda: widget.paused() == {giga.account: "chain_broken"})
    widget.waits_until(lambda: widget.talk.flagged == ["2 refused"])
    assert widget.talk.undone == []
