"""What the service takes and gives."""

from services.reporting.schemas.figures import FigureSchema, FiguresSchema, ReportRecordSchema
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
    "ReportInputSchema",
    "ReportRecordSchema",
    "ReportSchema",
]
