"""One connection to a broker, with one channel in confirm mode."""

from __future__ import annotations

import contextlib
import socket
import time
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from kombu import Connection, Exchange

from services.common import bus_json
from services.common.errors import Unavailable
from services.common.publishing.messages import Job, Outgoing, Unroutable

CONNECT_SECONDS = 4
FAREWELL_SECONDS = 1
HEARTBEAT_SECONDS = 30
LOOK_SECONDS = 1e-6  # what is there is read; eventlet would make a whole millisecond of any real wait


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
                    self._connection.drain_events(timeout=LOOK_SECONDS)
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
