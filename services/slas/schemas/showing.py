"""A stored record as it goes out: what its schema names, its version, `account` where it is another one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from services.common.schemas import OutputSchema
from services.slas.model import shapes
from services.slas.schemas.agreements import CoverageGroupSchema, SlaSchema
from services.slas.schemas.calendars import CalendarSchema, HolidaySchema
from services.slas.schemas.first_line import FlsaSchema
from services.slas.schemas.offerings import ServiceOfferingSchema
from services.slas.schemas.rules import SlaNotificationSchemeSchema, WaitingForCustomerFollowUpSchema
from services.slas.schemas.services import ServiceInstanceSchema, ServiceSchema

_SCHEMAS: Final[Mapping[str, OutputSchema]] = {
    "service": ServiceSchema(),
    "service_instance": ServiceInstanceSchema(),
    "service_offering": ServiceOfferingSchema(),
    "sla": SlaSchema(),
    "flsa": FlsaSchema(),
    "sla_coverage_group": CoverageGroupSchema(),
    "calendar": CalendarSchema(),
    "holiday": HolidaySchema(),
    "sla_notification_scheme": SlaNotificationSchemeSchema(),
    "waiting_for_customer_follow_up": WaitingForCustomerFollowUpSchema(),
}


def shown(kind: str, document: Mapping[str, Any]) -> dict[str, Any]:
    """`document`: as it is stored, with `_id` and `version`."""
    dumped: dict[str, Any] = _SCHEMAS[kind].dump(shapes.shown(kind, document))
    if dumped["account"] is None:
        del dumped["account"]
    return {**dumped, "version": document["version"]}
