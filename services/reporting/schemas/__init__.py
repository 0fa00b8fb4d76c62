"""What the service takes and gives."""

from services.reporting.schemas.figures import FigureSchema, FiguresSchema, ReportRecordSchema
from services.reporting.schemas.rebuilds import RebuildSchema, shown_rebuild
from services.reporting.schemas.reports import (
    DashboardInputSchema,
    DashboardSchema,
    ReportInputSchema,
    ReportSchema,
)

__all__ = [
    "DashboardInputSchema",
    "DashboardSchema",
    "FigureSchema",
    "FiguresSchema",
    "RebuildSchema",
    "ReportInputSchema",
    "ReportRecordSchema",
    "ReportSchema",
    "shown_rebuild",
]
