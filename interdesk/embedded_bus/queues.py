"""A queue: what waits in it, who consumes it, and what expires."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final, Protocol

from pamqp.commands import Basic

MAX_LENGTH: Final = "x-max-length"
MAX_BYTES: Final = "x-max-length-bytes"
MESSAGE_TTL: Final = "x-message-ttl"
EXPIRES: Final = "x-expires"
DEAD_LETTER_EXCHANGE: Final = "x-dead-letter-exchange"
DEAD_LETTER_KEY: Final = "x-dead-letter-routing-key"


@dataclass(frozen=True)
class Message:
    """As it was published. `expires_at`: monotonic seconds, in the queue where it is."""

    exchange: str
    routing_key: str
    properties: Basic.Properties
    body: bytes
    redelivered: bool = False
    expires_at: float | None = None


class Consumer(Protocol):
    """Who takes from a queue: a tag on a channel."""

    @property
    def has_room(self) -> bool:
        """False while its prefetch is used up."""

    def deliver(self, queue: Queue, message: Message) -> None: ...

    def cancelled(self) -> None:
        """The queue is gone."""


@dataclass
class Queue:
    """`owner`: the session that it is exclusive to. `consumers` take turns; `used_at`: monotonic seconds."""

    name: str
    durable: bool = False
    auto_delete: bool = False
    arguments: Mapping[str, Any] = field(default_factory=dict)
    owner: object | None = None
    used_at: float = 0.0
    waiting: deque[Message] = field(default_factory=deque)
    consumers: deque[Consumer] = field(default_factory=deque)
    bytes: int = 0

    @property
    def is_full(self) -> bool:
        return self._beyond(MAX_LENGTH, len(self.waiting)) or self._beyond(MAX_BYTES, self.bytes)

    def put(self, message: Message, now: float) -> None:
        times = (self.arguments.get(MESSAGE_TTL), message.properties.expiration)
        lives = min((int(time) for time in times if time is not None), default=None)  # milliseconds
        self._add(replace(message, expires_at=None if lives is None else now + lives / 1000))
        self.serve()

    def put_back(self, messages: Iterable[Message]) -> None:
        """What was delivered and not acked is again the first, in its order."""
        for message in reversed(list(messages)):
            self._add(replace(message, redelivered=True), first=True)
        self.serve()

    def take(self) -> Message | None:
        if not self.waiting:
            return None
        message = self.waiting.popleft()
        self.bytes -= len(message.body)
        return message

    def purge(self) -> int:
        """Gives how many there were."""
        count, self.bytes = len(self.waiting), 0
        self.waiting.clear()
        return count

    def serve(self) -> None:
        """Gives what waits to consumers that have room."""
        while self.waiting and (consumer := self._next()) is not None:
            message = self.take()
            assert message is not None
            consumer.deliver(self, message)

    def expired(self, now: float) -> list[Message]:
        """Takes out what has waited too long, as far as nothing before it has time left, as RabbitMQ does."""
        gone: list[Message] = []
        while self.waiting and (at := self.waiting[0].expires_at) is not None and at <= now:
            message = self.take()
            assert message is not None
            gone.append(message)
        return gone

    def is_unused(self, now: float) -> bool:
        """Whether `x-expires` is over: no consumer, not declared and not asked for that long."""
        expires = self.arguments.get(EXPIRES)
        return expires is not None and not self.consumers and now - self.used_at >= expires / 1000

    def _next(self) -> Consumer | None:
        for _ in range(len(self.consumers)):
            self.consumers.rotate(-1)
            if self.consumers[-1].has_room:
                return self.consumers[-1]
        return None

    def _add(self, message: Message, *, first: bool = False) -> None:
        (self.waiting.appendleft if first else self.waiting.append)(message)
        self.bytes += len(message.body)

    def _beyond(self, limit: str, amount: int) -> bool:
        most = self.arguments.get(limit)
        return most is not None and amount >= most
