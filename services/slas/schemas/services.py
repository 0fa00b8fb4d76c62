"""Services and their instances."""

from __future__ import annotations

from typing import Any

from marshmallow import fields, validate

from services.common.fields import Picture, ReferenceId, Text, Whole, Zone, long_text, one_of
from services.common.schemas import InputSchema, NamedRecordSchema, OutputSchema, SourceSchema
from services.slas.model.hierarchy import IMPACT_RELATIONS

IMPACTS = ("low", "medium", "high", "top")
INSTANCE_STATUSES = ("being_prepared", "in_production", "discontinued")
MAX_PARENTS = 200
MANAGERS = (
    "service_owner_id",
    "availability_manager_id",
    "capacity_manager_id",
    "change_manager_id",
    "continuity_manager_id",
    "knowledge_manager_id",
    "problem_manager_id",
    "release_manager_id",
)


class ServiceInputSchema(SourceSchema):
    """A service of our own. Without `provider_id` it is provided by the account's own organization."""

    name = Text(128, required=True)
    description = long_text()
    keywords = Text(1000, allow_none=True)
    provider_id = ReferenceId()
    support_team_id = ReferenceId(allow_none=True)
    first_line_team_id = ReferenceId(allow_none=True)
    service_owner_id = ReferenceId(allow_none=True)
    availability_manager_id = ReferenceId(allow_none=True)
    capacity_manager_id = ReferenceId(allow_none=True)
    change_manager_id = ReferenceId(allow_none=True)
    continuity_manager_id = ReferenceId(allow_none=True)
    knowledge_manager_id = ReferenceId(allow_none=True)
    problem_manager_id = ReferenceId(allow_none=True)
    release_manager_id = ReferenceId(allow_none=True)
    impact = one_of(IMPACTS)
    disabled = fields.Boolean()
    picture_uri = Picture(allow_none=True)


class ServiceSchema(NamedRecordSchema):
    description = fields.String()
    keywords = fields.String()
    provider_id = fields.Integer()
    support_team_id = fields.Integer()
    first_line_team_id = fields.Integer()
    service_owner_id = fields.Integer()
    availability_manager_id = fields.Integer()
    capacity_manager_id = fields.Integer()
    change_manager_id = fields.Integer()
    continuity_manager_id = fields.Integer()
    knowledge_manager_id = fields.Integer()
    problem_manager_id = fields.Integer()
    release_manager_id = fields.Integer()
    impact = fields.String()
    disabled = fields.Boolean()
    picture_uri = fields.String()


class ParentInputSchema(InputSchema):
    """An own service instance that this one supports, and what this one's failure does to it."""

    service_instance_id = ReferenceId(required=True)
    impact_relation = one_of(IMPACT_RELATIONS, allow_none=False, load_default="down")


def parents(**options: Any) -> fields.List:
    return fields.List(
        Whole(ParentInputSchema),
        validate=validate.Length(max=MAX_PARENTS, error="must hold at most {max}"),
        **options,
    )


class ServiceInstanceInputSchema(SourceSchema):
    name = Text(128, required=True)
    service_id = ReferenceId(required=True)
    status = one_of(INSTANCE_STATUSES, allow_none=False)
    support_team_id = ReferenceId(required=True)
    first_line_team_id = ReferenceId(allow_none=True)
    impact = one_of(IMPACTS)
    time_zone = Zone(allow_none=True)
    remarks = long_text()
    picture_uri = Picture(allow_none=True)
    parent_service_instances = parents()


class ParentSchema(OutputSchema):
    """`sla_id`: the SLA with coverage `service_instances` that the edge follows from; null when it was
    drawn."""

    service_instance_id = fields.Integer()
    impact_relation = fields.String()
    sla_id = fields.Integer()


class ServiceInstanceSchema(NamedRecordSchema):
    service_id = fields.Integer()
    provider_id = fields.Integer()
    status = fields.String()
    support_team_id = fields.Integer()
    first_line_team_id = fields.Integer()
    impact = fields.String()
    time_zone = fields.String()
    remarks = fields.String()
    picture_uri = fields.String()
    parent_service_instances = fields.List(fields.Nested(ParentSchema))
