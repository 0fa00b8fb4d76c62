"""What this service takes and gives, in 4me's names."""

from services.slas.schemas.affected import AffectedSlaSchema
from services.slas.schemas.agreements import (
    CoverageGroupInputSchema,
    CoverageGroupSchema,
    DisclosureSchema,
    ImpactRelationSchema,
    SlaInputSchema,
    SlaSchema,
)
from services.slas.schemas.calendars import (
    CalendarHourSchema,
    CalendarInputSchema,
    CalendarSchema,
    FillHolidaysInputSchema,
    FoundHolidaysSchema,
    HolidayInputSchema,
    HolidaySchema,
    ImportHolidaysInputSchema,
    NumberedCalendarHourSchema,
)
from services.slas.schemas.first_line import FlsaInputSchema, FlsaSchema
from services.slas.schemas.offerings import ServiceOfferingInputSchema, ServiceOfferingSchema
from services.slas.schemas.rules import (
    SlaNotificationSchemeInputSchema,
    SlaNotificationSchemeSchema,
    WaitingForCustomerFollowUpInputSchema,
    WaitingForCustomerFollowUpSchema,
)
from services.slas.schemas.services import (
    ParentInputSchema,
    ServiceInputSchema,
    ServiceInstanceInputSchema,
    ServiceInstanceSchema,
    ServiceSchema,
)
from services.slas.schemas.showing import shown

__all__ = [
    "AffectedSlaSchema",
    "CalendarHourSchema",
    "CalendarInputSchema",
    "CalendarSchema",
    "CoverageGroupInputSchema",
    "CoverageGroupSchema",
    "DisclosureSchema",
    "FillHolidaysInputSchema",
    "FlsaInputSchema",
    "FlsaSchema",
    "FoundHolidaysSchema",
    "HolidayInputSchema",
    "HolidaySchema",
    "ImpactRelationSchema",
    "ImportHolidaysInputSchema",
    "NumberedCalendarHourSchema",
    "ParentInputSchema",
    "ServiceInputSchema",
    "ServiceInstanceInputSchema",
    "ServiceInstanceSchema",
    "ServiceOfferingInputSchema",
    "ServiceOfferingSchema",
    "ServiceSchema",
    "SlaInputSchema",
    "SlaNotificationSchemeInputSchema",
    "SlaNotificationSchemeSchema",
    "SlaSchema",
    "WaitingForCustomerFollowUpInputSchema",
    "WaitingForCustomerFollowUpSchema",
    "shown",
]
