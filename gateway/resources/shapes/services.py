"""Services, and what is offered of them at which hours."""

from __future__ import annotations

from gateway.kinds import references
from gateway.records import Shape
from services.slas import queries as slas
from services.slas import schemas as sla_schemas
from services.slas.schemas.offerings import CALENDARS, FOLLOW_UP, SCHEMES

_MANAGERS = tuple(
    f"{name}_manager"
    for name in ("availability", "capacity", "change", "continuity", "knowledge", "problem", "release")
)
SERVICE = Shape(
    "service",
    sla_schemas.ServiceSchema,
    slas.LISTINGS["services"],
    "Service",
    {
        **references("organization", "provider"),
        **references("team", "support_team", "first_line_team"),
        **references("person", "service_owner", *_MANAGERS),
    },
)
SERVICE_INSTANCE = Shape(
    "service instance",
    sla_schemas.ServiceInstanceSchema,
    slas.LISTINGS["service_instances"],
    "ServiceInstance",
    {
        **references("service"),
        **references("service_instance"),
        **references("sla"),
        **references("organization", "provider"),
        **references("team", "support_team", "first_line_team"),
    },
)
SERVICE_OFFERING = Shape(
    "service offering",
    sla_schemas.ServiceOfferingSchema,
    slas.LISTINGS["service_offerings"],
    "ServiceOffering",
    {
        **references("service"),
        **references("calendar", *(name.removesuffix("_id") for name in CALENDARS)),
        **references("sla_notification_scheme", *(name.removesuffix("_id") for name in SCHEMES)),
        **references("waiting_for_customer_follow_up", FOLLOW_UP.removesuffix("_id")),
    },
)
NOTIFICATION_SCHEME = Shape(
    "SLA notification scheme",
    sla_schemas.SlaNotificationSchemeSchema,
    slas.LISTINGS["sla_notification_schemes"],
    "SlaNotificationScheme",
    references("team", "escalate_to_team"),
)
FOLLOW_UP_ON_CUSTOMER = Shape(
    "waiting for customer follow-up",
    sla_schemas.WaitingForCustomerFollowUpSchema,
    slas.LISTINGS["waiting_for_customer_follow_ups"],
    "WaitingForCustomerFollowUp",
)
CALENDAR = Shape("calendar", sla_schemas.CalendarSchema, slas.LISTINGS["calendars"], "Calendar")
CALENDAR_HOUR = Shape("weekly hour", sla_schemas.NumberedCalendarHourSchema, slas.CALENDAR_HOURS)
HOLIDAY = Shape(
    "holiday",
    sla_schemas.HolidaySchema,
    slas.LISTINGS["holidays"],
    "Holiday",
    references("calendar"),
)
