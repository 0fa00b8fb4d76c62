"""The shapes of FLSAs and coverage groups, and of what an agreement makes visible."""

from __future__ import annotations

from gateway.kinds import references
from gateway.records import Shape
from gateway.references import Reference
from services.slas import queries as slas
from services.slas import schemas as sla_schemas

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
