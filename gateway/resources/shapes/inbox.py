"""What people are told, and what they watch."""

from __future__ import annotations

from marshmallow import fields

from gateway.kinds import references
from gateway.records import Shape
from services.common.fields import Target
from services.common.schemas import AccountReferenceSchema, OutputSchema
from services.notifications import queries as notifications
from services.notifications.schemas import InboxEntrySchema, WatchSchema


class InboxForSchema(OutputSchema):
    """Whom the request is for; of what another account handed over only the name is known."""

    organization_id = fields.Integer()
    requester_id = fields.Integer()
    requester_name = fields.String()


class NamedRequestSchema(OutputSchema):
    """A request as it is now. `account`: whose it is, on what a partner shows only."""

    id = fields.Integer()
    nodeID = fields.String()
    href = fields.String()
    subject = fields.String()
    status = fields.String()
    impact = fields.String()
    next_target_at = Target()
    team_id = fields.Integer()
    member_id = fields.Integer()
    account = fields.Nested(AccountReferenceSchema)


class InboxRequestSchema(NamedRequestSchema):
    """The request of an entry. `new_assignment`: it was assigned to the caller, or to his team, and he has
    not read so yet.
    """

    new_assignment = fields.Boolean()


class ToldEntrySchema(InboxEntrySchema):
    """An entry of an inbox with its request."""

    request = fields.Nested(
        InboxRequestSchema.from_dict({"for": fields.Nested(InboxForSchema)}, name="InboxRequestSchema")
    )


class ShownWatchSchema(WatchSchema):
    """A watch with its request."""

    request = fields.Nested(NamedRequestSchema)


WATCH = Shape(
    "watch",
    ShownWatchSchema,
    notifications.WATCHED,
    references={**references("team"), **references("person", "member")},
)
INBOX_ENTRY = Shape(
    "inbox entry",
    ToldEntrySchema,
    notifications.INBOX,
    references={
        **references("team"),
        **references("person", "member", "requester"),
        **references("organization"),
        **references("sla"),
    },
)
