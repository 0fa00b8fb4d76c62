"""Audit lines: the history of a record as auditors read it, in 4me's names.

`user` is who did it, called as he was then; None when the account did it itself. `request_id` and
`traceparent` name the request in which it came about: the logs of every service have it under the same.
`imported` is there when it came of a file: `{import, file, line}`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from marshmallow import fields

from services.common.database import Document
from services.common.fields import Moment
from services.common.listing import Field, Kind, Listing
from services.common.schemas import AccountReferenceSchema, OutputSchema


class AuditUserSchema(OutputSchema):
    """Who did it; `account` is a partner's when his people did."""

    id = fields.Integer()
    account = fields.Nested(AccountReferenceSchema)
    display_name = fields.String()


class AuditLineSchema(OutputSchema):
    """One change of a record: `changes` are `{field: [old, new]}`; of what is too long to be kept twice both
    are `…`.
    """

    id = fields.Integer()
    action = fields.String()
    created_by_id = fields.Integer()
    user = fields.Nested(AuditUserSchema)
    changes = fields.Dict()
    created_at = Moment()
    request_id = fields.String()
    traceparent = fields.String()
    imported = fields.Dict()
    audited = fields.Dict()


AUDIT_LINES: Final = Listing(
    fields={
        "id": Field(kind=Kind.INTEGER, sortable=True),
        "created_at": Field(kind=Kind.TIME, sortable=True),
    },
    also=("action", "audited", "created_by", "user", "changes", "request_id", "traceparent", "imported"),
)
"""Of one record: the newest change first."""


def lines(entries: Iterable[Mapping[str, Any]], account: Mapping[str, Any]) -> list[Document]:
    """The lines of `history.read`'s entries; `account` is `{id, name}` of the one they were made in."""
    return [_line(entry, account) for entry in entries]


def _line(entry: Mapping[str, Any], account: Mapping[str, Any]) -> Document:
    by = entry["by"]
    return {
        "id": entry["n"],
        "action": entry["action"],
        "created_by_id": by and by["id"],
        "user": by and {"id": by["id"], "account": account, "display_name": by["name"]},
        "changes": entry["changes"],
        "created_at": entry["at"],
        "request_id": entry.get("request_id"),
        "traceparent": entry.get("traceparent"),
        "imported": entry.get("imported"),
    }
