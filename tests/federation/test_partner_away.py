"""A partner is away for thirty days, and comes back to very many messages. How many the soak says,
AWAY_MESSAGES may tell.
"""

from __future__ import annotations

import contextlib
import os
import socket
import time
from collections import Counter
from collections.abc import Callable

import pytest

from interdesk.waiting import holds_within
from services.common.errors import Unavailable
from services.federation.outgoing.backlog import BATCH
from services.federation.threads import WINDOW
from tests.federation.conftest import Sides
from tests.federation.walked_clock import WalkedClock

AWAY_DAYS = 30
CATCH_UP = 40  # messages a second
TALK_SECONDS = 2.0  # until more is said to another
# So many are sent before anybody takes them; a lane has room for more.
LANE = 1_000
MESSAGES = int(os.environ.get("AWAY_MESSAGES", "10000"))


@pytest.mark.timeout(300)
def test_a_partner_that_was_away_for_thirty_days_catches_up_in_order(make_side: Sides) -> None:
    away = Away(make_side, retry_max_seconds=30)
    away.catches_up(lengths=[WINDOW + 16, 60, 60, 40], seconds=200)


@pytest.mark.soak
def test_a_partner_that_was_away_catches_up_with_ten_thousand_messages(make_side: Sides) -> None:
    tenth = MESSAGES // 10
    as_services = {"sweep_seconds": 5, "retry_min_seconds": 10, "retry_max_seconds": 600}
    away = Away(make_side, **as_services)
    away.catches_up(lengths=[tenth, *[100] * (6 * tenth // 100), *[3] * tenth], seconds=3_600)


class Away:
    """Widget has something to say to GigaTera, who is away, and to GlobalNet, who is there."""

    def __init__(self, make_side: Sides, **settings: float) -> None:
        self.clock = WalkedClock()
        self.widget, self.giga, self.near = (
            make_side(name, clock=self.clock, catch_up_messages_per_second=CATCH_UP, **settings)
            for name in ("widget", "giga", "globalnet")
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
        self.widget.waits_until(lambda: len(self.widget.talk.flagged) > 0)
        self.widget.stop()
        self.widget.start()
        self._talks_to_another()

        self._is_at(self.giga.address)
        self._sends_at_a_bounded_rate(sum(min(length, WINDOW) for length in lengths))
        self.giga.start()
        talked = self._talks_to_others_until(lambda: self._is_answered(sum(lengths)), seconds)

        assert self._states() == {"accepted": sum(lengths)}
        for thread, texts in said.items():
            assert self.giga.heard(self.widget.account, thread) == texts
        assert talked > 1
        assert self.giga.receipts_to(self.widget.account) < 2 * sum(lengths)
        assert self.giga.quarantined() == []
        assert self.giga.paused() == self.widget.paused() == {}

    def _sends_at_a_bounded_rate(self, count: int) -> None:
        """Until so many are in GigaTera's lanes, which nobody empties yet."""
        before, began = self.widget.sent_to(self.giga.account), time.monotonic()

        def all_sent() -> bool:
            sent = self.widget.sent_to(self.giga.account) - before
            assert sent <= BATCH + CATCH_UP * (time.monotonic() - began)
            return sent >= min(count, LANE)

        self.widget.waits_until(all_sent, 120)

    def _says_all(self, lengths: list[int]) -> dict[str, list[str]]:
        said = {}
        for length in lengths:
            texts = [str(number) for number in range(length)]
            thread = self.widget.open(self.giga.account, texts[0])
            for text in texts[1:]:
                self.widget.waits_until(lambda thread=thread, text=text: self._says(thread, text))  # type: ignore[misc]
            said[thread] = texts
        return said

    def _says(self, thread: str, text: str) -> bool:
        """Whether it is kept; not while too much of the thread waits in its record."""
        with contextlib.suppress(Unavailable):
            self.widget.say(self.giga.account, thread, text)
            return True
        return False

    def _talks_to_others_until(self, done: Callable[[], bool], seconds: float) -> int:
        """Gives how many threads GlobalNet has heard meanwhile."""
        ends_at, talked = time.monotonic() + seconds, 0
        while not done():
            left = ends_at - time.monotonic()
            assert left > 0, f"after {seconds} s: {self._states()}"
            self._talks_to_another()
            talked += 1
            holds_within(done, min(left, TALK_SECONDS), TALK_SECONDS)
        return talked

    def _talks_to_another(self) -> None:
        """What is said to GlobalNet does not wait for GigaTera."""
        thread = self.widget.open(self.near.account, "1")
        self.near.waits_until(lambda: self.near.heard(self.widget.account, thread) == ["1"])

    def _states(self) -> Counter[str]:
        said = self.widget.database["outbox"].find({"partner": self.giga.account}, {"state": 1})
        return Counter(row["state"] for row in said)

    def _is_answered(self, count: int) -> bool:
        """Asked often: the database is, once so many receipts have gone out."""
        if self.giga.receipts_to(self.widget.account) < count:
            return False
        return self.widget.database["outbox"].find_one({"due.to": self.giga.account}, {"_id": 1}) is None

    def _is_at(self, address: str) -> None:
        trust = {"$set": {"border_address": address}}
        self.widget.database["copy_trust"].update_one({"_id": self.giga.account}, trust)
        self.widget.context.kept.pop("trust_book", None)


def _closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])
