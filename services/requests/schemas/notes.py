"""Notes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from marshmallow import ValidationError, fields, pre_load

from services.common.attachments.schemas import attachments_given, attachments_shown
from services.common.fields import Moment
from services.common.schemas import AccountReferenceSchema, InputSchema, OutputSchema
from services.requests.schemas.requests import NoteText

_ON_REQUESTS: Final = "note_attachments"


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
    attachments = attachments_shown()
    created_at = Moment()
