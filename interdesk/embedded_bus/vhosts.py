"""A vhost: its exchanges and queues. Declaring, binding, publishing, deleting, and what time does to them."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from interdesk.embedded_bus.queues import DEAD_LETTER_EXCHANGE, DEAD_LETTER_KEY, Message, Queue
from interdesk.embedded_bus.refusals import access_refused, failed, locked, not_found
from interdesk.embedded_bus.routing import DIRECT, FANOUT, KINDS, TOPIC, Exchange

DEFAULT: Final = ""  # the exchange that every queue is bound to by its name
_ALWAYS_THERE: Final = {"amq.direct": DIRECT, "amq.topic": TOPIC, "amq.fanout": FANOUT}


@dataclass
class Vhost:
    """`changed` is called when something durable was made or went."""

    name: str
    changed: Callable[[], None] = lambda: None
    clock: Callable[[], float] = time.monotonic
    queues: dict[str, Queue] = field(default_factory=dict)
    exchanges: dict[str, Exchange] = field(
        default_factory=lambda: {name: Exchange(name, kind) for name, kind in _ALWAYS_THERE.items()}
    )

    def exchange(self, name: str) -> Exchange:
        """Raises ChannelRefusal."""
        if name not in self.exchanges:
            raise not_found(f"no exchange '{name}' in vhost '{self.name}'")
        return self.exchanges[name]

    def queue(self, name: str, owner: object = None) -> Queue:
        """Raises ChannelRefusal when there is none, or it is exclusive to somebody else."""
        if name not in self.queues:
            raise not_found(f"no queue '{name}' in vhost '{self.name}'")
        queue = self.queues[name]
        if queue.owner is not None and queue.owner is not owner:
            raise locked(f"cannot obtain exclusive access to locked queue '{name}' in vhost '{self.name}'")
        return queue

    def declare_exchange(self, name: str, kind: str, *, durable: bool, auto_delete: bool = False) -> None:
        """Makes it where it isn't. Raises ChannelRefusal when it is there and another."""
        if kind not in KINDS:
            raise failed(f"unknown exchange type '{kind}'")
        if name == DEFAULT or (name.startswith("amq.") and name not in self.exchanges):
            raise access_refused(f"exchange name '{name}' is reserved")
        there = self.exchanges.get(name)
        if there is None:
            self.exchanges[name] = Exchange(name, kind, durable, auto_delete)
            self._note(durable)
        elif (there.kind, there.durable, there.auto_delete) != (kind, durable, auto_delete):
            raise failed(f"inequivalent arg for exchange '{name}' in vhost '{self.name}'")

    def declare_queue(
        self,
        name: str,
        *,
        durable: bool,
        auto_delete: bool = False,
        arguments: Mapping[str, Any] | None = None,
        owner: object = None,
        exclusive: bool = False,
    ) -> Queue:
        """The queue, made where it isn't. Raises ChannelRefusal when it is there and another."""
        if name in self.queues:
            queue = self.queue(name, owner)
            asked = (durable, auto_delete, dict(arguments or {}), exclusive)
            if (queue.durable, queue.auto_delete, queue.arguments, queue.owner is not None) != asked:
                raise failed(f"inequivalent arg for queue '{name}' in vhost '{self.name}'")
        else:
            queue = Queue(name, durable, auto_delete, dict(arguments or {}), owner if exclusive else None)
            self.queues[name] = queue
            self._note(durable)
        queue.used_at = self.clock()
        return queue

    def bind(self, exchange: str, queue: str, routing_key: str) -> None:
        bound = self.exchange(exchange)
        bound.bindings[queue, routing_key] = None
        self._note(bound.durable and self.queues[queue].durable)

    def unbind(self, exchange: str, queue: str, routing_key: str) -> None:
        bound = self.exchanges.get(exchange)
        if bound is not None:
            bound.bindings.pop((queue, routing_key), None)
            self._end_when_unbound(bound)
            self._note(bound.durable)

    def publish(self, message: Message) -> list[Queue] | None:
        """Puts it into the queues that it goes to, and gives them; None when one of them is full, and then it
        is in none. Raises ChannelRefusal when there is no such exchange.
        """
        if message.exchange == DEFAULT:
            names: Iterable[str] = [message.routing_key]
        else:
            names = self.exchange(message.exchange).queues(message.routing_key)
        found = [self.queues[name] for name in names if name in self.queues]
        if any(queue.is_full for queue in found):
            return None
        for queue in found:
            queue.put(message, self.clock())
        return found

    def delete_queue(self, queue: Queue) -> int:
        """Gives how many messages went with it."""
        del self.queues[queue.name]
        for exchange in list(self.exchanges.values()):
            for place in [place for place in exchange.bindings if place[0] == queue.name]:
                del exchange.bindings[place]
            self._end_when_unbound(exchange)
        for consumer in list(queue.consumers):
            consumer.cancelled()
        queue.consumers.clear()
        self._note(queue.durable)
        return queue.purge()

    def delete_exchange(self, name: str) -> None:
        exchange = self.exchanges.pop(name, None)
        self._note(exchange is not None and exchange.durable)

    def leave(self, owner: object) -> None:
        """A session ended: its exclusive queues go."""
        for queue in [queue for queue in self.queues.values() if queue.owner is owner]:
            self.delete_queue(queue)

    def left(self, queue: Queue) -> None:
        """A consumer went; an auto-delete queue goes with its last one."""
        queue.used_at = self.clock()
        if queue.auto_delete and not queue.consumers and self.queues.get(queue.name) is queue:
            self.delete_queue(queue)

    def pass_time(self) -> None:
        """Lets expire what expires."""
        now = self.clock()
        for queue in list(self.queues.values()):
            for message in queue.expired(now):
                self.dead_letter(queue, message)
            if queue.is_unused(now):
                self.delete_queue(queue)

    def dead_letter(self, queue: Queue, message: Message) -> None:
        """Passes on what left the queue unwanted, where the queue says so; else it is gone."""
        exchange = queue.arguments.get(DEAD_LETTER_EXCHANGE)
        if exchange is None or (exchange != DEFAULT and exchange not in self.exchanges):
            return
        key = queue.arguments.get(DEAD_LETTER_KEY, message.routing_key)
        self.publish(Message(exchange, key, message.properties, message.body))

    def _end_when_unbound(self, exchange: Exchange) -> None:
        if exchange.auto_delete and not exchange.bindings:
            self.exchanges.pop(exchange.name, None)

    def _note(self, durable: bool) -> None:
        if durable:
            self.changed()
