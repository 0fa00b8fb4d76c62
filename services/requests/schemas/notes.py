"""Notes."""

from __future__ import annotations

from marshmallow import fields

from services.common.fields import Moment
from services.common.schemas import AccountReferenceSchema, InputSchema, OutputSchema
from services.requests.schemas.requests import NoteText


class NoteInputSchema(InputSchema):
    """A note on a request; public unless it is said to be internal."""

    text = NoteText(required=True)
    internal = fields.Boolean(load_default=False)


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
    created_at = Moment()
