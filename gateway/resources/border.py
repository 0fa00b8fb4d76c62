"""What crosses the account's border: deliveries, what is parked, and the ledger of a hand-over."""

from __future__ import annotations

from collections.abc import Callable

from flask import Response
from flask_smorest import Blueprint

from gateway import documents
from gateway.answers import Answers
from gateway.audiences import ADMINISTRATORS, STAFF
from gateway.context import GatewayContext
from gateway.resource import Resource, ResourceViews, add_views, call, list_query, viewer
from gateway.resources.shapes import DELIVERY, HANDOVER, LEDGER_ENTRY, PARKED_MESSAGE
from services.common.listing import page_at_hand
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
DELIVERIES = Resource(
    path="deliveries",
    shape=DELIVERY,
    service="",
    find=border.list_deliveries,
    get=border.get_delivery,
    readers=border.WATCHERS,
)
PARKED_MESSAGES = Resource(
    path="parked_messages",
    shape=PARKED_MESSAGE,
    service="",
    find=border.list_parked,
    get=border.get_parked,
    readers=border.WATCHERS,
    writers=ADMINISTRATORS,
)


class ParkedMessageViews(ResourceViews):
    """A parked message is handled again, or passed over for good, by the service that has it."""

    def __init__(self, context: GatewayContext, answers: Answers) -> None:
        super().__init__(PARKED_MESSAGES, context, answers, context.databases)

    def extend(self, blueprint: Blueprint) -> None:
        for name, command, summary in (
            ("replay", "replay_parked", "Handle a parked message again"),
            ("discard", "discard_parked", "Pass over a parked message; its sender is told"),
        ):
            view = documents.of_record(self._settling(command), PARKED_MESSAGE, summary)
            add_views(blueprint, f"/<id>/{name}", name, {"post": self.writer(view)})

    def _settling(self, command: str) -> Callable[[str], Response]:
        def settle(id: str) -> Response:
            document = self.load(id)
            call(self.context, document["service"], command, document["id"])
            return self.answers.record(PARKED_MESSAGE, document)

        return settle


class HandoverViews(ResourceViews):
    """A hand-over goes by the id of its request. Its ledger is what was said, and what became of it."""

    def __init__(self, context: GatewayContext, answers: Answers) -> None:
        super().__init__(HANDOVERS, context, answers)

    def extend(self, blueprint: Blueprint) -> None:
        ledger = documents.of_list(self.get_ledger, LEDGER_ENTRY, "What was said about a hand-over")
        add_views(blueprint, "/<id>/ledger", "ledger", {"get": self.reader(ledger)})

    def get_ledger(self, id: str) -> Response:
        query = list_query(LEDGER_ENTRY.listing)
        said = [
            {**entry, "id": entry["message_id"], "partner": thread["partner"], "thread": thread["id"]}
            for thread in requests.threads_of(self.database, self.id_of(id), viewer())
            for entry in border.ledger(self.database, thread["partner"], thread["id"])
        ]
        page = page_at_hand(said, LEDGER_ENTRY.listing, query)
        return self.answers.page(LEDGER_ENTRY, page, query)
