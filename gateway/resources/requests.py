"""Requests, their notes, and what of them crosses the account's border."""

from __future__ import annotations

from flask import Response, request
from flask_smorest import Blueprint

from gateway import bodies, documents
from gateway.answers import Answers
from gateway.asked import idempotency_key
from gateway.context import GatewayContext
from gateway.resource import Children, Resource, ResourceViews, add_views, status_of, viewer
from gateway.resources.shapes.requests import AFFECTED_SLA, NOTE, NOTE_ATTACHMENT, REQUEST
from gateway.resources.timeline import Timeline
from services.common.roles import PUBLISH_NOTES, SEE_REQUESTS, STAFF
from services.requests import queries, schemas
from services.slas import queries as slas

REQUESTS = Resource(
    path="requests",
    shape=REQUEST,
    service="requests",
    find=queries.list_requests,
    get=queries.get_request,
    create="create_request",
    update="update_request",
    input=schemas.RequestInputSchema,
    edit=schemas.RequestPatchSchema,
    children=(
        Children("notes", NOTE, queries.list_notes_of_request, ("public", "internal")),
        Children("note_attachments", NOTE_ATTACHMENT, queries.list_note_attachments),
        Children("affected_slas", AFFECTED_SLA, slas.list_affected_slas_of_request, service="slas"),
    ),
    audit=queries.get_audit,
)
NOTES = Resource(
    path="notes",
    shape=NOTE,
    service="requests",
    find=queries.list_notes,
    get=queries.get_note,
    readers=STAFF,
    writers=PUBLISH_NOTES,
    update="publish_note",
    edit=schemas.NotePublishInputSchema,
)
AFFECTED_SLAS = Resource(
    path="affected_slas",
    shape=AFFECTED_SLA,
    service="slas",
    find=slas.list_affected_slas,
    get=slas.get_affected_sla,
    readers=SEE_REQUESTS,
)


class RequestViews(ResourceViews):
    """Notes are added under their request; what happened to it is told there too."""

    def __init__(self, context: GatewayContext, answers: Answers) -> None:
        super().__init__(REQUESTS, context, answers)

    def extend(self, blueprint: Blueprint) -> None:
        add = documents.of_create(self.add_note, NOTE, schemas.NoteInputSchema)
        add_views(blueprint, "/<id>/notes", "add_note", {"post": self.writer(add)})
        Timeline(self).extend(blueprint)

    def add_note(self, id: str) -> Response:
        above = self.load(id)
        made = self.call("add_note", above["id"], bodies.fields_of(request), idempotency_key())
        note = made["record"] or queries.get_note(self.database, made["id"], viewer())
        location = ""
        if above["account"] is None:
            location = f"/v1/notes/{note['id']}"
        else:
            note["elsewhere"] = True  # it is where the request is
        return self.answers.record(NOTE, note, status_of(made), location)
