"""What an operator may ask of a service about its parked events: the same commands in each service.

    class ReportingService(ParkedEventCommands):
        context = ServiceContext(collections=…)

A service with a border has them from its `BorderCommands`.
"""

from __future__ import annotations

from typing import Any

from nameko.extensions import DependencyProvider

from services.common import parking
from services.common.actor import Actor
from services.common.context import Context
from services.common.entrypoints import command, every
from services.common.metrics import PARKED_EVENTS
from services.common.outbox import Publishes
from services.common.roles import OPERATORS
from services.common.service_parts import ServiceParts

MEASURE_SECONDS = 30.0


class EventDesk:
    """What a person may do with a service's parked events. The caller checks that he may."""

    def __init__(self, context: Context, publisher: Publishes) -> None:
        self._context = context
        self._publisher = publisher

    def replay(self, id: str, by: Actor) -> None:
        """Raises what `parking.replay` does."""
        parking.replay(self._context.database, self._context.clock, self._publisher, id, by)

    def discard(self, id: str, by: Actor) -> None:
        """Raises what `parking.discard` does."""
        parking.discard(self._context.database, self._context.clock, id, by)

    def measure(self) -> None:
        gauge = PARKED_EVENTS.labels(self._context.account, self._context.service)
        gauge.set(parking.waiting(self._context.database))


class ParkedEvents(DependencyProvider):
    """Declares the collection; in methods it is an `EventDesk`."""

    parts = ServiceParts()

    def bind(self, container: Any, attr_name: str) -> ParkedEvents:
        bound = super().bind(container, attr_name)
        assert isinstance(bound, ParkedEvents)
        bound.parts.collections.append(parking.COLLECTION)
        return bound

    def get_dependency(self, worker: Any) -> EventDesk:
        return EventDesk(self.parts.context, self.parts.publisher)


class ParkedEventCommands:
    """For a service class, which has its `context`."""

    parked_events: EventDesk = ParkedEvents()

    @command(allowed=OPERATORS)
    def replay_event(self, actor: Actor, id: str) -> dict[str, Any]:
        """Has a parked event handled again. Raises NotFound, Conflict `not_parked`, `no_handler`."""
        self.parked_events.replay(id, actor)
        return {"id": id}

    @command(allowed=OPERATORS)
    def discard_event(self, actor: Actor, id: str) -> dict[str, Any]:
        """Passes over a parked event for good. Raises NotFound, Conflict `not_parked`."""
        self.parked_events.discard(id, actor)
        return {"id": id}

    @every(MEASURE_SECONDS, at_start=True)
    def measure_parked_events(self) -> None:
        self.parked_events.measure()
