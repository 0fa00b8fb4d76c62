"""A partner that floods: what it says waits in its own lane, and nobody else waits."""

from __future__ import annotations

from kombu import Connection

from tests.federation.conftest import Sides

SHARE = 2  # a second
FLOOD = 300


def test_a_partner_that_floods_waits_in_its_own_lane_and_another_is_heard_at_once(make_side: Sides) -> None:
    giga = make_side("giga", lane_messages_per_second=SHARE)
    widget, flooder = make_side("widget"), make_side("flooder")
    for partner in (widget, flooder):
        partner.trusts(giga)
        giga.trusts(partner)
        partner.start()
    giga.start()
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
