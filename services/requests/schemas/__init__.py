"""What this service takes and gives, in 4me's names."""

from services.requests.schemas.handovers import HandoverSchema
from services.requests.schemas.notes import (
    AttachmentOfNoteSchema,
    NoteInputSchema,
    NotePublishInputSchema,
    NoteSchema,
)
from services.requests.schemas.requests import RequestInputSchema, RequestPatchSchema, RequestSchema

__all__ = [
    "AttachmentOfNoteSchema",
    "HandoverSchema",
    "NoteInputSchema",
    "NotePublishInputSchema",
    "NoteSchema",
    "RequestInputSchema",
    "RequestPatchSchema",
    "RequestSchema",
]
