"""What the lists of FLSAs and coverage groups offer, and that of what an agreement makes visible."""

from __future__ import annotations

from services.common.listing import Field, Kind, Listing
from services.common.listing.usual import DAY, ENABLED, FLAG, NAMED, REFERENCE, TIMES, numbered
from services.slas.model.coverage import OF_GROUPS
from services.slas.model.status import SLA_STATUSES
from services.slas.queries.listings import BY_STATUS, many, one_of
from services.slas.schemas.first_line import TARGETS

FLSAS = Listing(
    fields={
        **NAMED,
        "status": one_of(SLA_STATUSES),
        "provider": REFERENCE,
        "customer": REFERENCE,
        "customer_account": Field("customer_account.id", Kind.TEXT, filterable=True),
        "customer_representatives": many("customer_representative_ids"),
        "service_desk_team": REFERENCE,
        "start_date": DAY,
        "notice_date": DAY,
        "expiry_date": DAY,
        **TIMES,
    },
    also=(
        "account",
        "remote_id",
        "support_hours",
        "time_zone",
        *TARGETS,
        "major_incident_managers",
        "announced_representatives",
        "target_details",
        "charges",
        "remarks",
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
        "provider",
        "customer",
        "service_desk_team",
        "created_at",
        "updated_at",
    ),
    default_sort="name",
    predefined=BY_STATUS,
)

COVERAGE_GROUPS = Listing(
    fields={**NAMED, "coverage": one_of(OF_GROUPS), "disabled": FLAG, **TIMES},
    also=("organizations", "sites", "people"),
    default_fields=("id", "sourceID", "name", "coverage", "disabled", "created_at", "updated_at"),
    default_sort="name",
    predefined=ENABLED,
)

DISCLOSURES = numbered("to", "sees", "of")
