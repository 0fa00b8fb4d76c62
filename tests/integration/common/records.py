"""A service's records on a real database, their relay worked by hand, and a press in the bus's place."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from services.common.clock import SteppedClock
from services.common.config import Config
from services.common.context import Context
from services.common.errors import Unavailable
from services.common.outbox import Relay
from services.common.publishing import Outgoing
from services.common.store import Collection, Index, Records, Saved, event_row

REQUESTS = Collection("requests", (Index("key", unique=True, sparse=True),))
CONFIG = Config("widget", "widget.example", "amqp://nowhere", "mongodb://nowhere")


@dataclass
class Press:
    """A publisher that keeps what it is given; `away` makes it fail."""

    printed: list[Outgoing] = field(default_factory=list)
    away: bool = False

    def publish(self, *messages: Outgoing) -> None:
        if self.away:
            raise Unavailable("broker_silent")
        self.printed += messages

    @property
    def ids(self) -> list[str]:
        return [message.message_id for message in self.printed]


class Account:
    """A service's records, and its relay worked by hand."""

    def __init__(self, database: Any) -> None:
        self.clock = SteppedClock()
        self.woken: list[Saved] = []
        self.press = Press()
        self.context = Context(CONFIG, "requests", database, clock=self.clock, wake=self.woken.append)
        REQUESTS.ensure(self.context.database)
        self.records = Records(self.context, REQUESTS)
        self.relay = self.new_relay()

    def new_relay(self) -> Relay:
        """As after a restart: it remembers nothing."""
        return Relay(
            self.context.database, "widget", "requests", self.press, self.clock, collections=["requests"]
        )

    def document(self, id: int = 1) -> Any:
        return self.context.database["requests"].find_one({"_id": id})


def row(nth: int) -> dict[str, Any]:
    return event_row("request.saved", {"nth": nth}, id=f"row-{nth}")
