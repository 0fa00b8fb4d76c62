"""AMQP's methods on one channel: what a client asks for, and what it is answered."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol

from pamqp.base import Frame
from pamqp.commands import Basic, Confirm, Exchange, Queue

from interdesk.embedded_bus import queues
from interdesk.embedded_bus.queues import Message
from interdesk.embedded_bus.refusals import SessionRefusal, access_refused, failed, not_found
from interdesk.embedded_bus.users import User
from interdesk.embedded_bus.vhosts import DEFAULT, Vhost

MAX_BODY_BYTES: Final = 16 << 20


class Client(Protocol):
    """The session that a channel belongs to."""

    @property
    def user(self) -> User: ...

    @property
    def vhost(self) -> Vhost: ...

    def send(self, channel: int, *frames: Frame) -> None: ...

    def send_message(self, channel: int, method: Frame, message: Message) -> None: ...


@dataclass
class Consumer:
    """One `basic.consume`."""

    channel: Channel
    tag: str
    queue: queues.Queue
    no_ack: bool
    unacked: int = 0

    @property
    def has_room(self) -> bool:
        most = self.channel.prefetch
        return self.no_ack or not most or self.unacked < most

    def deliver(self, queue: queues.Queue, message: Message) -> None:
        tag = self.channel.delivered(queue, message, self)
        method = Basic.Deliver(self.tag, tag, message.redelivered, message.exchange, message.routing_key)
        self.channel.client.send_message(self.channel.number, method, message)

    def cancelled(self) -> None:
        self.channel.consumers.pop(self.tag, None)
        self.channel.client.send(self.channel.number, Basic.Cancel(self.tag, nowait=True))


class Channel:
    """One channel of a session. `handle` and `publish` raise Refusal."""

    def __init__(self, client: Client, number: int) -> None:
        self.client = client
        self.number = number
        self.prefetch = 0  # per consumer; 0: without end
        self.consumers: dict[str, Consumer] = {}
        self._confirms = False
        self._published = 0
        self._delivered = 0
        self._unacked: dict[int, tuple[queues.Queue, Message, Consumer | None]] = {}
        self._last_queue = ""

    def handle(self, frame: Frame) -> None:
        """Answers a method that carries no content."""
        method = _METHODS.get(type(frame))
        if method is None:
            raise SessionRefusal(540, f"NOT_IMPLEMENTED - {frame.name}")
        method(self, frame)

    def publish(self, frame: Basic.Publish, properties: Basic.Properties, body: bytes) -> None:
        """A message has come whole."""
        self._may("write", frame.exchange)
        if properties.user_id and properties.user_id != self.client.user.name:
            raise failed(f"user_id property set to '{properties.user_id}' but that is another user")
        message = Message(frame.exchange, frame.routing_key, properties, body)
        found = self.client.vhost.publish(message)
        if found == [] and frame.mandatory:
            method = Basic.Return(312, "NO_ROUTE", frame.exchange, frame.routing_key)
            self.client.send_message(self.number, method, message)
        if self._confirms:
            self._published += 1
            verdict = Basic.Nack if found is None else Basic.Ack
            self.client.send(self.number, verdict(self._published))

    def delivered(self, queue: queues.Queue, message: Message, consumer: Consumer | None) -> int:
        """Remembers what has to be acked; gives its delivery tag."""
        self._delivered += 1
        if consumer is None or not consumer.no_ack:
            self._unacked[self._delivered] = (queue, message, consumer)
            if consumer is not None:
                consumer.unacked += 1
        return self._delivered

    def close(self) -> None:
        """Nothing is consumed any more, and what was not acked waits again."""
        for consumer in list(self.consumers.values()):
            self._stop(consumer)
        self._requeue(self._settled(0, multiple=True))

    def _declare_exchange(self, frame: Exchange.Declare) -> None:
        vhost = self.client.vhost
        if frame.passive:
            vhost.exchange(frame.exchange)
        else:
            self._may("configure", frame.exchange)
            vhost.declare_exchange(
                frame.exchange, frame.exchange_type, durable=frame.durable, auto_delete=frame.auto_delete
            )
        self._answer(frame, Exchange.DeclareOk())

    def _delete_exchange(self, frame: Exchange.Delete) -> None:
        self._may("configure", frame.exchange)
        self.client.vhost.delete_exchange(frame.exchange)
        self._answer(frame, Exchange.DeleteOk())

    def _declare_queue(self, frame: Queue.Declare) -> None:
        vhost, name = self.client.vhost, frame.queue or f"amq.gen-{secrets.token_urlsafe(16)}"
        if frame.passive:
            queue = vhost.queue(name, self.client)
        else:
            self._may("configure", name)
            queue = vhost.declare_queue(
                name,
                durable=frame.durable,
                auto_delete=frame.auto_delete,
                arguments=frame.arguments,
                owner=self.client,
                exclusive=frame.exclusive,
            )
        self._last_queue = name
        self._answer(frame, Queue.DeclareOk(name, len(queue.waiting), len(queue.consumers)))

    def _bind(self, frame: Queue.Bind) -> None:
        queue = self._queue(frame.queue, "write")
        self._may("read", frame.exchange)
        self.client.vhost.bind(frame.exchange, queue.name, frame.routing_key)
        self._answer(frame, Queue.BindOk())

    def _unbind(self, frame: Queue.Unbind) -> None:
        queue = self._queue(frame.queue, "write")
        self._may("read", frame.exchange)
        self.client.vhost.unbind(frame.exchange, queue.name, frame.routing_key)
        self._answer(frame, Queue.UnbindOk())

    def _purge(self, frame: Queue.Purge) -> None:
        self._answer(frame, Queue.PurgeOk(self._queue(frame.queue, "read").purge()))

    def _delete_queue(self, frame: Queue.Delete) -> None:
        self._may("configure", frame.queue or self._last_queue)
        count = 0
        if (frame.queue or self._last_queue) in self.client.vhost.queues:  # else it is gone, as was asked
            queue = self._queue(frame.queue)
            if (frame.if_unused and queue.consumers) or (frame.if_empty and queue.waiting):
                raise failed(f"queue '{queue.name}' in vhost '{self.client.vhost.name}' is in use")
            count = self.client.vhost.delete_queue(queue)
        self._answer(frame, Queue.DeleteOk(count))

    def _qos(self, frame: Basic.Qos) -> None:
        self.prefetch = frame.prefetch_count
        self._answer(frame, Basic.QosOk())

    def _consume(self, frame: Basic.Consume) -> None:
        queue = self._queue(frame.queue, "read")
        tag = frame.consumer_tag or f"amq.ctag-{secrets.token_urlsafe(16)}"
        if tag in self.consumers:
            raise SessionRefusal(530, f"NOT_ALLOWED - attempt to reuse consumer tag '{tag}'")
        if frame.exclusive and queue.consumers:
            raise access_refused(f"queue '{queue.name}' is in exclusive use")
        consumer = self.consumers[tag] = Consumer(self, tag, queue, frame.no_ack)
        self._answer(frame, Basic.ConsumeOk(tag))
        queue.consumers.append(consumer)
        queue.serve()

    def _cancel(self, frame: Basic.Cancel) -> None:
        consumer = self.consumers.get(frame.consumer_tag or "")
        if consumer is not None:
            self._stop(consumer)
        self._answer(frame, Basic.CancelOk(frame.consumer_tag))

    def _get(self, frame: Basic.Get) -> None:
        queue = self._queue(frame.queue, "read")
        queue.used_at = self.client.vhost.clock()
        message = queue.take()
        if message is None:
            self.client.send(self.number, Basic.GetEmpty())
            return
        if frame.no_ack:
            self._delivered += 1
        else:
            self.delivered(queue, message, None)
        place = (message.redelivered, message.exchange, message.routing_key, len(queue.waiting))
        self.client.send_message(self.number, Basic.GetOk(self._delivered, *place), message)

    def _ack(self, frame: Basic.Ack) -> None:
        for queue, _, _ in self._settled(frame.delivery_tag or 0, multiple=frame.multiple):
            queue.serve()

    def _nack(self, frame: Basic.Nack) -> None:
        self._unwanted(frame.delivery_tag or 0, multiple=frame.multiple, requeue=frame.requeue)

    def _reject(self, frame: Basic.Reject) -> None:
        self._unwanted(frame.delivery_tag or 0, multiple=False, requeue=frame.requeue)

    def _recover(self, frame: Basic.Recover) -> None:
        self._requeue(self._settled(0, multiple=True))
        self._answer(frame, Basic.RecoverOk())

    def _confirm(self, frame: Confirm.Select) -> None:
        self._confirms = True
        self._answer(frame, Confirm.SelectOk())

    def _unwanted(self, tag: int, *, multiple: bool, requeue: bool) -> None:
        settled = self._settled(tag, multiple=multiple)
        if requeue:
            self._requeue(settled)
            return
        for queue, message, _ in settled:
            self.client.vhost.dead_letter(queue, message)
            queue.serve()

    def _settled(self, tag: int, *, multiple: bool) -> list[tuple[queues.Queue, Message, Consumer | None]]:
        """What these tags stand for, not waited for any more. Multiple and 0: all."""
        tags = [each for each in self._unacked if each <= tag or tag == 0] if multiple else [tag]
        if not multiple and tag not in self._unacked:
            raise failed(f"unknown delivery tag {tag}")
        settled = [self._unacked.pop(each) for each in tags]
        for _, _, consumer in settled:
            if consumer is not None:
                consumer.unacked -= 1
        return settled

    def _requeue(self, settled: list[tuple[queues.Queue, Message, Consumer | None]]) -> None:
        by_queue: dict[str, list[Message]] = {}
        for queue, message, _ in settled:
            by_queue.setdefault(queue.name, []).append(message)
        for name, messages in by_queue.items():
            if (there := self.client.vhost.queues.get(name)) is not None:
                there.put_back(messages)

    def _stop(self, consumer: Consumer) -> None:
        self.consumers.pop(consumer.tag, None)
        if consumer in consumer.queue.consumers:
            consumer.queue.consumers.remove(consumer)
            self.client.vhost.left(consumer.queue)

    def _queue(self, name: str, action: str | None = None) -> queues.Queue:
        name = name or self._last_queue
        if not name:
            raise not_found("no previously declared queue")
        if action is not None:
            self._may(action, name)
        return self.client.vhost.queue(name, self.client)

    def _may(self, action: str, name: str) -> None:
        vhost, user = self.client.vhost, self.client.user
        permission = user.permissions.get(vhost.name)
        if permission is None or not permission.allows(action, name):
            what = f"{action} access to '{name or DEFAULT}' in vhost '{vhost.name}' refused"
            raise access_refused(f"{what} for user '{user.name}'")

    def _answer(self, asked: Any, answer: Frame) -> None:
        if not getattr(asked, "nowait", False):
            self.client.send(self.number, answer)


_METHODS: Final[Mapping[type[Frame], Callable[[Channel, Any], None]]] = {
    Exchange.Declare: Channel._declare_exchange,
    Exchange.Delete: Channel._delete_exchange,
    Queue.Declare: Channel._declare_queue,
    Queue.Bind: Channel._bind,
    Queue.Unbind: Channel._unbind,
    Queue.Purge: Channel._purge,
    Queue.Delete: Channel._delete_queue,
    Basic.Qos: Channel._qos,
    Basic.Consume: Channel._consume,
    Basic.Cancel: Channel._cancel,
    Basic.Get: Channel._get,
    Basic.Ack: Channel._ack,
    Basic.Nack: Channel._nack,
    Basic.Reject: Channel._reject,
    Basic.Recover: Channel._recover,
    Confirm.Select: Channel._confirm,
}
