"""A partner is away for thirty days, and comes back to very many messages."""

from __future__ import annotations

import socket
import time
from collections import Counter
from collections.abc import Callable

import pytest

from services.federation.relay import BATCH, CATCH_UP_SECONDS
from services.federation.threads import WINDOW
from tests.federation.conftest import Sides
from tests.federation.sides import WalkedClock
from tests.waiting import wait_until

AWAY_DAYS = 30


@pytest.mark.timeout(300)
def test_a_partner_that_was_away_for_thirty_days_catches_up_in_order(make_side: Sides) -> None:
    Away(make_side).catches_up(lengths=[WINDOW + 16, 20, 20], seconds=240)


@pytest.mark.soak
def test_a_partner_that_was_away_catches_up_with_ten_thousand_messages(make_side: Sides) -> None:
    Away(make_side).catches_up(lengths=[1_000, *[100] * 60, *[3] * 1_000], seconds=1_800)


class Away:
    """Widget has something to say to GigaTera, who is away, and to GlobalNet, who is there."""

    def __init__(self, make_side: Sides) -> None:
        self.clock = WalkedClock()
        self.widget, self.giga, self.near = (
            make_side(name, clock=self.clock) for name in ("widget", "giga", "globalnet")
        )
        for partner in (self.giga, self.near):
            self.widget.trusts(partner)
            partner.trusts(self.widget)
        self._is_at(f"amqps://localhost:{_closed_port()}/{self.giga.border_vhost}")
        self.widget.start()
        self.near.start()

    def catches_up(self, lengths: list[int], seconds: float) -> None:
        """`lengths`: of the threads, in messages. `seconds`: until all of it must be there."""
        said = self._says_all(lengths)
        self.clock.walk(AWAY_DAYS)
        wait_until(lambda: len(self.widget.talk.flagged) > 0)
        self.widget.stop()
        self.widget.start()
        self._is_at(self.giga.address)
        began = time.monotonic()
        self.giga.start()
        slowest = self._talks_to_others_until(lambda: self._is_answered(sum(lengths)), seconds)

        took = time.monotonic() - began
        for thread, texts in said.items():
            assert self.giga.heard(self.widget.account, thread) == texts
        assert took > (sum(lengths) // BATCH - 1) * CATCH_UP_SECONDS
        assert slowest < 10
        assert self.giga.quarantined() == []
        assert self.giga.paused() == self.widget.paused() == {}

    def _says_all(self, lengths: list[int]) -> dict[str, list[str]]:
        said = {}
        for length in lengths:
            texts = [str(number) for number in range(length)]
            thread = self.widget.open(self.giga.account, texts[0])
            self.widget.say(self.giga.account, thread, *texts[1:])
            said[thread] = texts
        return said

    def _talks_to_others_until(self, done: Callable[[], bool], seconds: float) -> float:
        """Opens threads with GlobalNet all the while; gives the seconds that the slowest one took."""
        ends_at, slowest = time.monotonic() + seconds, 0.0
        while not done():
            assert time.monotonic() < ends_at, f"after {seconds} s: {self._states()}"
            began = time.monotonic()
            thread = self.widget.open(self.near.account, "1")
            wait_until(lambda thread=thread: self.near.heard(self.widget.account, thread) == ["1"], 30)  # type: ignore[misc]
            slowest = max(slowest, time.monotonic() - began)
        return slowest

    def _states(self) -> Counter[str]:
        return Counter(row["state"] for row in self.widget.database["outbox"].find())

    def _is_answered(self, count: int) -> bool:
        answered = {"partner": self.giga.account, "state": "accepted"}
        return self.widget.database["outbox"].count_documents(answered) == count

    def _is_at(self, address: str) -> None:
        trust = {"$set": {"border_address": address}}
        self.widget.database["copy_trust"].update_one({"_id": self.giga.account}, trust)
        self.widget.context.kept.pop("trust_book", None)


def _closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])
