"""`CopyHolder({"team": "organizations", …})` on a service class: keeps copies of other services' records
(copies.py).

One durable queue takes all the `<kind>.saved` events. A snapshot of every kind is fetched each time the
service connects to its broker: at first start there is nothing else, and a broker that came back empty had
lost events.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Any

import structlog
from kombu import Queue, binding
from nameko.extensions import DependencyProvider

from services.common import logs
from services.common.copies import Copies
from services.common.entrypoints.consuming import BusConsumer
from services.common.entrypoints.settling import Settler
from services.common.outbox import event_exchange
from services.common.service_parts import ServiceParts
from services.common.verdicts import Park

log = structlog.get_logger(__name__)

RETRY_SECONDS = (0.5, 1, 2, 5, 10, 30)


class CopyHolder(DependencyProvider):
    """`owners`: kind → the service that owns it. The service's methods find the copies as
    `self.context.copies`.
    """

    queue_consumer = BusConsumer()
    parts = ServiceParts()

    def __init__(self, owners: Mapping[str, str]) -> None:
        self.owners = dict(owners)
        self.missing = set(owners)  # kinds of which no snapshot was taken since the start
        self._fetching = threading.Lock()

    def bind(self, container: Any, attr_name: str) -> CopyHolder:
        bound = super().bind(container, attr_name)
        assert isinstance(bound, CopyHolder)
        bound.parts.copy_owners.update(self.owners)
        return bound

    def setup(self) -> None:
        name = f"copies--{self.parts.service}"
        bindings = [
            binding(event_exchange(owner), routing_key=f"{kind}.saved") for kind, owner in self.owners.items()
        ]
        self.queue = Queue(name, bindings=bindings, durable=True)
        self._settler = Settler(self.parts, self.queue_consumer, name, "copies")
        self.queue_consumer.register_provider(self)
        self.queue_consumer.on_connected.append(self._fetch)

    def stop(self) -> None:
        self.queue_consumer.unregister_provider(self)

    def get_dependency(self, worker: Any) -> Copies:
        return self.parts.context.copies

    def handle_message(self, body: Any, message: Any) -> None:
        error: Exception | None = None
        try:
            kind = str(message.properties.get("type") or "").removesuffix(".saved")
            if kind not in self.owners:
                raise Park("unknown_kind", kind)
            self.parts.context.copies.store(kind, body)
        except Exception as problem:
            error = problem
        self._settler.settle(message, error)

    def handle_undecodable(self, message: Any, error: Exception) -> None:
        self._settler.settle(message, Park("undecodable", repr(error)))

    def _fetch(self) -> None:
        """Takes a snapshot of each kind, however long it takes; events go on being taken meanwhile."""
        logs.bind(self.parts.config.account, self.parts.service)
        if not self._fetching.acquire(blocking=False):
            return  # an earlier connection's fetch still goes on
        try:
            for kind in self.owners:
                self._fetch_kind(kind)
        finally:
            self._fetching.release()

    def _fetch_kind(self, kind: str) -> None:
        tries = 0
        while not self.parts.draining.is_set():
            try:
                count = self.parts.context.copies.fetch(kind)
            except Exception as error:
                wait = RETRY_SECONDS[min(tries, len(RETRY_SECONDS) - 1)]
                tries += 1
                log.info("copies not fetched yet", kind=kind, error=repr(error), next_try_seconds=wait)
                self.parts.draining.wait(wait)
            else:
                self.missing.discard(kind)
                log.info("copies fetched", kind=kind, count=count)
                return
