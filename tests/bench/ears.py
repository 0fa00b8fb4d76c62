"""Hears the events of an account's requests, so that waiting for one costs the account nothing."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections import defaultdict
from types import TracebackType
from typing import Any

from kombu import Connection, Consumer, Exchange, Queue

from services.common import bus_json

Heard = tuple[int, str, str | None]
DEADLINE_SECONDS = 60.0
RECORDED = "request.recorded"  # the whole record, for reports: it says nothing that others don't


class Ears:
    """Notes when each event arrived: by request, type, and the request's status where the event tells it."""

    def __init__(self, amqp_uri: str) -> None:
        self._connection = Connection(amqp_uri)
        self._times: dict[Heard, list[float]] = defaultdict(list)
        self._changed = threading.Condition()
        self._stopping = False
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._listen, daemon=True)

    def __enter__(self) -> Ears:
        self._thread.start()
        if not self._ready.wait(DEADLINE_SECONDS):
            raise TimeoutError("the broker does not let us listen")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._stopping = True
        self._thread.join(10)

    def wait(self, request_id: int, type: str, status: str | None = None, times: int = 1) -> float:
        """When the event arrived for that time (`time.perf_counter`). Raises TimeoutError."""
        key = (request_id, type, status)
        with self._changed:
            if not self._changed.wait_for(lambda: len(self._times[key]) >= times, DEADLINE_SECONDS):
                raise TimeoutError(f"request {request_id}: no {type} {status or ''} in {DEADLINE_SECONDS} s")
            return self._times[key][times - 1]

    def _listen(self) -> None:
        exchange = Exchange("requests.events", type="topic", durable=True)
        queue = Queue("", exchange=exchange, routing_key="request.#", exclusive=True, auto_delete=True)
        with (
            self._connection as connection,
            Consumer(connection.channel(), [queue], on_message=self._hear, no_ack=True),
        ):
            self._ready.set()
            while not self._stopping:
                with contextlib.suppress(socket.timeout, TimeoutError):
                    connection.drain_events(timeout=0.5)

    def _hear(self, message: Any) -> None:
        now = time.perf_counter()
        type = message.delivery_info["routing_key"]
        if type == RECORDED:
            return
        body = bus_json.decode(message.body)
        with self._changed:
            for status in {None, body.get("status")}:
                self._times[body["request_id"], type, status].append(now)
            self._changed.notify_all()
