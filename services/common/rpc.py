"""Calling another service of the same account, bounded in time.

`call` waits for the answer at most `timeout` seconds and then raises `Unavailable("service_silent")`: the
command may or may not have been carried out. It never hangs, whatever has died: the caller's wait is his own,
the request expires in the queue with it, and an answer that comes too late is dropped. An error comes back as
the class it was raised as. A service that was never started here is told at once
(`Unavailable("service_unknown")`).

One client serves all green threads of a service: answers find their caller by correlation id.
"""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Mapping
from contextvars import ContextVar
from typing import Any

from services.common import bus_json, errors, trace
from services.common.actor import Actor
from services.common.errors import InterdeskError, Internal, Unavailable
from services.common.metrics import CALLS
from services.common.publishing import Outgoing, Publisher, Unroutable

EXCHANGE = "nameko-rpc"  # nameko's own name for it
WAITS = "waits_milliseconds"  # header: how long the caller waits; clocks of two machines are never compared

# In the green thread of a command: the moment (time.monotonic) from which its caller no longer waits.
waits_until: ContextVar[float | None] = ContextVar("interdesk_waits_until", default=None)


class _Waiting:
    def __init__(self) -> None:
        self.done = threading.Event()
        self.answer: Mapping[str, Any] | None = None
        self.error: InterdeskError | None = None

    def failed(self, error: InterdeskError) -> None:
        self.error = error
        self.done.set()


class RpcClient:
    """Calls by way of `publisher`; answers arrive under the routing key `reply_to` (see `deliver`)."""

    def __init__(
        self, publisher: Publisher, account: str, service: str, timeout_seconds: float, reply_to: str = ""
    ) -> None:
        self.reply_to = reply_to or uuid.uuid4().hex
        self._publisher = publisher
        self._labels = (account, service)
        self._timeout = timeout_seconds
        self._waiting: dict[str, _Waiting] = {}

    def call(
        self,
        service: str,
        method: str,
        actor: Actor | Mapping[str, Any],
        /,
        *args: Any,
        timeout: float | None = None,
        **kwargs: Any,
    ) -> Any:
        """The result of `service.method(actor, *args, **kwargs)`, or what it raised."""
        seconds = self._timeout if timeout is None else timeout
        started = time.perf_counter()
        outcome = "error"
        try:
            result = self._call(service, method, actor, args, kwargs, seconds)
            outcome = "ok"
            return result
        except InterdeskError as error:
            outcome = error.code if isinstance(error, Unavailable | Internal) else "refused"
            raise
        finally:
            spent = time.perf_counter() - started
            CALLS.labels(*self._labels, f"{service}.{method}", outcome).observe(spent)

    def deliver(self, correlation_id: str, body: Mapping[str, Any]) -> bool:
        """Gives an answer to whoever waits for it. False: nobody does any more."""
        waiting = self._waiting.pop(correlation_id, None)
        if waiting is None:
            return False
        waiting.answer = body
        waiting.done.set()
        return True

    def _call(
        self,
        service: str,
        method: str,
        actor: Actor | Mapping[str, Any],
        args: tuple[Any, ...],
        kwargs: Mapping[str, Any],
        seconds: float,
    ) -> Any:
        who = actor.to_wire() if isinstance(actor, Actor) else dict(actor)
        correlation_id = uuid.uuid4().hex
        waiting = self._waiting[correlation_id] = _Waiting()
        message = Outgoing(
            exchange=EXCHANGE,
            routing_key=f"{service}.{method}",
            body=bus_json.encode({"args": [who, *args], "kwargs": dict(kwargs)}),
            headers={**trace.headers(), WAITS: round(seconds * 1000)},
            reply_to=self.reply_to,
            correlation_id=correlation_id,
            expires_seconds=seconds,
            mandatory=True,
            persistent=False,
        )
        try:
            # The answer says that the request arrived; only a failure to send it is worth hearing about
            # before.
            self._publisher.submit(message, failed=waiting.failed)
            if not waiting.done.wait(seconds):
                raise Unavailable(
                    "service_silent",
                    f"{service} did not answer in {seconds:g} s; whether it did what was asked is not known.",
                )
        finally:
            self._waiting.pop(correlation_id, None)
        if isinstance(waiting.error, Unroutable):
            raise Unavailable("service_unknown", f"{service} has never been started here.") from waiting.error
        if waiting.error is not None:
            raise waiting.error
        return _result(waiting.answer or {})


def answer(result: Any, error: InterdeskError | None) -> bytes:
    """The body of an answer."""
    return bus_json.encode({"result": result, "error": error.to_wire() if error else None})


def _result(body: Mapping[str, Any]) -> Any:
    if body.get("error"):
        raise errors.from_wire(body["error"])
    return body.get("result")
