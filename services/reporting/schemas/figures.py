"""Figures, and the records that they count."""

from __future__ import annotations

from typing import Any

from marshmallow import fields

from services.common.fields import Day, Moment
from services.common.schemas import OutputSchema


class OfReportSchema(OutputSchema):
    id = fields.Integer()
    name = fields.String()


class _FigureSchema(OutputSchema):
    """The figures of a bucket and group. `bucket`: the day with which it begins, null without buckets; `from`
    and `until`: its days that were asked for. `records`, by measure, leads to exactly what was counted.
    """

    bucket = Day(allow_none=True)
    until = Day()
    group = fields.Dict(keys=fields.String())
    values = fields.Dict(keys=fields.String(), values=fields.Float(allow_none=True))
    records = fields.Dict(keys=fields.String(), values=fields.String())


class _FiguresSchema(OutputSchema):
    """What a report tells of the days asked for, as they begin and end in `time_zone`."""

    report = fields.Nested(OfReportSchema)
    time_zone = fields.String()
    until = Day()


_FROM: Any = {"from": Day()}
FigureSchema: Any = _FigureSchema.from_dict(_FROM, name="FigureSchema")
FiguresSchema: Any = _FiguresSchema.from_dict(
    {**_FROM, "figures": fields.List(fields.Nested(FigureSchema))}, name="FiguresSchema"
)


class ReportRecordSchema(OutputSchema):
    """A record that a figure counts, as it is counted: what its subject has of these. `id` is that of the
    request, note or affected SLA; that of a period is made of its request and when it began. Times in whole
    minutes; what is counted is 0 or 1.
    """

    id = fields.Raw()
    request_id = fields.Integer()
    sla_id = fields.Integer()
    team_id = fields.Integer()
    support_team_id = fields.Integer()
    member_id = fields.Integer()
    person_id = fields.Integer()
    organization_id = fields.Integer()
    service_instance_id = fields.Integer()
    supplier_id = fields.Integer()
    account = fields.String()
    customer = fields.String()
    holder = fields.String()
    status = fields.String()
    category = fields.String()
    impact = fields.String()
    completion_reason = fields.String()
    reach = fields.String()
    accountability = fields.String()
    medium = fields.String()
    visibility = fields.String()
    created_at = Moment()
    started_at = Moment()
    responded_at = Moment()
    resolved_at = Moment()
    ended_at = Moment()
    completed_at = Moment()
    response_target_at = Moment()
    resolution_target_at = Moment()
    minutes = fields.Integer()
    response_minutes = fields.Integer()
    resolution_minutes = fields.Integer()
    response_met = fields.Integer()
    resolution_met = fields.Integer()
    reopen_count = fields.Integer()
    returned = fields.Integer()
    ping_pong = fields.Integer()
    passed = fields.Integer()
