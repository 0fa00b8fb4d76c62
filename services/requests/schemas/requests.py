"""Requests."""

from __future__ import annotations

from marshmallow import fields, validate

from services.common.attachments.schemas import attachments_given
from services.common.fields import Moment, ReferenceId, Target, Text, one_of
from services.common.schemas import AccountReferenceSchema, OutputSchema, SourceSchema
from services.requests.model import Category, CompletionReason, Impact, Status

MAX_NOTE_BYTES = 64 * 1024


class NoteText(Text):
    """A note: at most 64 KB of UTF-8, which is what crosses a border in one message."""

    def __init__(self, **options: object) -> None:
        super().__init__(MAX_NOTE_BYTES, lines=True, **options)

    def _deserialize(self, value: object, attr: str | None, data: object, **options: object) -> str:
        text = super()._deserialize(value, attr, data, **options)
        if len(text.encode()) > MAX_NOTE_BYTES:
            raise self.make_error("too_long")
        return text

    default_error_messages = {"too_long": "must be at most 64 KB long"}


class RequestPatchSchema(SourceSchema):
    """A change of a request: what is not given stays as it is.

    Between accounts the plain fields act: a partner's `service_instance_id` hands the request over, a
    partner's `team_id` answers or rejects, an own `team_id` takes it back. `note` goes to everybody,
    `internal_note` to the account's own specialists.
    """

    subject = Text(255, validate=validate.Length(min=1, error="must not be empty"))
    category = one_of(tuple(Category), allow_none=False)
    impact = one_of(tuple(Impact))
    status = one_of(tuple(Status), allow_none=False)
    completion_reason = one_of(tuple(CompletionReason), allow_none=False)
    team_id = ReferenceId()
    member_id = ReferenceId(allow_none=True)
    service_instance_id = ReferenceId(allow_none=True)
    supplier_requestID = Text(255, allow_none=True)
    waiting_until = Moment(allow_none=True)
    desired_completion_at = Moment(allow_none=True)
    downtime_start_at = Moment(allow_none=True)
    downtime_end_at = Moment(allow_none=True)
    urgent = fields.Boolean()
    provider_not_accountable = fields.Boolean()
    note = NoteText()
    note_attachments = attachments_given()
    internal_note = NoteText()
    internal_note_attachments = attachments_given()


class RequestInputSchema(RequestPatchSchema):
    """A new request. Without `requested_by` that is the caller, without `requested_for` who requested it."""

    subject = Text(255, required=True)
    requested_by_id = ReferenceId()
    requested_for_id = ReferenceId()


class FlagSchema(OutputSchema):
    """A message to a partner that was refused, or has no receipt yet after a day."""

    kind = fields.String()
    message_type = fields.String()
    partner = fields.String()
    code = fields.String()
    at = Moment()


class ActionSchema(OutputSchema):
    """What a representative did with a partner's request: `state` pending, done, or refused with a `code`."""

    id = fields.Integer()
    action = fields.String()
    person = fields.Dict()
    text = fields.String()
    at = Moment()
    state = fields.String()
    code = fields.String()


class RequestSchema(OutputSchema):
    """A request as this account sees it. `requester` is the name that a customer's account gave; `flags`
    tell of messages to partners that need somebody's attention; `resolution_duration` are whole minutes from
    `created_at` to `completed_at`; `customer_resolution_target_at` is until when the requester in the
    customer's account expects it, where the agreement shares that. `account` is there on a partner's request
    that representatives are shown: as it was told at `told_at`, with the `note_count` it has there; `actions`
    are what they did with it.
    """

    id = fields.Integer()
    source = fields.String()
    sourceID = fields.String()
    subject = fields.String()
    category = fields.String()
    impact = fields.String()
    status = fields.String()
    completion_reason = fields.String()
    requested_by_id = fields.Integer()
    requested_for_id = fields.Integer()
    requester = fields.String()
    created_by_id = fields.Integer()
    organization_id = fields.Integer()
    service_instance_id = fields.Integer()
    team_id = fields.Integer()
    member_id = fields.Integer()
    supplier_id = fields.Integer()
    supplier_requestID = fields.String()
    waiting_until = Moment()
    desired_completion_at = Moment()
    downtime_start_at = Moment()
    downtime_end_at = Moment()
    next_target_at = Target()
    response_target_at = Moment()
    resolution_target_at = Moment()
    requester_resolution_target_at = Moment()
    customer_resolution_target_at = Moment()
    resolution_duration = fields.Integer()
    assignment_count = fields.Integer()
    reopen_count = fields.Integer()
    urgent = fields.Boolean()
    provider_not_accountable = fields.Boolean()
    provider_was_not_accountable = fields.Boolean()
    flags = fields.List(fields.Nested(FlagSchema))
    completed_at = Moment()
    created_at = Moment()
    updated_at = Moment()
    account = fields.Nested(AccountReferenceSchema)
    told_at = Moment()
    note_count = fields.Integer()
    actions = fields.List(fields.Nested(ActionSchema))
