"""What is published, and how it went."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from kombu import Queue

from services.common import bus_json
from services.common.errors import Unavailable


@dataclass(frozen=True)
class Outgoing:
    """One message. `body` is bytes of `content_type`; `expires_seconds` bounds its life in a queue."""

    exchange: str
    routing_key: str
    body: bytes
    headers: Mapping[str, Any] = field(default_factory=dict)
    content_type: str = bus_json.CONTENT_TYPE
    message_id: str = ""
    type: str | None = None
    reply_to: str | None = None
    correlation_id: str | None = None
    expires_seconds: float | None = None
    mandatory: bool = False
    persistent: bool = True
    declare: Queue | None = None  # a queue that is made sure of first

    def properties(self, message_id: str) -> dict[str, Any]:
        made = {
            "delivery_mode": 2 if self.persistent else 1,
            "message_id": message_id,
            "type": self.type,
            "reply_to": self.reply_to,
            "correlation_id": self.correlation_id,
        }
        if self.expires_seconds is not None:
            made["expiration"] = str(max(1, round(self.expires_seconds * 1000)))
        return {name: value for name, value in made.items() if value is not None}


class Unroutable(Unavailable):
    """No queue takes this message: the service it is for was never started here."""

    default_code = "unroutable"


class Job:
    """Messages of one caller, and how it went with them."""

    def __init__(
        self, messages: Sequence[Outgoing], failed: Callable[[Unavailable], None] | None = None
    ) -> None:
        self.messages = messages
        self.error: Unavailable | None = None
        self.abandoned = False
        self.done = threading.Event()
        self._failed = failed

    def finish(self) -> None:
        self.done.set()
        if self.error is not None and self._failed is not None:
            self._failed(self.error)
