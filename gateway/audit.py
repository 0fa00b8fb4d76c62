"""Audit lines as the API shows them: who changed a record, when, what, and in which request."""

from __future__ import annotations

from collections.abc import Iterable

from flask import Response

from gateway.answers import Answers
from gateway.kinds import references
from gateway.records import Document, Shape
from services.common.audit import AUDIT_LINES, AuditLineSchema
from services.common.ids import node_id
from services.common.listing import ListQuery, page_at_hand

AUDIT_LINE = Shape("audit line", AuditLineSchema, AUDIT_LINES, references=references("person", "created_by"))


def page_of(
    answers: Answers, shape: Shape, record: Document, lines: Iterable[Document], query: ListQuery, domain: str
) -> Response:
    """A page of a record's lines. `audited` is the record, as others refer to it."""
    audited: Document = {name: record[name] for name in ("id", "name", "subject") if name in record}
    if shape.type:
        audited["nodeID"] = node_id(domain, shape.type, record["id"])
    found = [{**line, "audited": audited} for line in lines]
    return answers.page(AUDIT_LINE, page_at_hand(found, AUDIT_LINE.listing, query), query)
