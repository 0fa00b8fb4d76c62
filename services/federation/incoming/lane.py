"""One partner's lane into this service: a queue on our own border, and the thread that takes from it.

One green thread, one connection and one channel per lane, so that a partner that floods or sends what is slow
to handle keeps nobody else waiting, and every delivery is acked by the thread that received it. Deliveries
are taken raw from py-amqp: kombu would decode a body by its content encoding and inflate it by its
`compression` header, and no partner's bytes may meet that before their seal is verified.

When the broker is away, or the lane is gone until the organizations service makes it anew, the thread tries
again after a back-off. When the database is away, nothing is acked: the connection is dropped, and all of it
comes again.

A partner that sends more than its share for long (share.py) waits in its own lane, until that is full and the
broker refuses what comes; others don't notice.

A lane that was deleted and made anew in the same instant looks alive and is not: the broker carries the
consumer over without a word, and takes the new lane's first messages for ones that it has delivered (RabbitMQ
3.10). So a lane that was silent for a minute (INTERDESK_LANE_RENEW_SECONDS) is taken up anew.

A broker that crashes within the second after a lane was made may bring it back without its log (RabbitMQ
3.10): then who consumes it waits for ever, or gets an internal error. After four tries in a row that the
broker let us in and the queue did not work, the lane is deleted, to be made anew like one that is gone. What
it may have held comes again: its sender has no receipt for it.
"""

from __future__ import annotations

import contextlib
import queue
import socket
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

import structlog
from amqp.exceptions import AMQPError, InternalError
from kombu import Connection
from kombu.exceptions import KombuError

from services.common import logs
from services.common.errors import Unavailable
from services.common.verdicts import is_outage
from services.federation.incoming import lane_depths
from services.federation.incoming.inbox import Inbox
from services.federation.incoming.intake import Intake, Taken
from services.federation.incoming.quarantine import Delivery
from services.federation.incoming.share import Share
from services.federation.metrics import SLOWED_SECONDS
from services.federation.partners.backoff import Backoff
from services.federation.partners.borders import Borders
from services.federation.partners.connections import FAREWELL_SECONDS, watchdog
from services.federation.partners.topology import lane_of

if TYPE_CHECKING:
    from services.common.context import Context

log = structlog.get_logger(__name__)

PREFETCH: Final = 64
HANDLERS: Final = 4
WAITING: Final = 64
HEARTBEAT_SECONDS: Final = 20
CONNECT_SECONDS: Final = 4
POLL_SECONDS: Final = 1.0
DRAIN_SECONDS: Final = 20.0
RETRY_MIN_SECONDS: Final = 0.5
RETRY_MAX_SECONDS: Final = 10.0
BROKEN_TRIES: Final = 4


class Handlers:
    """Threads that apply what a lane has taken; made when there is work. Messages of a thread keep their
    order: the inbox applies one at a time of each.
    """

    def __init__(
        self, apply: Callable[[Taken], None], bind: Callable[[], None], count: int = HANDLERS
    ) -> None:
        self._apply = apply
        self._bind = bind
        self._count = count
        self._work: queue.Queue[Taken | None] = queue.Queue(maxsize=WAITING)
        self._threads: list[threading.Thread] = []

    def put(self, taken: Taken) -> None:
        """Waits when very many wait already: then the lane stands, and its broker keeps the rest."""
        if len(self._threads) < self._count:
            thread = threading.Thread(target=self._run, name="handler", daemon=True)
            self._threads.append(thread)
            thread.start()
        self._work.put(taken)

    def drain(self, wait_seconds: float) -> None:
        """Has the rest applied, and ends."""
        for _ in self._threads:
            with contextlib.suppress(queue.Full):
                self._work.put(None, timeout=wait_seconds)
        for thread in self._threads:
            thread.join(wait_seconds)

    def _run(self) -> None:
        self._bind()
        while (taken := self._work.get()) is not None:
            self._apply(taken)


class Lane:
    """One partner's lane into this service."""

    def __init__(
        self, context: Context, partner: str, intake: Intake, inbox: Inbox, borders: Borders
    ) -> None:
        self.partner = partner
        self._context = context
        self._borders = borders
        self._queue = lane_of(context.service, partner)
        self._intake = intake
        self._handlers = Handlers(inbox.apply, self._bind)
        self._share = Share(context.config.lane_messages_per_second, time.monotonic)
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name=self._queue, daemon=True)
        self._connection: Connection | None = None
        self._broken = 0  # tries in a row that the broker let us in and the queue did not work
        self._renew_at = 0.0

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Takes no more; returns when what was taken is applied, or the time is over."""
        self.stop_taking()
        self._thread.join(CONNECT_SECONDS + POLL_SECONDS)
        self._handlers.drain(DRAIN_SECONDS)

    def stop_taking(self) -> None:
        self._stopping.set()

    @property
    def connected(self) -> bool:
        return self._connection is not None

    def _bind(self) -> None:
        logs.bind(self._context.account, self._context.service, partner=self.partner)

    def _run(self) -> None:
        self._bind()
        pace = Backoff(RETRY_MIN_SECONDS, RETRY_MAX_SECONDS)
        while not self._stopping.is_set():
            try:
                self._consume(pace)
            except Exception as error:
                if not is_of_the_connection(error):
                    log.exception("a lane failed; it starts again", lane=self._queue)
                elif pace.failures in (0, 5):
                    log.warning("a lane is not there or not reachable", lane=self._queue, error=repr(error))
                self._stopping.wait(pace.failed())
            finally:
                self._hang_up()

    def _consume(self, pace: Backoff) -> None:
        connection = self._connected()
        with watchdog():
            channel = connection.channel()
        if self._broken >= BROKEN_TRIES:
            log.error("a lane can't be consumed; it is deleted, to be made anew", lane=self._queue)
            self._broken = 0
            with watchdog():
                channel.queue_delete(self._queue)
        channel.auto_decode = False  # py-amqp's own: by the content encoding
        try:
            with watchdog():
                channel.basic_qos(0, PREFETCH, False)
                channel.basic_consume(self._queue, callback=self._received)
        except (Unavailable, InternalError):
            self._broken += 1
            raise
        self._broken = 0
        pace.clear()
        self._stays_for_now()
        while not self._stopping.is_set() and time.monotonic() < self._renew_at:
            with contextlib.suppress(socket.timeout, TimeoutError):
                connection.drain_events(timeout=POLL_SECONDS)
            connection.heartbeat_check()

    def _stays_for_now(self) -> None:
        self._renew_at = time.monotonic() + self._context.config.lane_renew_seconds

    def _connected(self) -> Connection:
        options = {"heartbeat": HEARTBEAT_SECONDS, "connect_timeout": CONNECT_SECONDS}
        with watchdog():
            self._connection = lane_depths.border_connection(self._context, **options)
            self._connection.connect()
        return self._connection

    def _received(self, message: Any) -> None:
        """One raw delivery of py-amqp. Stored, then acked, then handed on."""
        self._stays_for_now()
        self._waits_its_turn()
        if self._stopping.is_set() or self._borders.was_paused_here(self.partner):
            return  # not acked: it comes again, here or elsewhere
        body = message.body
        taken = self._intake.take(
            Delivery(
                partner=self.partner,
                exchange=message.delivery_info["exchange"],
                properties=dict(message.properties),
                raw=body.encode() if isinstance(body, str) else bytes(body),
            )
        )
        message.channel.basic_ack(message.delivery_info["delivery_tag"])
        self._context.crash.here(f"{self._context.service}.after_inbox_ack")
        if taken is not None:
            self._handlers.put(taken)

    def _waits_its_turn(self) -> None:
        seconds = self._share.take()
        if seconds:
            SLOWED_SECONDS.labels(self._context.account, self._context.service, self.partner).inc(seconds)
            self._stopping.wait(seconds)

    def _hang_up(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            with contextlib.suppress(Exception), watchdog(FAREWELL_SECONDS):
                connection.close()


def is_of_the_connection(error: Exception) -> bool:
    """Whether the broker or the database is away, or the queue is; all of it passes."""
    return is_outage(error) or isinstance(error, OSError | AMQPError | KombuError)
