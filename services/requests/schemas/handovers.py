"""Hand-overs: what of a request crosses the border, and who holds it."""

from __future__ import annotations

from marshmallow import fields

from services.common.fields import Moment
from services.common.schemas import AccountReferenceSchema, OutputSchema
from services.requests.schemas.requests import FlagSchema


class PositionSchema(OutputSchema):
    """How far one direction of a thread has come."""

    incarnation = fields.Integer()
    sequence = fields.Integer()


class EpisodeSchema(OutputSchema):
    """One round with a provider; only the customer's account raises it."""

    incarnation = fields.Integer()
    n = fields.Integer()


class SideSchema(OutputSchema):
    """What both sides of a thread have. `request_id` is the partner's own id of the request."""

    account = fields.Nested(AccountReferenceSchema)
    thread = fields.String()
    remote_request_id = fields.Integer()
    agreement = fields.String()
    episode = fields.Nested(EpisodeSchema)
    open = fields.Boolean()
    question = fields.String()
    sent = fields.Nested(PositionSchema)
    applied = fields.Nested(PositionSchema)


class CustomerSchema(SideSchema):
    """The thread to the account that handed the request over. `ended` says how the episode ended."""

    ended = fields.String()


class ProviderSchema(SideSchema):
    """The thread to an account that it was handed over to. `turn` is with, asked, returned, refused or
    ended.
    """

    turn = fields.String()
    answered = fields.String()
    service_instance_id = fields.Integer()
    team_id = fields.Integer()
    handed_by_team_id = fields.Integer()
    handed_by_member_id = fields.Integer()
    completion_reason = fields.String()
    completed_at = Moment()


class HandoverSchema(OutputSchema):
    """A request that crossed a border; the id is the request's. `holder` is the account whose turn it is."""

    id = fields.Integer()
    request_id = fields.Integer()
    status = fields.String()
    holder = fields.Nested(AccountReferenceSchema)
    origin = fields.String()
    core_version = fields.Integer()
    customer = fields.Nested(CustomerSchema)
    providers = fields.List(fields.Nested(ProviderSchema))
    flags = fields.List(fields.Nested(FlagSchema))
    created_at = Moment()
    updated_at = Moment()
