"""FLSAs: what a service desk promises of the first line, beyond what SLAs promise of services."""

from __future__ import annotations

from typing import Final

# Durations in minutes.
PICKUP_TARGETS: Final = ("pickup_target", "support_chat_pickup_target")
PERCENTAGES: Final = (
    "pickups_within_target",
    "first_call_resolutions",
    "service_desk_resolutions",
    "service_desk_only_resolutions",
    "rejected_solutions",
)
# What is told of an FLSA, beside whom it is between and who its service desk is.
TOLD: Final = (
    "name",
    "status",
    "start_date",
    "notice_date",
    "expiry_date",
    "time_zone",
    *PICKUP_TARGETS,
    *PERCENTAGES,
)
