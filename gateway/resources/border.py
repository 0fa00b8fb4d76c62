"""What crosses the account's border, and what could not be handled: deliveries, what is parked or in
quarantine, and the ledger of a hand-over.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from flask import Response
from flask_smorest import Blueprint

from gateway import documents
from gateway.answers import Answers
from gateway.asked import list_query
from gateway.context import Databases, GatewayContext
from gateway.records import Document
from gateway.resource import Resource, ResourceViews, add_views, call, viewer
from gateway.resources.shapes.border import (
    DELIVERY,
    HANDOVER,
    LEDGER_ENTRY,
    PARKED_EVENT,
    PARKED_MESSAGE,
    QUARANTINED_MESSAGE,
)
from services.common.errors import NotFound
from services.common.parking import queries as events
from services.common.roles import OPERATORS, STAFF, WATCHERS
from services.federation import queries as border
from services.requests import queries as requests

HANDOVERS = Resource(
    path="handovers",
    shape=HANDOVER,
    service="requests",
    find=requests.list_handovers,
    get=requests.get_handover,
    readers=STAFF,
)
# Every service, or every one with a border, has such records of its own; they are read over all of them.
_watched = partial(Resource, service="", readers=WATCHERS)

DELIVERIES = _watched(
    path="deliveries",
    shape=DELIVERY,
    find=border.list_deliveries,
    get=border.get_delivery,
)
PARKED_MESSAGES = _watched(
    path="parked_messages",
    shape=PARKED_MESSAGE,
    find=border.list_parked,
    get=border.get_parked,
    writers=OPERATORS,
)
PARKED_MESSAGE_COMMANDS = {
    "replay": ("replay_parked", "Handle a parked message again"),
    "discard": ("discard_parked", "Pass over a parked message; its sender is told"),
}
PARKED_EVENTS = _watched(
    path="parked_events",
    shape=PARKED_EVENT,
    find=events.list_parked_events,
    get=events.get_parked_event,
    writers=OPERATORS,
)
PARKED_EVENT_COMMANDS = {
    "replay": ("replay_event", "Handle a parked event again"),
    "discard": ("discard_event", "Pass over a parked event"),
}
QUARANTINED_MESSAGES = _watched(
    path="quarantined_messages",
    shape=QUARANTINED_MESSAGE,
    find=border.list_quarantined,
    get=border.get_quarantined,
)


class ParkedViews(ResourceViews):
    """What is parked is handled again, or passed over for good, by the service that has it.

    `commands`: that service's, by what they do: `{"replay": (command, summary), "discard": …}`; `databases`:
    of the services that may have some.
    """

    def __init__(
        self,
        resource: Resource,
        context: GatewayContext,
        answers: Answers,
        commands: Mapping[str, tuple[str, str]],
        databases: Databases,
    ) -> None:
        super().__init__(resource, context, answers, databases)
        self._commands = commands

    def extend(self, blueprint: Blueprint) -> None:
        for name, (command, summary) in self._commands.items():
            view = documents.of_record(self._settling(command), self.resource.shape, summary)
            add_views(blueprint, f"/<id>/{name}", name, {"post": self.writer(view)})

    def _settling(self, command: str) -> Callable[[str], Response]:
        def settle(id: str) -> Response:
            document = self.load(id)
            call(self.context, document["service"], command, document["id"])
            return self.answers.record(self.resource.shape, self._after(document))

        return settle

    def _after(self, document: Document) -> Document:
        """The record as it is now; as it was when it is parked no more, and so is not shown."""
        try:
            return self.load(document["id"])
        except NotFound:
            return document


class HandoverViews(ResourceViews):
    """A hand-over goes by the id of its request. Its ledger is what was said, and what became of it."""

    def __init__(self, context: GatewayContext, answers: Answers) -> None:
        super().__init__(HANDOVERS, context, answers)

    def extend(self, blueprint: Blueprint) -> None:
        ledger = documents.of_list(self.get_ledger, LEDGER_ENTRY, "What was said about a hand-over")
        add_views(blueprint, "/<id>/ledger", "ledger", {"get": self.reader(ledger)})

    def get_ledger(self, id: str) -> Response:
        query = list_query(LEDGER_ENTRY.listing)
        found = requests.threads_of(self.database, self.id_of(id), viewer())
        threads = [(thread["partner"], thread["id"]) for thread in found]
        page = border.list_ledger(self.database, threads, query)
        return self.answers.page(LEDGER_ENTRY, page, query)
