"""Requests, and what is told of them."""

from __future__ import annotations

from gateway.kinds import references
from gateway.records import Shape
from services.requests import queries as requests
from services.requests import schemas as request_schemas
from services.slas import queries as slas
from services.slas import schemas as sla_schemas

REQUEST = Shape(
    "request",
    request_schemas.RequestSchema,
    requests.REQUESTS,
    "Req",
    {
        **references("person", "requested_by", "requested_for", "created_by", "member"),
        **references("organization", "organization", "supplier"),
        **references("service_instance"),
        **references("team"),
    },
)
NOTE = Shape(
    "note",
    request_schemas.NoteSchema,
    requests.NOTES,
    "Note",
    {**references("request"), **references("person")},
)
NOTE_ATTACHMENT = Shape(
    "attachment of a note", request_schemas.AttachmentOfNoteSchema, requests.NOTE_ATTACHMENTS
)
AFFECTED_SLA = Shape(
    "affected SLA",
    sla_schemas.AffectedSlaSchema,
    slas.LISTINGS["affected_slas"],
    "AffectedSla",
    {
        **references("request"),
        **references("sla"),
        **references("service_instance"),
        **references("calendar", "service_hours", "support_hours"),
        **references("team", "first_line_team", "support_team"),
        **references("organization", "supplier"),
    },
)
