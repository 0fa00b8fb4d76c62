"""What the caller is told: his inbox, and those of his teams.

An inbox names requests; they are shown as they are now, to those who may see them. What the caller may see no
more is left out, so a page may hold fewer entries than it has room for.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from flask import Response
from flask_smorest import Blueprint
from marshmallow import Schema, fields

from gateway import documents
from gateway.answers import Answers, of_json
from gateway.context import Databases, GatewayContext
from gateway.records import Document
from gateway.resource import Resource, ResourceViews, add_views
from gateway.resources.shapes.inbox import INBOX_ENTRY
from gateway.resources.shapes.requests import REQUEST
from services.common.actor import Actor
from services.common.errors import NotFound
from services.common.ids import node_id
from services.common.listing import ListQuery, Page
from services.notifications import queries, schemas
from services.requests import queries as requests

Shown = Callable[[Document, Mapping[str, Any]], Document]
"""`(what names a request, the request)` -> both as one."""

_SHOWN = ("subject", "status", "impact", "next_target_at", "team_id", "member_id")


@dataclass(frozen=True)
class Sources:
    """Where entries and their requests are, and how a request is called outside."""

    databases: Databases
    domain: str
    url: Callable[[str], str]

    def named(self, request: Mapping[str, Any]) -> Document:
        """A request, which the caller may see, as it is now."""
        id = request["id"]
        return {
            "id": id,
            "nodeID": node_id(self.domain, REQUEST.type, id),
            "href": self.url(f"/v1/requests/{id}"),
            **{name: request[name] for name in _SHOWN},
            **({"account": request["account"]} if request["account"] else {}),
        }

    def shown(self, entry: Document, request: Mapping[str, Any]) -> Document:
        """An entry with its request."""
        whose = {
            "organization_id": request["organization_id"],
            "requester_id": request["requested_for_id"],
            "requester_name": request["requester"],
        }
        new = entry["reason"] == "assigned" and entry["read_at"] is None and entry["closed_at"] is None
        return {**entry, "request": {**self.named(request), "for": whose, "new_assignment": new}}

    def page(self, page: Page, viewer: Actor, shown: Shown) -> Page:
        """A page of what names requests, with those that the caller may see."""
        among = {each["request_id"] for each in page.items}
        seen = requests.visible_among(self.databases["requests"], among, viewer)
        items = (each for each in page.items if each["request_id"] in seen)
        return replace(page, items=tuple(shown(each, seen[each["request_id"]]) for each in items))

    def one(self, document: Document, viewer: Actor, shown: Shown) -> Document:
        """Raises NotFound, also of what names a request that he may not see any more."""
        id = document["request_id"]
        seen = requests.visible_among(self.databases["requests"], {id}, viewer)
        if id not in seen:
            raise NotFound()
        return shown(document, seen[id])


def _my_inbox(sources: Sources, query: ListQuery, viewer: Actor) -> Page:
    found = queries.list_my_inbox(sources.databases[SERVICE], query, viewer)
    return sources.page(found, viewer, sources.shown)


def _my_teams_inbox(sources: Sources, query: ListQuery, viewer: Actor) -> Page:
    found = queries.list_my_teams_inbox(sources.databases[SERVICE], query, viewer)
    return sources.page(found, viewer, sources.shown)


def _entry(sources: Sources, id: int, viewer: Actor) -> Document:
    entry = queries.get_entry(sources.databases[SERVICE], id, viewer)
    return sources.one(entry, viewer, sources.shown)


SERVICE = "notifications"
MY_INBOX = Resource(
    path="me/my_inbox",
    shape=INBOX_ENTRY,
    service=SERVICE,
    find=_my_inbox,
    get=_entry,
    update="mark_entry",
    edit=schemas.ReadInputSchema,
    scope="requests",
)
MY_TEAMS_INBOX = replace(MY_INBOX, path="me/my_teams_inbox", find=_my_teams_inbox)


class MarkedSchema(Schema):
    """How many entries were not read before."""

    marked = fields.Integer()


class InboxViews(ResourceViews):
    """Entries come and go by themselves; the caller marks those that he has read, one or all."""

    def __init__(self, resource: Resource, context: GatewayContext, answers: Answers) -> None:
        sources = Sources(context.databases, context.config.domain, answers.url)
        super().__init__(resource, context, answers, sources)

    def extend(self, blueprint: Blueprint) -> None:
        marked = {"200": documents.answer("What was marked", MarkedSchema())}
        view = documents.describe(self.mark_all, "Mark all that is open as read", answers=marked)
        add_views(blueprint, "/mark_read", "mark_read", {"post": self.writer(view)})

    def mark_all(self) -> Response:
        return of_json(self.call("mark_inbox_read", self.resource.path == MY_TEAMS_INBOX.path))
