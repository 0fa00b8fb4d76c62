"""Resources: what is alike in all of them, written once.

A resource is a kind of record under a path. From its declaration come the views

    GET   /v1/teams             a page of the list      POST  /v1/teams             a new record
    GET   /v1/teams/enabled     a predefined filter     GET   /v1/teams/5           one record, all its fields
    PATCH /v1/teams/5           a change                GET   /v1/teams/5/members   a list under a record

with the conventions of docs/api.md. Reading asks the owning service's `queries`, writing the service itself.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from flask import Response, g, request
from flask.views import MethodView
from flask_smorest import Blueprint
from marshmallow import Schema

from gateway import audit, bodies, documents
from gateway.answers import Answers
from gateway.asked import chosen_fields, idempotency_key, list_query, new_fields
from gateway.audiences import allowed, everyone
from gateway.context import GatewayContext
from gateway.records import Document, Shape
from gateway.uploads import brought
from services.common.actor import Actor
from services.common.errors import NotFound
from services.common.listing import ListQuery, Page
from services.common.roles import AUDITORS, STAFF

Find = Callable[[Any, ListQuery, Actor], Page]
"""`(database, query, viewer)` -> the page that the viewer may see."""
Audit = Callable[[Any, Any, Actor], Sequence[Document]]
"""`(database, id, viewer)` -> the record's audit lines (`services.common.audit`). Raises NotFound."""
Get = Callable[[Any, Any, Actor], Document]
"""`(database, id, viewer)` -> the record with its `version`. Raises NotFound, also of what he may not see."""
FindUnder = Callable[[Any, Any, ListQuery, Actor], Page]
"""`(database, id of the record above, query, viewer)` -> a page of what belongs to it."""

View = Callable[..., Response]
Views = dict[str, View]


@dataclass(frozen=True)
class Children:
    """A list under a record: `/teams/5/members`. `filters` are the predefined filters that are paths too;
    `service` is whose records they are, where that is another than the record's above.
    """

    path: str
    shape: Shape
    find: FindUnder
    filters: tuple[str, ...] = ()
    service: str = ""


@dataclass(frozen=True)
class Named:
    """A list of the records whose ids stand in a field of the record above: `/slas/5/organizations`.
    `service`: whose they are."""

    path: str
    shape: Shape
    find: Find
    attribute: str
    service: str


@dataclass(frozen=True)
class Resource:
    """`readers` and `writers` are roles; an empty `readers` lets every person of the account in, and
    `get`/`find` decide what of it he sees. `create` and `update` are the service's commands, `input` what
    the first takes, `edit` what the second, if another. `for_writers`: a predefined filter that is theirs."""

    path: str
    shape: Shape
    service: str
    find: Find
    get: Get
    readers: tuple[str, ...] = ()
    writers: tuple[str, ...] = ()
    create: str = ""
    update: str = ""
    input: type[Schema] | None = None
    edit: type[Schema] | None = None
    children: tuple[Children, ...] = ()
    named: tuple[Named, ...] = ()
    scope: str = ""
    audit: Audit | None = None
    for_writers: str = ""


class ResourceViews:
    """The views of one resource for one account."""

    def __init__(
        self, resource: Resource, context: GatewayContext, answers: Answers, database: Any = None
    ) -> None:
        """`database`: what `find` and `get` look into, where it is not that of the resource's service."""
        self.resource = resource
        self.context = context
        self.answers = answers
        self.database = context.databases[resource.service] if database is None else database

    def blueprint(self) -> Blueprint:
        """All routes of the resource."""
        blueprint = Blueprint(self.resource.path, __name__, url_prefix=f"/v1/{self.resource.path}")
        shape = self.resource.shape
        add_views(blueprint, "", "collection", self.of_collection())
        for name in shape.listing.predefined:
            may = self.writer if name == self.resource.for_writers else self.reader
            view = may(documents.of_list(self._list(name), shape))
            add_views(blueprint, f"/{name}", name, {"get": view})
        add_views(blueprint, "/<id>", "item", self.of_item())
        for children in self.resource.children:
            for filter in (None, *children.filters):
                view = documents.of_list(self._list_under(children, filter), children.shape)
                path = f"/<id>/{children.path}" + (f"/{filter}" if filter else "")
                add_views(blueprint, path, f"{children.path}_{filter or 'all'}", {"get": self.reader(view)})
        for named in self.resource.named:
            view = documents.of_list(self._list_named(named), named.shape)
            add_views(blueprint, f"/<id>/{named.path}", named.path, {"get": self.reader(view)})
        if self.resource.audit:
            told = f"Who changed a {shape.title}"
            view = documents.of_list(self._audit(self.resource.audit), audit.AUDIT_LINE, told)
            add_views(blueprint, "/<id>/audit", "audit", {"get": self.auditor(view)})
        self.extend(blueprint)
        return blueprint

    def of_collection(self) -> Views:
        """The views of the collection, by method."""
        shape, taken = self.resource.shape, self.resource.input
        views = {"get": self.reader(documents.of_list(self._list(None), shape))}
        if self.resource.create and taken:
            views["post"] = self.writer(documents.of_create(self._create, shape, taken))
        return views

    def of_item(self) -> Views:
        """The views of one record, by method."""
        shape, taken = self.resource.shape, self.resource.edit or self.resource.input
        views = {"get": self.reader(documents.of_chosen(self._get, shape))}
        if self.resource.update and taken:
            views["patch"] = self.writer(documents.of_update(self._update, shape, taken))
        return views

    def extend(self, blueprint: Blueprint) -> None:
        """Adds what only this resource has."""

    def reader(self, view: View) -> View:
        """Declares that those who may read the resource may call a view."""
        return self._for(self.resource.readers)(view)

    def writer(self, view: View) -> View:
        """Declares that those who may write the resource may call a view."""
        return self._for(self.resource.writers)(view)

    def auditor(self, view: View) -> View:
        """Declares that auditors, and those who may write the resource, may call a view; where everybody may
        write, all who work for the account.
        """
        return self._for((*AUDITORS, *self.resource.writers) if self.resource.writers else STAFF)(view)

    def _for(self, roles: tuple[str, ...]) -> Callable[[View], View]:
        scope = self.resource.scope or self.resource.path
        return allowed(*roles, scope=scope) if roles else everyone(scope)

    def load(self, id: str) -> Document:
        """The record that a path names. Raises NotFound."""
        return self.resource.get(self.database, self.id_of(id), viewer())

    def id_of(self, text: str) -> Any:
        shape = self.resource.shape
        if not shape.numbered:
            if len(text) > 200:
                raise NotFound
            return text
        return bodies.record_id(text, self.context.config.domain, shape.type)

    def call(self, command: str, *arguments: Any) -> Any:
        """Calls the owning service in the caller's name. Files that a body names are there before it is."""
        brought(self.context, self.resource.service, viewer(), *arguments)
        return call(self.context, self.resource.service, command, *arguments)

    def changed(self, id: Any, status: int = 200, record: Document | None = None) -> Response:
        """The answer to a write: the record as it is now, where the service has not said how it saved it."""
        document = record or self.resource.get(self.database, id, viewer())
        location = f"/v1/{self.resource.path}/{id}" if status == 201 else ""
        return self.answers.record(self.resource.shape, document, status, location)

    def _list(self, predefined: str | None) -> Callable[[], Response]:
        def list_records() -> Response:
            query = list_query(self.resource.shape.listing, predefined)
            page = self.resource.find(self.database, query, viewer())
            return self.answers.page(self.resource.shape, page, query)

        return list_records

    def _list_under(self, children: Children, predefined: str | None) -> Callable[[str], Response]:
        def list_children(id: str) -> Response:
            above = self.load(id)
            query = list_query(children.shape.listing, predefined)
            database = self.context.databases[children.service] if children.service else self.database
            page = children.find(database, above["id"], query, viewer())
            return self.answers.page(children.shape, page, query)

        return list_children

    def _list_named(self, named: Named) -> Callable[[str], Response]:
        def list_named(id: str) -> Response:
            query = list_query(named.shape.listing).among(self.load(id).get(named.attribute) or ())
            page = named.find(self.context.databases[named.service], query, viewer())
            return self.answers.page(named.shape, page, query)

        return list_named

    def _audit(self, find: Audit) -> Callable[[str], Response]:
        def list_lines(id: str) -> Response:
            above = self.load(id)
            query = list_query(audit.AUDIT_LINE.listing)
            lines = find(self.database, above["id"], viewer())
            domain = self.context.config.domain
            return audit.page_of(self.answers, self.resource.shape, above, lines, query, domain)

        return list_lines

    def _get(self, id: str) -> Response:
        shape = self.resource.shape
        return self.answers.record(shape, self.load(id), names=chosen_fields(shape))

    def _create(self) -> Response:
        made = self.call(self.resource.create, new_fields(), idempotency_key())
        return self.changed(made["id"], status_of(made), made.get("record"))

    def _update(self, id: str) -> Response:
        document = self.load(id)
        fields = bodies.fields_of(request)
        version = self.answers.wanted_version(self.resource.shape, document)
        made = self.call(self.resource.update, document["id"], fields, version)
        return self.changed(made["id"], record=made.get("record"))


def viewer() -> Actor:
    """Who asks."""
    actor: Actor = g.holder.actor
    return actor


def call(context: GatewayContext, service: str, command: str, *arguments: Any) -> Any:
    """Calls a command of a service in the caller's name."""
    result = context.rpc.call(service, command, viewer(), *arguments)
    context.references.forget(service)
    if service == "organizations":
        context.tokens.forget()
    return result


def status_of(made: Document) -> int:
    """201 for a record that was made, 200 for one that was there already."""
    return 200 if made.get("created") is False else 201


def add_views(blueprint: Blueprint, path: str, name: str, views: Views) -> None:
    """Adds a path with one view per method. The views are plain functions."""
    members = {method: staticmethod(view) for method, view in views.items()}
    blueprint.route(path, endpoint=name)(type(name, (MethodView,), members))
