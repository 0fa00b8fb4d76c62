"""What the lists of this service offer: fields, filters, orders, and the predefined filters of 4me."""

from __future__ import annotations

from collections.abc import Mapping

from services.common.listing import Field, Kind, Listing
from services.common.listing.declaration import Filter
from services.common.listing.usual import (
    DAY,
    ENABLED,
    FLAG,
    ID,
    LOCAL,
    NAMED,
    REFERENCE,
    TIME,
    TIMES,
    numbered,
)
from services.slas.model.affected import ACCOUNTABILITIES
from services.slas.model.coverage import COVERAGES
from services.slas.model.offerings import CATALOG, OFFERING_STATUSES, PORTFOLIO
from services.slas.model.status import SLA_STATUSES
from services.slas.schemas.agreements import ACTIVITIES
from services.slas.schemas.offerings import LED_TO, LEVEL_FIELDS, TEXTS
from services.slas.schemas.services import INSTANCE_STATUSES, MANAGERS


def one_of(choices: tuple[str, ...]) -> Field:
    return Field(kind=Kind.ENUM, filterable=True, sortable=True, choices=frozenset(choices))


def many(path: str) -> Field:
    return Field(path, Kind.REFERENCE, filterable=True, many=True)


BY_STATUS: Mapping[str, Filter] = {
    "active": {"status": "active"},
    "inactive": {"status": {"$in": [status for status in SLA_STATUSES if status != "active"]}},
}

SERVICES = Listing(
    fields={
        **NAMED,
        "provider": REFERENCE,
        "support_team": REFERENCE,
        "disabled": FLAG,
        **TIMES,
    },
    also=(
        "account",
        "description",
        "keywords",
        "first_line_team",
        *(name.removesuffix("_id") for name in MANAGERS),
        "impact",
        "picture_uri",
    ),
    default_fields=("id", "account", "sourceID", "name", "provider", "created_at", "updated_at"),
    default_sort="name",
    predefined=ENABLED,
)

SERVICE_INSTANCES = Listing(
    fields={
        **NAMED,
        "service": REFERENCE,
        "status": one_of(INSTANCE_STATUSES),
        "support_team": REFERENCE,
        "first_line_team": REFERENCE,
        **TIMES,
    },
    also=(
        "account",
        "provider",
        "impact",
        "time_zone",
        "remarks",
        "picture_uri",
        "parent_service_instances",
    ),
    default_fields=("id", "account", "sourceID", "name", "service", "status", "created_at", "updated_at"),
    default_sort="name",
    predefined={
        "active": {"status": {"$in": ["being_prepared", "in_production"]}},
        "inactive": {"status": "discontinued"},
    },
)

SERVICE_OFFERINGS = Listing(
    fields={**NAMED, "service": REFERENCE, "status": one_of(OFFERING_STATUSES), **TIMES},
    also=(
        "account",
        "time_zone",
        *TEXTS,
        *LEVEL_FIELDS,
        *(name.removesuffix("_id") for name in LED_TO),
        "availability",
        "reliability",
        "recovery_time_objective",
        "recovery_point_objective",
        "responses_within_target",
        "resolutions_within_target",
        "report_frequency",
        "review_frequency",
    ),
    default_fields=("id", "account", "sourceID", "name", "service", "status", "created_at", "updated_at"),
    default_sort="name",
    predefined={
        "catalog": {"status": {"$in": list(CATALOG)}},
        "portfolio": {"status": {"$in": list(PORTFOLIO)}},
    },
)

CALENDARS = Listing(
    fields={**NAMED, "disabled": FLAG, **TIMES},
    also=("account", "calendar_hours", "exceptions"),
    default_fields=("id", "account", "sourceID", "name", "disabled", "created_at", "updated_at"),
    default_sort="name",
    predefined=ENABLED,
)

CALENDAR_HOURS = numbered("weekday", "time_from", "time_until")

HOLIDAYS = Listing(
    fields={
        **NAMED,
        "calendar": REFERENCE,
        "start_at": LOCAL,
        "end_at": LOCAL,
        "disabled": FLAG,
        **TIMES,
    },
    also=("account",),
    default_fields=("id", "account", "sourceID", "name", "calendar", "start_at", "end_at", "disabled"),
    default_sort="start_at",
    predefined=ENABLED,
)


def _with_rules(*also: str) -> Listing:
    return Listing(
        fields={**NAMED, "disabled": FLAG, **TIMES},
        also=("account", "rules", *also),
        default_fields=("id", "account", "sourceID", "name", "disabled", "created_at", "updated_at"),
        default_sort="name",
        predefined=ENABLED,
    )


NOTIFICATION_SCHEMES = _with_rules()
FOLLOW_UPS = _with_rules("auto_complete", "auto_complete_nr_of_business_days")

SLAS = Listing(
    fields={
        **NAMED,
        "status": one_of(SLA_STATUSES),
        "coverage": one_of(COVERAGES),
        "service_instance": REFERENCE,
        "service_offering": REFERENCE,
        "customer": REFERENCE,
        "customer_account": Field("customer_account.id", Kind.TEXT, filterable=True),
        "customer_representatives": many("customer_representative_ids"),
        "service_level_manager": REFERENCE,
        "start_date": DAY,
        "notice_date": DAY,
        "expiry_date": DAY,
        **TIMES,
    },
    also=(
        "account",
        "remote_id",
        "organizations",
        "sites",
        "people",
        "coverage_groups",
        "service_instances",
        "announced_representatives",
        "represented_by",
        "remarks",
        "agreementID",
        *ACTIVITIES,
        "use_knowledge_from_service_provider",
        "asks_requester_target",
        "shares_requester_target",
        "thread",
        "refused",
        "unanswered",
    ),
    default_fields=(
        "id",
        "account",
        "sourceID",
        "name",
        "status",
        "service_offering",
        "service_instance",
        "customer",
        "created_at",
        "updated_at",
    ),
    default_sort="name",
    predefined=BY_STATUS,
)

AFFECTED_SLAS = Listing(
    fields={
        "id": ID,
        "request": REFERENCE,
        "sla": REFERENCE,
        "service_instance": REFERENCE,
        "accountability": Field(kind=Kind.ENUM, filterable=True, choices=frozenset(ACCOUNTABILITIES)),
        "resolution_target_at": TIME,
        **TIMES,
    },
    also=(
        "impact",
        "started_at",
        "maximum_response_duration",
        "maximum_response_duration_in_days",
        "maximum_resolution_duration",
        "maximum_resolution_duration_in_days",
        "response_target_at",
        "actual_response_at",
        "actual_response_duration",
        "actual_resolution_at",
        "actual_resolution_duration",
        "stopped_clock_at",
        "stopped_clock_duration",
        "stopped_clock_periods",
        "desired_completion_at",
        "next_target_at",
        "downtime_start_at",
        "downtime_end_at",
        "downtime_duration",
        "service_hours",
        "support_hours",
        "time_zone",
        "first_line_team",
        "support_team",
        "supplier",
        "provider_not_accountable",
        "provider_was_not_accountable",
    ),
    default_fields=(
        "id",
        "request",
        "sla",
        "service_instance",
        "impact",
        "accountability",
        "next_target_at",
        "created_at",
        "updated_at",
    ),
)
