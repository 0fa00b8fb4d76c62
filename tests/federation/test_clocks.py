"""Accounts whose clocks do not agree."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from services.common.clock import SystemClock
from tests.federation.conftest import Sides
from tests.federation.sides import Side


class WrongClock:
    """Goes like the computer's, so many minutes ahead."""

    def __init__(self, minutes: float) -> None:
        self.minutes = minutes

    def now(self) -> datetime:
        return SystemClock().now() + timedelta(minutes=self.minutes)


def border(side: Side, partner: Side) -> dict[str, Any]:
    return side.database["borders"].find_one({"_id": partner.account}) or {}


def talk(widget: Side, giga: Side) -> None:
    thread = widget.open(giga.account, "1")
    giga.waits_until(lambda: giga.heard(widget.account, thread) == ["1"])
    giga.say(widget.account, thread, "a", "b")
    widget.say(giga.account, thread, "2", "no")
    widget.waits_until(lambda: widget.delivered(thread) == ["accepted", "accepted", "refused"])
    giga.waits_until(lambda: giga.delivered(thread) == ["accepted"] * 2)
    assert widget.heard(giga.account, thread) == ["a", "b"]


@pytest.mark.parametrize("minutes", [-9.9, 9.9])
def test_clocks_that_are_ten_minutes_apart_do_no_harm_and_nobody_notices(
    make_side: Sides, minutes: float
) -> None:
    widget, giga = make_side("widget"), make_side("giga", clock=WrongClock(minutes))
    for one, other in ((widget, giga), (giga, widget)):
        one.trusts(other)
    for side in (widget, giga):
        side.start()
    talk(widget, giga)
    for one, other in ((widget, giga), (giga, widget)):
        assert "clock" not in border(one, other)
        assert one.quarantined() == []


def test_a_clock_that_is_further_off_is_told_by_a_code_and_stops_nothing(make_side: Sides) -> None:
    clock = WrongClock(180)
    widget, giga = make_side("widget"), make_side("giga", clock=clock)
    for one, other in ((widget, giga), (giga, widget)):
        one.trusts(other)
    for side in (widget, giga):
        side.start()
    talk(widget, giga)
    noted = border(widget, giga)["clock"]
    assert noted["code"] == "clock_ahead"
    assert noted["seconds"] == pytest.approx(180 * 60, abs=60)
    assert "clock" not in border(giga, widget)
    clock.minutes = 0
    talk(widget, giga)
    assert "clock" not in border(widget, giga)
