"""Commands: what other services (first of all the gateway) may ask a service to do.

What it promises
    A command runs at most once per call. When the service dies in the middle of one, the broker brings it
    again and the caller is told `Unavailable("interrupted")`, unless the command is `repeatable`; then it
    runs again. A call whose caller no longer waits is not run.
    Who may call is named where the command is (`allowed`): role names, `EVERYONE` (any person of the
    account), `SERVICES` (only the account's own services). The account's services pass every check.
    Errors go back as values. No failure, of the command or of its answer, ends the service (with nameko's
    own consumer an answer that cannot be sent does).
"""

from __future__ import annotations

import inspect
import time
from collections.abc import Callable, Iterable, Mapping
from functools import partial, wraps
from typing import Any

import structlog
from nameko.exceptions import ContainerBeingKilled, MethodNotFound
from nameko.extensions import register_entrypoint
from nameko.rpc import Rpc, RpcConsumer

from services.common import rpc, trace
from services.common.actor import SYSTEM, Actor
from services.common.entrypoints.consuming import BusConsumer
from services.common.errors import Forbidden, InterdeskError, Internal, Unavailable
from services.common.metrics import COMMANDS
from services.common.publishing import Outgoing
from services.common.roles import ROLES
from services.common.service_parts import WAITS_UNTIL, ServiceParts
from services.common.verdicts import is_outage

log = structlog.get_logger(__name__)

EVERYONE = frozenset({"everyone"})
SERVICES = frozenset({SYSTEM})

Outcome = tuple[Any, InterdeskError | None]


def command(allowed: Iterable[str], *, repeatable: bool = False) -> Callable[[Callable[..., Any]], Any]:
    """Makes a method `(self, actor, …)` a command; it gets an `Actor`. `repeatable`: running twice is as
    once.
    """
    names = frozenset(allowed)
    if not names or (unknown := names - ROLES - EVERYONE - SERVICES):
        raise ValueError(f"a command must name who may call it, not {sorted(unknown) if names else 'nobody'}")

    def decorate(method: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(method)
        def checked(self: Any, actor: Mapping[str, Any] | Actor, *args: Any, **kwargs: Any) -> Any:
            until = rpc.waits_until.get()
            if until is not None and time.monotonic() > until:
                raise Unavailable("too_late", "Nobody waits for this any more.")
            who = Actor.from_wire(actor)
            if not names & EVERYONE:
                who.needs(*names)
            return method(self, who, *args, **kwargs)

        register_entrypoint(checked, Command(names, repeatable, inspect.signature(method)))
        return checked

    return decorate


class CommandConsumer(RpcConsumer):
    """Takes calls from the service's RPC queue. Nothing it does can end the service."""

    queue_consumer = BusConsumer()
    parts = ServiceParts()

    def handle_message(self, body: Any, message: Any) -> None:
        try:
            provider = self.get_provider_for_method(message.delivery_info["routing_key"])
        except MethodNotFound:
            self.answer(message, (None, Internal("unknown_command", "This service has no such command.")))
        else:
            provider.handle_message(body, message)

    def handle_undecodable(self, message: Any, error: Exception) -> None:
        self.answer(message, (None, Internal("undecodable", "The call could not be read.")))

    def answer(self, message: Any, outcome: Outcome) -> None:
        """Sends the answer and acks the call. An answer that cannot be sent is the caller's time-out."""
        properties = message.properties
        try:
            self.parts.publisher.submit(
                Outgoing(
                    exchange=rpc.EXCHANGE,
                    routing_key=properties.get("reply_to") or "",
                    body=_encoded(outcome),
                    correlation_id=properties.get("correlation_id"),
                    persistent=False,
                ),
                failed=lambda error: log.warning("an answer could not be sent", error=str(error)),
            )
        except Exception:
            log.exception("an answer could not be sent")
        self.queue_consumer.ack_message(message)


class Command(Rpc):
    """The entrypoint behind `command`."""

    rpc_consumer = CommandConsumer()
    parts = ServiceParts()

    def __init__(
        self, allowed: frozenset[str], repeatable: bool, signature: inspect.Signature, **options: Any
    ) -> None:
        super().__init__(**options)
        self.allowed = allowed
        self.repeatable = repeatable
        self._signature = signature

    def stop(self) -> None:
        self.parts.draining.set()
        super().stop()

    def handle_message(self, body: Any, message: Any) -> None:
        started = time.perf_counter()
        headers = message.headers or {}
        refusal = self._refusal(body, message)
        if refusal is not None:
            self.rpc_consumer.answer(message, (None, refusal))
            self._count(refusal, started)
            return
        try:
            self.container.spawn_worker(
                self,
                body["args"],
                body["kwargs"],
                context_data={**trace.from_headers(headers), WAITS_UNTIL: _waits_until(headers)},
                handle_result=partial(self._finish, message, started),
            )
        except ContainerBeingKilled:
            self.rpc_consumer.requeue_message(message)

    def _refusal(self, body: Any, message: Any) -> InterdeskError | None:
        """Why this call is not run at all."""
        if message.delivery_info.get("redelivered") and not self.repeatable:
            return Unavailable(
                "interrupted",
                "The service was interrupted; look whether it did what was asked before you try again.",
            )
        try:
            self._signature.bind(None, *body["args"], **body["kwargs"])
            actor = Actor.from_wire(body["args"][0])
        except (KeyError, IndexError, TypeError) as error:
            log.error("command called wrongly", command=self.method_name, error=str(error))
            return Internal("wrong_arguments")
        except InterdeskError as error:
            return error
        if actor.account != self.parts.config.account:
            return Forbidden("other_account", f"This is the account {self.parts.config.account}.")
        return None

    def _finish(
        self, message: Any, started: float, worker: Any, result: Any, exc_info: Any
    ) -> tuple[Any, Any]:
        error = None
        try:
            if exc_info is not None:
                error = self._error(exc_info[1])
            self.parts.crash.here(f"{self.parts.service}.before_reply")
            self.rpc_consumer.answer(message, (result, error))
            self._count(error, started)
        except Exception:
            log.exception("a command could not be finished", command=self.method_name)
        return result, exc_info

    def _error(self, error: BaseException) -> InterdeskError:
        if isinstance(error, InterdeskError):
            if isinstance(error, Unavailable | Internal):
                log.warning("command failed", command=self.method_name, error=str(error))
            return error
        if is_outage(error):
            log.warning("command failed", command=self.method_name, error=repr(error))
            return Unavailable("database_silent", "The database does not answer just now; try again later.")
        log.error("command failed", command=self.method_name, exc_info=error)
        return Internal()

    def _count(self, error: InterdeskError | None, started: float) -> None:
        outcome = (
            "ok" if error is None else "failed" if isinstance(error, Unavailable | Internal) else "refused"
        )
        labels = (self.parts.config.account, self.parts.service, self.method_name, outcome)
        COMMANDS.labels(*labels).observe(time.perf_counter() - started)


def _waits_until(headers: Mapping[str, Any]) -> float | None:
    waits = headers.get(rpc.WAITS)
    return time.monotonic() + waits / 1000 if isinstance(waits, int) else None


def _encoded(outcome: Outcome) -> bytes:
    try:
        return rpc.answer(*outcome)
    except (TypeError, ValueError):
        log.exception("a command's result cannot travel")
        return rpc.answer(None, Internal())
