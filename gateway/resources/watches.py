"""What the caller watches: requests that he may see, of which he hears in his inbox.

As in the inbox, a request is shown as it is now; one that he may see no more is left out.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Response, request

from gateway import bodies, documents
from gateway.answers import Answers
from gateway.asked import idempotency_key
from gateway.context import GatewayContext
from gateway.records import Document
from gateway.resource import Resource, ResourceViews, Views, status_of, viewer
from gateway.resources.inbox import SERVICE, Shown, Sources
from gateway.resources.shapes.inbox import WATCH
from services.common.actor import Actor
from services.common.errors import Invalid, NotFound
from services.common.listing import ListQuery, Page
from services.common.schemas import loaded
from services.notifications import queries, schemas
from services.requests import queries as requests


def _watches(sources: Sources, query: ListQuery, viewer: Actor) -> Page:
    found = queries.list_watches(sources.databases[SERVICE], query, viewer)
    return sources.page(found, viewer, _with_request(sources))


def _watch(sources: Sources, id: int, viewer: Actor) -> Document:
    watch = queries.get_watch(sources.databases[SERVICE], id, viewer)
    return sources.one(watch, viewer, _with_request(sources))


def _with_request(sources: Sources) -> Shown:
    def shown(watch: Document, of: Mapping[str, Any]) -> Document:
        return {**watch, "request": sources.named(of)}

    return shown


WATCHES = Resource(
    path="me/watches",
    shape=WATCH,
    service=SERVICE,
    find=_watches,
    get=_watch,
    create="add_watch",
    input=schemas.WatchInputSchema,
    scope="requests",
)
_TAKEN = schemas.WatchInputSchema()


class WatchViews(ResourceViews):
    """The caller adds requests and takes them off."""

    def __init__(self, context: GatewayContext, answers: Answers) -> None:
        sources = Sources(context.databases, context.config.domain, answers.url)
        super().__init__(WATCHES, context, answers, sources)

    def of_item(self) -> Views:
        gone = {"204": {"description": "He hears no more of it"}}
        remove = documents.describe(self.remove, "Watch a request no more", answers=gone)
        return {**super().of_item(), "delete": self.writer(remove)}

    def _create(self) -> Response:
        """The service knows no requests: whether the caller may see this one is looked at here."""
        fields = bodies.fields_of(request)
        id = loaded(_TAKEN, fields)["request_id"]
        try:
            requests.get_request(self.context.databases["requests"], id, viewer())
        except NotFound as missing:
            raise Invalid(errors=[("request_id", f"there is no request {id}")]) from missing
        made = self.call("add_watch", fields, idempotency_key())
        return self.changed(made["id"], status_of(made))

    def remove(self, id: str) -> Response:
        self.call("remove_watch", self.id_of(id))
        return Response(status=204)
