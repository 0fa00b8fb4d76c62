"""Files on organizations, people, teams and sites: beside a text of theirs, and in custom fields."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from services.common import attachments
from services.common.actor import Actor
from services.common.context import Context
from services.common.database import answering
from services.organizations import store
from services.organizations.model import custom_fields

FIELDS: Final[Mapping[str, str]] = {
    "organization": "remarks_attachments",
    "person": "information_attachments",
    "team": "remarks_attachments",
    "site": "remarks_attachments",
}
"""What names them, by kind."""


def attached(
    context: Context, actor: Actor, kind: str, state: Mapping[str, Any], fields: Mapping[str, Any]
) -> dict[str, Any]:
    """The fields with `attachments`, all that the record shall have, in the place of the keys that name
    them. The files that its custom fields lose are marked. Call it right before the save. Raises Invalid.
    """
    name = FIELDS[kind]
    if "custom_fields" in fields:
        left = {each["id"] for each in custom_fields.files(fields["custom_fields"])}
        had = {each["id"] for each in custom_fields.files(state.get("custom_fields"))}
        if had - left:
            attachments.mark_unnamed(context, sorted(had - left))
    if name not in fields:
        return dict(fields)
    has = attachments.named(context, actor, name, fields[name], state.get("attachments") or ())
    return {**{field: value for field, value in fields.items() if field != name}, "attachments": has}


def marks_of(context: Context, fields: Mapping[str, Any]) -> attachments.Marks:
    """The marks of the files of a record that is to be saved with these fields (`attached`)."""
    has = [*fields.get("attachments", ()), *custom_fields.files(fields.get("custom_fields"))]
    return attachments.marks_of(context, (each["id"] for each in has))


def names_attachment(context: Context, id: int) -> bool:
    """Whether a record has it."""
    with answering():
        return any(
            context.database[store.KINDS[kind]].find_one({path: id}, {"_id": 1})
            for kind in FIELDS
            for path in store.ATTACHED
        )
