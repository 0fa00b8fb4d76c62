"""Publishing to a broker: confirmed, bounded in time, by one connection that everybody in a service shares.

What it promises
    `publish` returns when the broker has confirmed every message, or raises `Unavailable` after at most
    `timeout_seconds`; then it is not known whether they arrived. It never blocks for ever, also not on a
    broker that holds its connections open and says nothing (kombu's own publish would). A message marked
    `mandatory` that no queue takes raises `Unroutable`.

How
    One thread owns the connection. Callers queue their messages and wait; the thread takes whatever has come
    together, writes it all, and waits once for the broker's confirms: many callers cost little more than one.
    Before it writes it looks whether the broker has closed the connection, and makes a new one if so. When a
    confirm does not come in time, the connection is thrown away and every caller in that batch is told.

Threads, queues and events are those of the standard library: green under eventlet, real without it.
"""

from __future__ import annotations

import contextlib
import queue
import socket
import threading
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import structlog
from kombu import Connection, Exchange, Queue

from services.common import bus_json
from services.common.errors import Unavailable

log = structlog.get_logger(__name__)

CONNECT_SECONDS = 4
FAREWELL_SECONDS = 1
HEARTBEAT_SECONDS = 30
IDLE_SECONDS = 5
MAX_BATCH = 500


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


class Publisher:
    """Publishes to the broker at `uri`. `declare` is made sure of on every new connection."""

    def __init__(
        self, uri: str, *, declare: Sequence[Exchange] = (), timeout_seconds: float = 10, name: str = ""
    ) -> None:
        self._uri = uri
        self._declare = tuple(declare)
        self._timeout = timeout_seconds
        self._name = name or "publisher"
        self._jobs: queue.Queue[Job | None] = queue.Queue()
        self._thread: threading.Thread | None = None
        self._starting = threading.Lock()
        self._closed = False
        self._wire: Wire | None = None

    def publish(self, *messages: Outgoing, timeout_seconds: float | None = None) -> None:
        """Returns when all are confirmed. Raises `Unavailable` (`broker_silent`, `broker_refused`),
        `Unroutable`.
        """
        if not messages:
            return
        job = self._queue(messages, None)
        if not job.done.wait(timeout_seconds or self._timeout + CONNECT_SECONDS):
            job.abandoned = True
            raise _silent()
        if job.error is not None:
            raise job.error

    def submit(self, *messages: Outgoing, failed: Callable[[Unavailable], None] | None = None) -> None:
        """Queues messages and returns at once; `failed` is told if they could not be published."""
        self._queue(messages, failed)

    def close(self, wait_seconds: float = 5) -> None:
        """Publishes what is queued, then hangs up."""
        with self._starting:
            self._closed = True
            thread = self._thread
        if thread is not None:
            self._jobs.put(None)
            thread.join(wait_seconds)

    @property
    def connected(self) -> bool:
        return self._wire is not None

    def _queue(self, messages: Sequence[Outgoing], failed: Callable[[Unavailable], None] | None) -> Job:
        with self._starting:
            if self._closed:
                raise Unavailable("shutting_down", "This service is shutting down.")
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name=self._name, daemon=True)
                self._thread.start()
            job = Job(messages, failed)
            self._jobs.put(job)
        return job

    def _run(self) -> None:
        while True:
            jobs, last = self._take()
            if jobs:
                self._work(jobs)
            elif self._wire is not None and not last:
                self._breathe()
            if last:
                self._hang_up()
                return

    def _take(self) -> tuple[list[Job], bool]:
        jobs: list[Job] = []
        with contextlib.suppress(queue.Empty):
            first = self._jobs.get(timeout=IDLE_SECONDS)
            while first is not None:
                jobs.append(first)
                if len(jobs) >= MAX_BATCH:
                    return jobs, False
                first = self._jobs.get_nowait()
            return jobs, True
        return jobs, False

    def _work(self, jobs: list[Job]) -> None:
        wanted = [job for job in jobs if not job.abandoned]
        try:
            self._send(wanted)
        except Exception as error:
            # Whatever the connection died of: its callers learn that nothing is known, and the next one is
            # new.
            log.warning("publishing failed", publisher=self._name, error=repr(error))
            self._hang_up()
            for job in wanted:
                job.error = job.error or _silent()
        finally:
            for job in jobs:
                job.finish()

    def _send(self, jobs: list[Job]) -> None:
        if self._wire is not None and not self._wire.alive():
            self._hang_up()
        if self._wire is None:
            self._wire = Wire(self._uri, self._declare, self._timeout)
        self._wire.send(jobs, self._timeout)

    def _breathe(self) -> None:
        """Keeps an idle connection's heartbeat going."""
        if self._wire is not None and not self._wire.alive():
            self._hang_up()

    def _hang_up(self) -> None:
        wire, self._wire = self._wire, None
        if wire is not None:
            wire.close()


class Wire:
    """One connection with one channel in confirm mode. Any exception means: throw it away."""

    def __init__(
        self,
        uri: str,
        declare: Sequence[Exchange],
        timeout_seconds: float,
        ssl: Mapping[str, Any] | None = None,
    ) -> None:
        # kombu's own confirm mode waits for each message by itself; ours is selected below.
        self._connection = Connection(
            uri,
            ssl=dict(ssl) if ssl is not None else None,
            heartbeat=HEARTBEAT_SECONDS,
            connect_timeout=CONNECT_SECONDS,
            transport_options={"confirm_publish": False},
        )
        try:
            self._connection.ensure_connection(
                max_retries=1, interval_start=0, interval_step=0, interval_max=0
            )
            _bound_socket(self._connection, timeout_seconds)
            self._channel = self._connection.channel()
            for entity in declare:
                entity(self._channel).declare()
            self._confirms = hasattr(self._channel, "confirm_select")  # an in-memory bus has no confirms
            if self._confirms:
                self._channel.confirm_select()
                self._channel.events["basic_ack"].add(self._on_ack)
                self._channel.events["basic_nack"].add(self._on_nack)
                self._channel.events["basic_return"].add(self._on_return)
        except BaseException:
            self.close()
            raise
        self._tag = 0
        self._open: dict[int, tuple[Job, str]] = {}
        self._returned: set[str] = set()

    def alive(self) -> bool:
        """Whether the broker still holds the line, as far as can be told without asking."""
        try:
            with contextlib.suppress(socket.timeout, TimeoutError):
                while True:
                    self._connection.drain_events(timeout=0.0001)
            self._connection.heartbeat_check()
        except Exception:
            return False
        return True

    def send(self, jobs: Sequence[Job], timeout_seconds: float) -> None:
        self._open.clear()
        self._returned.clear()
        for job in jobs:
            for message in job.messages:
                self._publish(job, message)
        ends_at = time.monotonic() + timeout_seconds
        while self._confirms and self._open:
            left = ends_at - time.monotonic()
            if left <= 0:
                raise TimeoutError("no confirm in time")
            self._connection.drain_events(timeout=left)

    def close(self) -> None:
        # A dead broker does not answer the farewell, so that is bounded too.
        with contextlib.suppress(Exception):
            _bound_socket(self._connection, FAREWELL_SECONDS)
        with contextlib.suppress(Exception):
            self._connection.close()

    def _publish(self, job: Job, message: Outgoing) -> None:
        if message.declare is not None:
            message.declare(self._channel).declare()
        message_id = message.message_id or uuid.uuid4().hex
        prepared = self._channel.prepare_message(
            message.body,
            content_type=message.content_type,
            content_encoding="utf-8" if message.content_type == bus_json.CONTENT_TYPE else "binary",
            headers=dict(message.headers),
            properties=message.properties(message_id),
        )
        self._tag += 1
        self._open[self._tag] = (job, message_id)
        self._channel.basic_publish(
            prepared,
            exchange=message.exchange,
            routing_key=message.routing_key,
            mandatory=message.mandatory,
        )

    def _on_ack(self, tag: int, multiple: bool) -> None:
        for job, message_id in self._settled(tag, multiple):
            if message_id in self._returned:  # the return of a message comes before its confirm
                job.error = Unroutable(message="No service here takes this; is it running?")

    def _on_nack(self, tag: int, multiple: bool) -> None:
        for job, _ in self._settled(tag, multiple):
            job.error = Unavailable("broker_refused", "The broker refused the message; a queue is full.")

    def _on_return(self, error: object, exchange: str, routing_key: str, message: Any) -> None:
        self._returned.add(message.properties.get("message_id", ""))

    def _settled(self, tag: int, multiple: bool) -> list[tuple[Job, str]]:
        tags = [open_tag for open_tag in self._open if open_tag <= tag] if multiple else [tag]
        return [self._open.pop(settled) for settled in tags if settled in self._open]


def _bound_socket(connection: Connection, seconds: float) -> None:
    """Bounds writes: a frozen broker stops reading, and then a plain send would wait for ever."""
    # Asked while it is not connected, kombu's connection would connect.
    transport = getattr(connection.connection, "transport", None) if connection.connected else None
    sock = getattr(transport, "sock", None)
    if sock is not None:
        sock.settimeout(seconds)


def _silent() -> Unavailable:
    return Unavailable("broker_silent", "The message broker does not answer just now; try again later.")
