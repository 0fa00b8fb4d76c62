"""Reports, dashboards, and the records that figures count."""

from __future__ import annotations

from typing import Final

from gateway.kinds import references
from gateway.records import Shape
from gateway.references import Reference
from services.reporting import queries
from services.reporting.schemas import DashboardSchema, ReportRecordSchema, ReportSchema

_SHARED: Final = {
    **references("person", "owner"),
    "team_ids": Reference("teams", "team"),
    "sla_ids": Reference("slas", "sla"),
}
REPORT: Final = Shape("report", ReportSchema, queries.REPORTS, "Report", _SHARED)
DASHBOARD: Final = Shape(
    "dashboard",
    DashboardSchema,
    queries.DASHBOARDS,
    "Dashboard",
    {**_SHARED, "report_ids": Reference("reports", "report")},
)
RECORDS: Final = {
    subject: Shape(
        "report record",
        ReportRecordSchema,
        listing,
        references={
            **references("request"),
            **references("sla"),
            **references("team", "team", "support_team"),
            **references("person", "person", "member"),
            **references("organization", "organization", "supplier"),
            **references("service_instance"),
        },
    )
    for subject, listing in queries.RECORDS.items()
}
"""By the subject of the report."""
