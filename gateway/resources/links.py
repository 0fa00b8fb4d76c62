"""Lists that records are put on and taken off one by one: `POST` and `DELETE /slas/5/organizations/7`, and
`DELETE /slas/5/organizations` for all."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from flask import Response, request
from flask_smorest import Blueprint
from marshmallow import Schema

from gateway import bodies, documents
from gateway.answers import Answers
from gateway.context import GatewayContext
from gateway.public_schemas import public_schema
from gateway.resource import Resource, ResourceViews, View, add_views
from services.common.schemas import InputSchema, loaded
from services.slas.schemas import ImpactRelationSchema


@dataclass(frozen=True)
class Link:
    """The service's commands that put a record on a list and take it off. `list` is what they call the list,
    where they serve several: `add(id, list, other, fields, version)`, `remove(id, list, other or None for
    all)`. `body`: what `fields` may hold; None where there are none: `add(id, list, other, version)`."""

    add: str
    remove: str
    list: str = ""
    body: type[Schema] | None = ImpactRelationSchema

    @property
    def before(self) -> tuple[str, ...]:
        return (self.list,) if self.list else ()


class LinkViews(ResourceViews):
    """A resource some of whose lists are made of links; `links` by their path."""

    def __init__(
        self, resource: Resource, context: GatewayContext, answers: Answers, links: Mapping[str, Link]
    ) -> None:
        super().__init__(resource, context, answers)
        self._links = links

    def extend(self, blueprint: Blueprint) -> None:
        gone = {"204": {"description": "It is no longer on the list"}}
        for path, link in self._links.items():
            shape, what = self.resource.shape, path.replace("_", " ")
            put = documents.describe(
                self._put(link),
                f"Put one of the {what} on the list",
                answers={"200": documents.answer(f"The {shape.title}", public_schema(shape)())},
                body=link.body(partial=True) if link.body else None,
                body_needed=False,
                parameters=[documents.IF_MATCH],
            )
            take = documents.describe(self._take(link), f"Take one of the {what} off the list", answers=gone)
            clear = documents.describe(self._clear(link), f"Take all {what} off the list", answers=gone)
            views = {"post": self.writer(put), "delete": self.writer(take)}
            add_views(blueprint, f"/<id>/{path}/<other>", f"{path}_link", views)
            add_views(blueprint, f"/<id>/{path}", f"{path}_clear", {"delete": self.writer(clear)})

    def _put(self, link: Link) -> Callable[[str, str], Response]:
        def put(id: str, other: str) -> Response:
            fields = bodies.fields_of(request) if request.content_length else {}
            taken = (fields,) if link.body else loaded(InputSchema(), fields).values()  # any is refused
            above = self.load(id)
            version = self.answers.wanted_version(self.resource.shape, above)
            self.call(link.add, above["id"], *link.before, bodies.number(other), *taken, version)
            return self.changed(above["id"])

        return put

    def _take(self, link: Link) -> Callable[[str, str], Response]:
        def take(id: str, other: str) -> Response:
            self.call(link.remove, self.id_of(id), *link.before, bodies.number(other))
            return Response(status=204)

        return take

    def _clear(self, link: Link) -> View:
        def clear(id: str) -> Response:
            self.call(link.remove, self.id_of(id), *link.before, None)
            return Response(status=204)

        return clear
