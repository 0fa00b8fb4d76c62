"""Affected SLAs, as they are shown."""

from __future__ import annotations

from marshmallow import fields

from services.common.fields import Moment, Target
from services.common.schemas import OutputSchema


class StoppedSchema(OutputSchema):
    """A period in which the clock stood; `end_at` is null while it does."""

    start_at = Moment(attribute="since")
    end_at = Moment(attribute="until")


class AffectedSlaSchema(OutputSchema):
    """What was promised of a request, and how far it is. Durations are whole minutes of the support hours,
    the maximum ones those of the terms, in minutes or in business days; `downtime_duration` is of the service
    hours. `stopped_clock_at`: since when the clock stands; `stopped_clock_duration`: how long it stood
    before.
    """

    id = fields.Integer()
    request_id = fields.Integer()
    sla_id = fields.Integer()
    service_instance_id = fields.Integer()
    impact = fields.String()
    accountability = fields.String()
    started_at = Moment()
    maximum_response_duration = fields.Integer()
    maximum_response_duration_in_days = fields.Integer()
    maximum_resolution_duration = fields.Integer()
    maximum_resolution_duration_in_days = fields.Integer()
    response_target_at = Moment()
    resolution_target_at = Moment()
    actual_response_at = Moment()
    actual_response_duration = fields.Integer()
    actual_resolution_at = Moment()
    actual_resolution_duration = fields.Integer()
    stopped_clock_at = Moment()
    stopped_clock_duration = fields.Integer()
    stopped_clock_periods = fields.List(fields.Nested(StoppedSchema))
    desired_completion_at = Moment()
    next_target_at = Target()
    downtime_start_at = Moment()
    downtime_end_at = Moment()
    downtime_duration = fields.Integer()
    service_hours_id = fields.Integer()
    support_hours_id = fields.Integer()
    time_zone = fields.String()
    first_line_team_id = fields.Integer()
    support_team_id = fields.Integer()
    supplier_id = fields.Integer()
    provider_not_accountable = fields.Boolean()
    provider_was_not_accountable = fields.Boolean()
    created_at = Moment()
    updated_at = Moment()
