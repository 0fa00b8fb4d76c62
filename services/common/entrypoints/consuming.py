"""The one consumer connection of a service, and how it ends.

nameko's consumer with what it lacks
- **Drain.** nameko closes the connection first and lets running workers finish after, so their acks are lost
  and their messages run again. Here: stop consuming, wait until workers have finished and acked, then close.
- **Outages.** Stopping does not wait for a broker that is away; reconnecting is tried every 3 seconds at
  most (kombu waits up to 30); no exception ends the consumer for good.
- **Only our own encoding** is decoded (bus_json). What cannot be decoded goes to the consumer it was for,
  which parks it; kombu would log and drop it.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import eventlet
import structlog
from eventlet.event import Event
from kombu import Connection
from nameko.extensions import ProviderCollector
from nameko.messaging import QueueConsumer

from services.common import bus_json, logs
from services.common.service_parts import ServiceParts

log = structlog.get_logger(__name__)

HEARTBEAT_SECONDS = 20
CONNECT_SECONDS = 4
POLL_SECONDS = 0.25  # how soon the loop notices that it shall stop
CANCEL_SECONDS = 3
DRAIN_SECONDS = 25  # Kubernetes kills after 30


class BusConsumer(QueueConsumer):
    """Shared by all that consumes in one service. Providers have `queue` and `handle_message(body, message)`,
    and may have `handle_undecodable(message, error)`.
    """

    parts = ServiceParts()

    def __init__(self) -> None:
        super().__init__()
        self.connected = False
        self.on_connected: list[
            Callable[[], None]
        ] = []  # called after each (re)connection, in a thread of its own
        self._handling = 0
        self._drains_until: float | None = None

    def setup(self) -> None:
        self.parts.checks.append(lambda: None if self.connected else "broker: not connected")
        self.parts.measures.append(lambda: self.parts.count_connections("consumer", int(self.connected)))

    @property
    def accept(self) -> list[str]:
        return [bus_json.NAME]

    @property
    def connection(self) -> Connection:
        return Connection(self.amqp_uri, heartbeat=HEARTBEAT_SECONDS, connect_timeout=CONNECT_SECONDS)

    @contextlib.contextmanager
    def establish_connection(self) -> Iterator[Connection]:
        with self.create_connection() as connection:
            connection.ensure_connection(
                self.on_connection_error, interval_start=0.2, interval_step=0.4, interval_max=3
            )
            try:
                yield connection
            finally:
                self.connected = False

    def run(self, **options: Any) -> None:
        logs.bind(self.parts.config.account, self.parts.service)
        while not self.should_stop:
            try:
                super().run(**options)
            except Exception:
                # kombu lets pass what is neither a connection's nor a channel's error; here it would end the
                # service.
                log.exception("the consumer failed and starts again")
                eventlet.sleep(1)

    def consume(self, limit: Any = None, timeout: Any = None, **options: Any) -> Any:
        return super().consume(limit, timeout, safety_interval=POLL_SECONDS)

    def on_connection_error(self, error: Exception, interval: float) -> None:
        log.warning("the broker does not answer", error=repr(error), next_try_seconds=interval)

    def on_consume_ready(self, connection: Any, channel: Any, consumers: Any, **options: Any) -> None:
        self.connected = True
        super().on_consume_ready(connection, channel, consumers, **options)
        for notify in self.on_connected:
            self.container.spawn_managed_thread(notify, identifier="on_connected")

    def get_consumers(self, consumer_cls: Any, channel: Any) -> Any:
        consumers = super().get_consumers(consumer_cls, channel)
        for provider, consumer in self._consumers.items():
            consumer.on_decode_error = partial(self._undecodable, provider)
        return consumers

    def handle_message(self, provider: Any, body: Any, message: Any) -> None:
        self._handling += 1
        self.container.spawn_managed_thread(
            partial(self._handle, provider, body, message), identifier="handle_message"
        )

    def ack_message(self, message: Any) -> None:
        """Acks, unless the connection it came by is gone: then the broker brings it again."""
        self._tell(message, message.ack)

    def requeue_message(self, message: Any) -> None:
        self._tell(message, message.requeue)

    def _tell(self, message: Any, tell: Callable[[], None]) -> None:
        if message.channel.connection:
            try:
                tell()
            except Exception as error:
                log.info("a message could not be acked; it will come again", error=repr(error))

    def on_iteration(self) -> None:
        self._cancel_consumers_if_requested()
        if not self._consumers and self._drained():
            self.should_stop = True

    def unregister_provider(self, provider: Any) -> None:
        """Stops consuming for it; returns when no more of its messages will come, or the broker is away."""
        if provider not in self._providers:
            return
        if self._consumers_ready.ready() and self.connected:
            cancelled = Event()
            self._pending_remove_providers[provider] = cancelled
            with eventlet.Timeout(CANCEL_SECONDS, False):
                cancelled.wait()
        self._consumers.pop(provider, None)
        ProviderCollector.unregister_provider(self, provider)

    def stop(self) -> None:
        if self._gt is None:
            return
        with eventlet.Timeout(DRAIN_SECONDS + CANCEL_SECONDS, False):
            if self.connected:
                self.wait_for_providers()
                self._gt.wait()
        if not self._gt.dead:
            self.should_stop = True
            self._gt.kill()

    def _handle_thread_exited(self, thread: Any) -> None:
        error: BaseException | None = None
        try:
            thread.wait()
        except BaseException as ended:
            error = ended
        if not self._consumers_ready.ready():
            self._consumers_ready.send_exception(error or eventlet.greenlet.GreenletExit())

    def _handle(self, provider: Any, body: Any, message: Any) -> None:
        try:
            provider.handle_message(body, message)
        except Exception:
            # Not acked: it comes again with the next connection.
            log.exception("a message could not be handed to a worker")
        finally:
            self._handling -= 1

    def _undecodable(self, provider: Any, message: Any, error: Exception) -> None:
        refuse = getattr(provider, "handle_undecodable", None)
        if refuse is None:
            log.error("a message that is not ours was dropped", error=repr(error))
            message.ack()
            return
        self._handling += 1
        self.container.spawn_managed_thread(
            partial(self._refuse, refuse, message, error), identifier="handle_undecodable"
        )

    def _refuse(self, refuse: Any, message: Any, error: Exception) -> None:
        try:
            refuse(message, error)
        except Exception:
            log.exception("a message that cannot be read could not be parked")
        finally:
            self._handling -= 1

    def _drained(self) -> bool:
        """Whether all that was taken from queues has been worked off and acked, or waiting for it has no
        sense.
        """
        if self._drains_until is None:
            self._drains_until = time.monotonic() + DRAIN_SECONDS
        pool = self.container._worker_pool
        idle = self._handling == 0 and pool.running() == 0 and pool.waiting() == 0
        return idle or time.monotonic() > self._drains_until
