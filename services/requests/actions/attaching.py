"""Files on notes: uploads become attachments of the notes that an edit makes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from services.common import attachments
from services.common.actor import Actor
from services.common.context import Context
from services.common.database import answering
from services.common.errors import FieldError
from services.requests import model, store
from services.requests.documents import decode

FIELDS = ("note_attachments", "internal_note_attachments")


def attached(context: Context, actor: Actor, fields: Mapping[str, Any]) -> dict[str, Any]:
    """The fields with attachments in the place of the keys that name them. Raises Invalid."""
    found = {
        name: tuple(
            decode(model.Attachment, each) for each in attachments.named(context, actor, name, fields[name])
        )
        for name in FIELDS
        if name in fields
    }
    return {**fields, **found}


def as_of_note(name: str, errors: Iterable[FieldError]) -> list[FieldError]:
    """A note's own names of what it is called on a request."""
    files = f"{name}_attachments"
    return [
        ("internal" if field == "internal_note" else field.replace(files, "attachments"), text)
        for field, text in errors
    ]


def marks_of(context: Context, notes: Iterable[model.Note]) -> attachments.Marks:
    """The marks of the files of notes that are to be saved (`attachments.mark_named`)."""
    return attachments.marks_of(context, (each.id for note in notes for each in note.attachments))


def names_attachment(context: Context, id: int) -> bool:
    """Whether a note has it; also one that a crash has left with its request."""
    with answering():
        return bool(
            context.database[store.NOTES.name].find_one({"attachments.id": id}, {"_id": 1})
            or context.database[store.REQUESTS.name].find_one(
                {"unsent": {"$gt": attachments.EVER}, "outbox.document.attachments.id": id}, {"_id": 1}
            )
        )
