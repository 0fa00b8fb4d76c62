"""Records that are archived, trashed and restored: `POST /people/5/archive`; the lists are predefined
filters, `/people/archive` and `/people/trash`."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from flask import Response
from flask_smorest import Blueprint

from gateway import documents
from gateway.answers import Answers
from gateway.context import GatewayContext
from gateway.resource import Resource, add_views, viewer
from gateway.resources.links import Link, LinkViews
from services.organizations import queries

# What each verb does, for the documentation.
VERBS = {
    "archive": "Archive a {}: out of use, to be looked at",
    "trash": "Put a {} in the trash: out of sight",
    "restore": "Put a {} back in use",
}


class ShelvedViews(LinkViews):
    """A resource with shelves, which the service's command `shelve_<kind>` puts its records on."""

    def __init__(
        self,
        resource: Resource,
        context: GatewayContext,
        answers: Answers,
        kind: str,
        links: Mapping[str, Link] | None = None,
    ) -> None:
        super().__init__(resource, context, answers, links or {})
        self._kind = kind

    def extend(self, blueprint: Blueprint) -> None:
        super().extend(blueprint)
        shape = self.resource.shape
        for verb, told in VERBS.items():
            view = documents.of_record(self._mover(verb), shape, told.format(shape.title))
            add_views(blueprint, f"/<id>/{verb}", f"{verb}_one", {"post": self.writer(view)})

    def _mover(self, verb: str) -> Callable[[str], Response]:
        def move(id: str) -> Response:
            """Not looked at first: what is in the trash is there for nobody but who restores it."""
            made = self.call(f"shelve_{self._kind}", self.id_of(id), verb)
            if "trashed" not in made:
                return self.changed(made["id"])
            trashed = queries.get_trashed(self.database, made["id"], viewer(), self._kind)
            return self.changed(made["id"], record=trashed)

        return move
