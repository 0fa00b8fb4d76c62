"""What becomes of a message after it was handled: acked, brought again later, or parked. See verdicts.py.

A message that is to come again is put into a waiting queue (one per handler and delay, with a time to live)
whose dead letters go back to the handler's queue; how often it was tried travels in a header. Only when the
broker has confirmed that is the original acked. When even that fails, the original goes back into its queue:
a message is never lost, and never spins (a plain requeue would bring it back at once, thousands of times).
"""

from __future__ import annotations

import time
from typing import Any

import structlog
from kombu import Queue

from services.common import bus_json, parking
from services.common.entrypoints.consuming import BusConsumer
from services.common.errors import Unavailable
from services.common.metrics import EVENTS
from services.common.publishing import Outgoing
from services.common.service_parts import ServiceParts
from services.common.verdicts import Later, Park, is_outage

log = structlog.get_logger(__name__)

TRIES = 5  # of what is neither an outage nor asked to come later
TRIED = "tries"  # header: how often it was tried already
DELAYS = (0.2, 1, 5, 15, 60, 300, 900)  # seconds; a waiting queue each, made when it is needed
REQUEUE_SECONDS = 1


class Settler:
    """Settles the messages of one handler's queue."""

    def __init__(self, parts: ServiceParts, consumer: BusConsumer, queue: str, handler: str) -> None:
        self._parts = parts
        self._consumer = consumer
        self._queue = queue
        self._handler = handler

    def settle(self, message: Any, error: BaseException | None) -> None:
        """Acks, delays or parks. Never raises."""
        try:
            self._count(self._settle(message, error))
        except Exception as problem:
            log.warning(
                "a message could not be settled; it goes back", handler=self._handler, error=repr(problem)
            )
            time.sleep(REQUEUE_SECONDS)
            self._consumer.requeue_message(message)

    def _settle(self, message: Any, error: BaseException | None) -> str:
        if error is None:
            self._parts.crash.here(f"{self._parts.service}.after_event")
            self._consumer.ack_message(message)
            return "done"
        tries = _tries(message) + 1
        if isinstance(error, Park):
            return self._park(message, error.code, error.detail, tries)
        if isinstance(error, Later):
            log.info("event later", handler=self._handler, code=error.code, tries=tries)
            return self._delay(message, error.seconds, tries)
        if is_outage(error):
            log.warning("event later", handler=self._handler, error=repr(error), tries=tries)
            return self._delay(message, 2.0 ** min(tries - 1, 9), tries)
        log.error("event failed", handler=self._handler, tries=tries, exc_info=error)
        if tries >= TRIES:
            return self._park(message, "internal_error", repr(error), tries)
        return self._delay(message, DELAYS[min(tries - 1, len(DELAYS) - 1)], tries)

    def _delay(self, message: Any, seconds: float, tries: int) -> str:
        delay = next((delay for delay in DELAYS if delay >= seconds), DELAYS[-1])
        milliseconds = round(delay * 1000)
        name = f"later-{milliseconds}--{self._queue}"
        waiting = Queue(
            name,
            durable=True,
            queue_arguments={
                "x-message-ttl": milliseconds,
                "x-dead-letter-exchange": "",
                "x-dead-letter-routing-key": self._queue,
                # It goes by itself when nobody has used it for long; never before its last message has left.
                "x-expires": milliseconds * 2 + 600_000,
            },
        )
        self._parts.publisher.publish(self._outgoing(message, name, tries, waiting))
        self._consumer.ack_message(message)
        return "later"

    def _park(self, message: Any, code: str, detail: str, tries: int) -> str:
        parked = parking.Parked(
            queue=self._queue,
            handler=self._handler,
            type=_type(message),
            message_id=_message_id(message),
            body=_bytes(message),
            content_type=message.content_type or "application/octet-stream",
            headers=_headers(message),
            code=code,
            detail=detail[:2000],
            tries=tries,
        )
        try:
            parking.park(self._parts.context.database, self._parts.clock, parked)
        except Unavailable:
            return self._delay(message, DELAYS[2], tries - 1)
        log.error("event parked", handler=self._handler, code=code, event_id=parked.message_id)
        self._consumer.ack_message(message)
        return "parked"

    def _outgoing(self, message: Any, queue: str, tries: int, declare: Queue) -> Outgoing:
        return Outgoing(
            exchange="",
            routing_key=queue,
            body=_bytes(message),
            headers={**_headers(message), TRIED: tries},
            content_type=message.content_type or bus_json.CONTENT_TYPE,
            message_id=_message_id(message),
            type=_type(message),
            mandatory=True,
            declare=declare,
        )

    def _count(self, verdict: str) -> None:
        config = self._parts.config
        EVENTS.labels(config.account, self._parts.service, self._handler, verdict).inc()


def _tries(message: Any) -> int:
    tries = (message.headers or {}).get(TRIED)
    return tries if isinstance(tries, int) and 0 <= tries < 2**31 else 0


def _headers(message: Any) -> dict[str, Any]:
    """Those that the relay gave it; the broker's own (`x-death` …) stay behind."""
    kept = ("at", "traceparent", "request_id")
    return {name: value for name, value in (message.headers or {}).items() if name in kept}


def _message_id(message: Any) -> str:
    return str(message.properties.get("message_id") or message.delivery_tag)


def _type(message: Any) -> str:
    return str(message.properties.get("type") or message.delivery_info.get("routing_key") or "")


def _bytes(message: Any) -> bytes:
    body = message.body
    return body.encode() if isinstance(body, str) else bytes(body)
