"""A service is deployed anew while its partner speaks: what it has begun it finishes, the rest is taken by
the next process, and nothing has its effect twice.
"""

from __future__ import annotations

import pytest

from tests.federation.sides import Side
from tests.federation.test_talk import Pair

DEPLOYS, SAID = 2, 4


@pytest.mark.soak
def test_what_comes_while_a_service_drains_is_finished_before_or_taken_after(pair: Pair) -> None:
    widget, giga = pair
    threads = [widget.open(giga.account, "1") for _ in range(2)]
    for deploy in range(DEPLOYS):
        for n in range(SAID):
            for thread in threads:
                widget.say(giga.account, thread, f"{deploy}/{n}")
        giga.stop()
        assert all(finished(giga, widget, thread) for thread in threads)
        giga.start()
    told = ["1", *(f"{deploy}/{n}" for deploy in range(DEPLOYS) for n in range(SAID))]
    giga.waits_until(lambda: all(giga.heard(widget.account, each) == told for each in threads))
    widget.waits_until(lambda: all(widget.delivered(each) == ["accepted"] * len(told) for each in threads))


def finished(side: Side, partner: Side, thread: str) -> bool:
    """Whether each effect has its verdict: one without would be handled again by the next process."""
    accepted = [row for row in side.inbox(thread) if row["state"] == "accepted"]
    return len(accepted) == len(side.heard(partner.account, thread))
