"""Files on organizations, people, teams and sites, beside a text of theirs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from services.common import attachments
from services.common.actor import Actor
from services.common.context import Context
from services.common.database import answering
from services.organizations import store

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
    them. Call it right before the save. Raises Invalid.
    """
    name = FIELDS[kind]
    if name not in fields:
        return dict(fields)
    has = attachments.named(context, actor, name, fields[name], state.get("attachments") or ())
    return {**{field: value for field, value in fields.items() if field != name}, "attachments": has}


def mark_named(context: Context, fields: Mapping[str, Any]) -> None:
    """A record was saved with these fields (`attached`)."""
    if has := fields.get("attachments"):
        attachments.mark_named(context, [each["id"] for each in has])


def names_attachment(context: Context, id: int) -> bool:
    """Whether a record has it."""
    with answering():
        return any(
            context.database[store.KINDS[kind]].find_one({"attachments.id": id}, {"_id": 1})
            for kind in FIELDS
        )
