"""A partner that floods: what it says waits in its own lane, and nobody else waits."""

from __future__ import annotations

import uuid
from dataclasses import replace
from typing import Any

import pytest
from kombu import Connection

from services.federation.incoming.inbox import SWEEP_BATCH
from services.federation.sealing.envelope import seal
from tests.federation.conftest import Sides
from tests.federation.sides import Side
from tests.federation.walked_clock import WalkedClock

SHARE = 2  # a second
FLOOD = 300


def with_flooder(make_side: Sides, **options: Any) -> tuple[Side, Side, Side]:
    """GigaTera, with these options, and two partners of it."""
    giga, widget, flooder = make_side("giga", **options), make_side("widget"), make_side("flooder")
    for partner in (widget, flooder):
        partner.trusts(giga)
        giga.trusts(partner)
        partner.start()
    giga.start()
    return giga, widget, flooder


def test_a_partner_that_floods_waits_in_its_own_lane_and_another_is_heard_at_once(make_side: Sides) -> None:
    giga, widget, flooder = with_flooder(make_side, lane_messages_per_second=SHARE)
    thread = flooder.open(giga.account, "1")
    giga.waits_until(lambda: giga.heard(flooder.account, thread) == ["1"])
    flooder.smuggle(giga, *[flooder.sealed(thread, 1)] * FLOOD)

    talk = widget.open(giga.account, "1")
    widget.say(giga.account, talk, "2", "3", "4")
    giga.waits_until(lambda: giga.heard(widget.account, talk) == ["1", "2", "3", "4"])
    widget.waits_until(lambda: widget.delivered(talk) == ["accepted"] * 4)

    # What was taken of the flood is its two seconds' worth and a little; the rest is the broker's to keep.
    giga.stop()
    with Connection(giga.context.config.border_uri or "") as connection:
        lane = connection.channel().queue_declare(f"requests.from.{flooder.account}", passive=True)
    assert lane.message_count > FLOOD / 2


@pytest.mark.timeout(300)
def test_of_what_waits_a_partner_with_little_comes_before_one_with_much(make_side: Sides) -> None:
    clock = WalkedClock()
    giga, widget, flooder = with_flooder(make_side, lane_messages_per_second=10 * SWEEP_BATCH, clock=clock)
    thread = flooder.open(giga.account, "later")
    flooder.waits_until(lambda: flooder.delivered(thread) == ["held"])
    first, count = flooder.message(thread, 1), SWEEP_BATCH + 20
    others = [
        replace(first, id=str(uuid.uuid4()), thread=f"handover/{flooder.account}/{uuid.uuid4()}")
        for _ in range(count)
    ]
    flooder.smuggle(giga, *(seal(each, flooder.ring.current()) for each in others))
    talk = widget.open(giga.account, "later")
    widget.waits_until(lambda: widget.delivered(talk) == ["held"])
    giga.waits_until(lambda: len(waiting(giga, flooder)) == count + 1, 120)

    giga.stop()
    giga.talk.opened.set()
    clock.walk(1)
    giga.start()
    giga.waits_until(lambda: waiting(giga, flooder) == [], 120)
    (said,) = giga.inbox(talk)
    assert said["answered_at"] < min(giga.inbox(each.thread)[0]["answered_at"] for each in others)


def waiting(side: Side, partner: Side) -> list[dict[str, Any]]:
    return list(side.database["inbox"].find({"partner": partner.account, "state": "waiting"}))
