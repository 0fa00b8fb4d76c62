"""Trusts with other accounts: invite, accept, suspend, resume, end."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from flask import Response, request
from flask_smorest import Blueprint

from gateway import bodies, documents
from gateway.answers import Answers, of_json
from gateway.asked import list_query
from gateway.context import GatewayContext
from gateway.public_schemas import once_schema, public_schema
from gateway.resource import Resource, ResourceViews, add_views, call, viewer
from gateway.resources.shapes.agreements import DISCLOSURE
from gateway.resources.shapes.directory import TRUST
from services.common.errors import NotFound
from services.common.listing import page_at_hand
from services.common.roles import ADMINISTRATORS, VIEW_TRUSTS
from services.federation.queries import partner_health
from services.federation.schemas import PartnerHealthSchema
from services.organizations import queries, schemas

TRUSTS = Resource(
    path="trusts",
    shape=TRUST,
    service="organizations",
    find=queries.list_trusts,
    get=queries.get_trust,
    readers=VIEW_TRUSTS,
    writers=ADMINISTRATORS,
    update="update_trust",
    input=schemas.TrustInputSchema,
    audit=partial(queries.get_audit, kind="trust"),
)
MOVES = {"suspend": "suspended", "resume": "active", "end": "ended"}
# How a trust begins, and what each takes.
BEGINNINGS = {"invite": schemas.InviteInputSchema, "accept": schemas.AcceptInputSchema}


class TrustViews(ResourceViews):
    """An account's id is the id of the trust with it."""

    def __init__(self, context: GatewayContext, answers: Answers) -> None:
        super().__init__(TRUSTS, context, answers)

    def extend(self, blueprint: Blueprint) -> None:
        invitation = {
            "201": documents.answer(
                "The trust, and the invitation this once", once_schema(TRUST, "invitation")()
            )
        }
        invite = documents.describe(
            self.invite, "Invite an account", answers=invitation, body=schemas.InviteInputSchema()
        )
        add_views(blueprint, "/invite", "invite", {"post": self.writer(invite)})
        accept = documents.describe(
            self.accept,
            "Accept an account's invitation",
            answers={"201": documents.answer("The trust", public_schema(TRUST)())},
            body=schemas.AcceptInputSchema(),
        )
        add_views(blueprint, "/accept", "accept", {"post": self.writer(accept)})
        for name, status in MOVES.items():
            view = documents.of_record(self._move(status), TRUST, f"{name.capitalize()} a trust")
            add_views(blueprint, f"/<id>/{name}", name, {"post": self.writer(view)})
        resume = documents.of_record(
            self.resume_border, TRUST, "Open the border to a partner again after it paused by itself"
        )
        add_views(blueprint, "/<id>/resume_border", "resume_border", {"post": self.writer(resume)})
        renew = documents.of_record(
            self.renew_credentials, TRUST, "Give a partner a new user and password for our border"
        )
        add_views(blueprint, "/<id>/renew_credentials", "renew_credentials", {"post": self.writer(renew)})
        empty = documents.of_record(
            self.empty_quarantine, TRUST, "Let go of what is in a partner's quarantine, to make room"
        )
        add_views(blueprint, "/<id>/empty_quarantine", "empty_quarantine", {"post": self.writer(empty)})
        shown = {"200": documents.answer("How it stands with the partner", PartnerHealthSchema())}
        health = documents.describe(
            self.get_health, "Whether all is well with a partner, and what is not", answers=shown
        )
        add_views(blueprint, "/<id>/health", "health", {"get": self.reader(health)})
        self._add_disclosures(blueprint)

    def _add_disclosures(self, blueprint: Blueprint) -> None:
        """What a trust makes visible to whom: before it is made or changed, and of one that is there."""
        told = {"200": documents.answer("The lines", public_schema(DISCLOSURE)(many=True))}
        for name, taken in BEGINNINGS.items():
            text = f"What it would make visible to {name} that account"
            view = documents.describe(self._of_beginning(name), text, answers=told, body=taken())
            add_views(blueprint, f"/{name}/disclosures", f"{name}_disclosures", {"post": self.writer(view)})
        text = "What a change of a trust would make visible"
        edited = documents.describe(
            self.of_edit, text, answers=told, body=schemas.TrustInputSchema(partial=True)
        )
        there = documents.of_list(self.of_one, DISCLOSURE, "What a trust makes visible to whom")
        views = {"get": self.writer(there), "post": self.writer(edited)}
        add_views(blueprint, "/<id>/disclosures", "disclosures", views)

    def _of_beginning(self, name: str) -> Callable[[], Response]:
        def of_beginning() -> Response:
            return of_json(self.call(f"{name}_disclosures", bodies.fields_of(request)))

        return of_beginning

    def of_edit(self, id: str) -> Response:
        return of_json(self.call("trust_disclosures", bodies.fields_of(request), self.id_of(id)))

    def of_one(self, id: str) -> Response:
        query = list_query(DISCLOSURE.listing)
        lines = self.call("trust_disclosures", {}, self.id_of(id))
        return self.answers.page(DISCLOSURE, page_at_hand(lines, DISCLOSURE.listing, query), query)

    def invite(self) -> Response:
        made = self.call("invite", bodies.fields_of(request))
        return self.answers.once(TRUST, made, {"invitation": made["invitation"]})

    def accept(self) -> Response:
        made = self.call("accept_invitation", bodies.fields_of(request))
        return self.changed(made["id"], 201)

    def _move(self, status: str) -> Callable[[str], Response]:
        def move(id: str) -> Response:
            self.call("update_trust", self.id_of(id), {"status": status})
            return self.changed(self.id_of(id))

        return move

    def renew_credentials(self, id: str) -> Response:
        self.call("renew_credentials", self.id_of(id))
        return self.changed(self.id_of(id))

    def resume_border(self, id: str) -> Response:
        """Each service has a border of its own to the partner; those that are paused are opened."""
        document = self.load(id)
        services = self.context.at_the_border
        resumed = [service for service in services if self._resumed(service, document["id"])]
        if not resumed:
            raise NotFound("not_paused", f"The border to {document['id']} is not paused.")
        return self.answers.record(TRUST, document)

    def empty_quarantine(self, id: str) -> Response:
        """Each service has a quarantine of its own for the partner."""
        document = self.load(id)
        for service in self.context.at_the_border:
            call(self.context, service, "empty_quarantine", document["id"])
        return self.answers.record(TRUST, document)

    def get_health(self, id: str) -> Response:
        config, now = self.context.config, self.context.clock.now()
        health = partner_health(
            self.context.at_the_border,
            self.load(id)["id"],
            viewer(),
            now=now,
            flag_seconds=config.unreceipted_flag_seconds,
        )
        return of_json(PartnerHealthSchema().dump(health))

    def _resumed(self, service: str, partner: str) -> bool:
        try:
            call(self.context, service, "resume_border", partner)
        except NotFound:
            return False
        return True
