"""Events of other services (or one's own), handled with verdicts.

`@handle_event("organizations", "team.saved")` on `(self, body)`. Each handler has a durable queue of its own,
bound when the service first starts; from then on no event passes it by, whoever is down. Events may come
twice and out of order (common/outbox); a handler bears that, by the version or the id in the body. Returning
means done; see verdicts.py for the rest.
"""

from __future__ import annotations

from functools import partial
from typing import Any

from kombu import Queue
from nameko.exceptions import ContainerBeingKilled
from nameko.extensions import Entrypoint

from services.common import trace
from services.common.entrypoints.consuming import BusConsumer
from services.common.entrypoints.settling import Settler
from services.common.outbox import event_exchange
from services.common.service_parts import ServiceParts
from services.common.verdicts import Park


class EventHandler(Entrypoint):
    """The entrypoint behind `handle_event`."""

    queue_consumer = BusConsumer()
    parts = ServiceParts()

    def __init__(self, source_service: str, event_type: str, **options: Any) -> None:
        super().__init__(**options)
        self.source_service = source_service
        self.event_type = event_type

    def setup(self) -> None:
        service = self.parts.service
        name = f"evt-{self.source_service}-{self.event_type}--{service}.{self.method_name}"
        exchange = event_exchange(self.source_service)
        self.queue = Queue(name, exchange=exchange, routing_key=self.event_type, durable=True)
        self._settler = Settler(self.parts, self.queue_consumer, name, self.method_name)
        self.queue_consumer.register_provider(self)

    def stop(self) -> None:
        self.parts.draining.set()
        self.queue_consumer.unregister_provider(self)

    def handle_message(self, body: Any, message: Any) -> None:
        try:
            self.container.spawn_worker(
                self,
                (body,),
                {},
                context_data=trace.from_headers(message.headers),
                handle_result=partial(self._finish, message),
            )
        except ContainerBeingKilled:
            self.queue_consumer.requeue_message(message)

    def handle_undecodable(self, message: Any, error: Exception) -> None:
        self._settler.settle(message, Park("undecodable", repr(error)))

    def _finish(self, message: Any, worker: Any, result: Any, exc_info: Any) -> tuple[Any, Any]:
        self._settler.settle(message, exc_info[1] if exc_info else None)
        return result, exc_info


handle_event = EventHandler.decorator
