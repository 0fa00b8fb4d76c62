"""Notes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from marshmallow import ValidationError, fields, post_dump, pre_load

from services.common.attachments.schemas import (
    URI,
    AttachmentSchema,
    attachments_given,
    attachments_shown,
)
from services.common.fields import Moment
from services.common.schemas import AccountReferenceSchema, InputSchema, OutputSchema
from services.requests.schemas.requests import NoteText

_ON_REQUESTS: Final = "note_attachments"
OF_CROSSING: Final = ("state", "refused", "offered")


class NoteInputSchema(InputSchema):
    """A note on a request; public unless it is said to be internal."""

    text = NoteText(required=True)
    internal = fields.Boolean(load_default=False)
    attachments = attachments_given()

    @pre_load
    def _as_on_requests(self, data: Any, **_: Any) -> Any:
        """4me's other name for them."""
        if not isinstance(data, Mapping) or _ON_REQUESTS not in data:
            return data
        if "attachments" in data:
            raise ValidationError(
                f"is given as attachments and as {_ON_REQUESTS}; give it once", _ON_REQUESTS
            )
        taken = dict(data)
        taken["attachments"] = taken.pop(_ON_REQUESTS)
        return taken


class NotePublishInputSchema(InputSchema):
    """Says a note for specialists, such as a provider's solution, to everybody. `internal` can only become
    false.
    """

    internal = fields.Boolean(required=True)


class OfferedSchema(OutputSchema):
    """What became of a file at another account: it is `here` (there), or was `refused`, and why."""

    account = fields.Nested(AccountReferenceSchema)
    state = fields.String()
    refused = fields.String()


class NoteAttachmentSchema(AttachmentSchema):
    """A file of a note. One from another account says how far it has come: `state` is `coming` until all of
    it is `here`, or it was `refused`, and `refused` says why; `uri` is null until it is here. `offered` are
    the other accounts that have it, or have refused it, where there are such; for specialists.
    """

    uri = fields.Function(lambda shown: URI.format(id=shown["id"]) if _is_here(shown) else None)
    state = fields.String()
    refused = fields.String(allow_none=True)
    offered = fields.List(fields.Nested(OfferedSchema))

    @post_dump(pass_original=True)
    def _what_crosses(self, shown: dict[str, Any], original: Mapping[str, Any], **_: Any) -> dict[str, Any]:
        """Of a file that does not, nothing is said of that."""
        return {name: value for name, value in shown.items() if name not in OF_CROSSING or name in original}


class NoteOfAttachmentSchema(OutputSchema):
    """The note that a file is on."""

    id = fields.Integer()
    internal = fields.Boolean()


class AttachmentOfNoteSchema(NoteAttachmentSchema):
    """A file by itself: with the note it is on, and since when that is there. `state`, `refused` and
    `offered` are null where it does not cross.
    """

    note = fields.Nested(NoteOfAttachmentSchema)
    created_at = Moment()


def _is_here(shown: Mapping[str, Any]) -> bool:
    return bool(shown.get("state", "here") == "here")


class NoteSchema(OutputSchema):
    """A note. `account` is the author's account when it is another one; `internal_account` stands on
    internal notes.
    """

    id = fields.Integer()
    request_id = fields.Integer()
    text = fields.String()
    person_id = fields.Integer()
    medium = fields.String()
    internal = fields.Boolean()
    internal_account = fields.Nested(AccountReferenceSchema)
    account = fields.Nested(AccountReferenceSchema)
    attachments = attachments_shown(NoteAttachmentSchema)
    created_at = Moment()
