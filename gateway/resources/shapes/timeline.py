"""What happened to a request, and whose time it took."""

from __future__ import annotations

from marshmallow import fields

from gateway.kinds import references
from gateway.records import Shape
from services.common.fields import Moment
from services.common.listing.usual import numbered
from services.common.schemas import AccountReferenceSchema, OutputSchema


class _TimeSchema(OutputSchema):
    account = fields.Nested(AccountReferenceSchema)
    team_id = fields.Integer()
    status = fields.String()
    duration = fields.Integer()
    support_hours_duration = fields.Integer()
    sla_id = fields.Integer()


class ShareSchema(_TimeSchema):
    """Time of a request, in whole minutes: by the clock on the wall, and within the support hours of `sla`,
    its most stringent affected SLA; null without one. `account` is missing while nobody held it.
    """

    id = fields.Integer()


class HeldSchema(_TimeSchema):
    """Who held a request in which status; `until` is null while he does."""

    class Meta:
        include = {"from": Moment(), "until": Moment()}


class PeriodSchema(HeldSchema):
    """One of a list."""

    id = fields.Integer()


class TimelineSchema(OutputSchema):
    """What happened to a request: who (`person` of `account`) did what, when, and `{field: [old, new]}`; and
    the `period` that began with it.
    """

    id = fields.Integer()
    at = Moment()
    account = fields.Nested(AccountReferenceSchema)
    person = fields.Dict()
    what = fields.String()
    text = fields.String()
    changes = fields.Dict()
    period = fields.Nested(HeldSchema)


_OF_SHARE = {**references("team"), **references("sla")}
TIMELINE = Shape(
    "timeline",
    TimelineSchema,
    numbered("at", "account", "person", "what", "text", "changes", "period"),
    references=_OF_SHARE,
)
PERIOD = Shape(
    "period",
    PeriodSchema,
    numbered("account", "team", "status", "from", "until", "duration", "support_hours_duration", "sla"),
    references=_OF_SHARE,
)
SHARE = Shape(
    "share",
    ShareSchema,
    numbered("account", "team", "status", "duration", "support_hours_duration", "sla"),
    references=_OF_SHARE,
)
