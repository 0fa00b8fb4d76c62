"""What the service takes and gives."""

from __future__ import annotations

from marshmallow import fields

from services.common.fields import Moment, ReferenceId
from services.common.schemas import InputSchema, OutputSchema


class InboxEntrySchema(OutputSchema):
    """Why a request is in somebody's inbox. `team_id`: in that of a team. `at`: since when; `read_at`: when
    the caller has read it; `closed_at`: when it was over. `sla_id`, `goal` (response or resolution) and
    `percent` of its time are there where a target is at risk or was missed.
    """

    id = fields.Integer()
    request_id = fields.Integer()
    reason = fields.String()
    team_id = fields.Integer()
    sla_id = fields.Integer()
    goal = fields.String()
    percent = fields.Integer()
    at = Moment()
    read_at = Moment()
    closed_at = Moment()


class WatchSchema(OutputSchema):
    """A request that the caller watches, since `created_at`."""

    id = fields.Integer()
    request_id = fields.Integer()
    created_at = Moment()


class WatchInputSchema(InputSchema):
    """What the caller wants to watch: a request that he may see."""

    request_id = ReferenceId(required=True)


class ReadInputSchema(InputSchema):
    """Whether the caller has read it."""

    read = fields.Boolean(required=True)
