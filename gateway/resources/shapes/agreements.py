"""SLAs and FLSAs, whom they cover, and what they make visible."""

from __future__ import annotations

from gateway.kinds import references
from gateway.records import Shape
from gateway.references import Reference
from services.slas import queries as slas
from services.slas import schemas as sla_schemas

SLA = Shape(
    "SLA",
    sla_schemas.SlaSchema,
    slas.LISTINGS["slas"],
    "Sla",
    {
        **references("service_instance"),
        **references("service_offering"),
        **references("organization", "customer"),
        **references("person", "service_level_manager"),
        "organization_ids": Reference("organizations", "organization"),
        "site_ids": Reference("sites", "site"),
        "people_ids": Reference("people", "person"),
        "coverage_group_ids": Reference("coverage_groups", "sla_coverage_group"),
        "service_instance_ids": Reference("service_instances", "service_instance"),
        "customer_representative_ids": Reference("customer_representatives", "person"),
    },
)
FLSA = Shape(
    "FLSA",
    sla_schemas.FlsaSchema,
    slas.LISTINGS["flsas"],
    "Flsa",
    {
        **references("organization", "provider", "customer"),
        **references("team", "service_desk_team"),
        **references("calendar", "support_hours"),
        "customer_representative_ids": Reference("customer_representatives", "person"),
        "major_incident_manager_ids": Reference("major_incident_managers", "person"),
    },
)
COVERAGE_GROUP = Shape(
    "SLA coverage group",
    sla_schemas.CoverageGroupSchema,
    slas.LISTINGS["sla_coverage_groups"],
    "SlaCoverageGroup",
    {
        "organization_ids": Reference("organizations", "organization"),
        "site_ids": Reference("sites", "site"),
        "people_ids": Reference("people", "person"),
    },
)
DISCLOSURE = Shape("disclosure", sla_schemas.DisclosureSchema, slas.DISCLOSURES)
