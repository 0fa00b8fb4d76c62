"""`ServiceContext()` on a service class: gives its methods `self.context` and keeps what is behind it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import structlog
from kombu import Exchange, Queue
from nameko.extensions import DependencyProvider, SharedExtension

from services.common import logs, rpc, trace
from services.common.context import Context
from services.common.entrypoints.consuming import BusConsumer
from services.common.service_parts import WAITS_UNTIL, ServiceParts
from services.common.store import Collection

log = structlog.get_logger(__name__)

REPLY_QUEUE_EXPIRES_MILLISECONDS = 300_000


class Replies(SharedExtension):
    """The queue in which answers to this service's calls arrive; it goes when the service has been away."""

    queue_consumer = BusConsumer()
    parts = ServiceParts()

    def setup(self) -> None:
        reply_to = self.parts.rpc.reply_to
        self.queue = Queue(
            f"rpc.reply-{self.parts.service}-{reply_to}",
            exchange=Exchange(rpc.EXCHANGE, durable=True, type="topic"),
            routing_key=reply_to,
            queue_arguments={"x-expires": REPLY_QUEUE_EXPIRES_MILLISECONDS},
        )
        self.queue_consumer.register_provider(self)

    def stop(self) -> None:
        self.queue_consumer.unregister_provider(self)

    def handle_message(self, body: Any, message: Any) -> None:
        self.queue_consumer.ack_message(message)
        self.parts.rpc.deliver(message.properties.get("correlation_id"), body)


class ServiceContext(DependencyProvider):
    """Every collection of the service is declared here: its indexes are made at start, its outboxes swept."""

    parts = ServiceParts()
    replies = Replies()

    def __init__(self, collections: Iterable[Collection] = ()) -> None:
        self._collections = tuple(collections)

    def bind(self, container: Any, attr_name: str) -> ServiceContext:
        bound = super().bind(container, attr_name)
        assert isinstance(bound, ServiceContext)
        bound.parts.collections.extend(self._collections)
        return bound

    def setup(self) -> None:
        logs.bind(self.parts.config.account, self.parts.service)
        self.parts.ensure_indexes()

    def get_dependency(self, worker: Any) -> Context:
        return self.parts.context

    def worker_setup(self, worker: Any) -> None:
        # A worker has a green thread of its own: what is set here ends with it.
        trace.begin(**{name: worker.data.get(name) for name in (trace.REQUEST_ID, trace.TRACEPARENT)})
        rpc.waits_until.set(worker.data.get(WAITS_UNTIL))
        logs.bind(self.parts.config.account, self.parts.service, entrypoint=worker.entrypoint.method_name)
