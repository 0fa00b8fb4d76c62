"""Targets and charges of a service offering, per level: an incident's impact, or the kind of request.

A target is a number of minutes or a number of business days, not both. A fixed price needs its rate.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from services.slas.model.rules import RuleBroken

LEVELS = ("low", "medium", "high", "top", "rfc", "rfi", "case")
TARGETS = ("response_target", "resolution_target")
CHARGE_TYPES = ("fixed_price", "time_material")
OFFERING_STATUSES = ("planned", "unpublished", "available", "temporarily_unavailable", "discontinued")
# The fields that lead to a calendar: for downtime, and for the targets of each level.
CALENDARS = ("service_hours_id", *(f"support_hours_{level}_id" for level in LEVELS))
# Those that lead to the scheme of a target's alarms, and to what a customer hears who does not answer.
SCHEMES = tuple(f"{target}_notification_scheme_{level}_id" for level in LEVELS for target in TARGETS)
FOLLOW_UP = "waiting_for_customer_follow_up_id"
# What a customer may subscribe to, and what is offered or will be again.
CATALOG = ("available", "temporarily_unavailable")
PORTFOLIO = ("planned", "unpublished", *CATALOG)
FREQUENCIES = (
    "no_commitment",
    "once_per_week",
    "once_per_month",
    "once_per_quarter",
    "once_per_half_year",
    "once_per_year",
)


def with_calendars(offering: Mapping[str, Any]) -> dict[str, Any]:
    """The offering with all calendars that it leads to listed, by which it is found from them."""
    return {**offering, "calendar_ids": sorted({offering[name] for name in CALENDARS if offering.get(name)})}


def check_terms(offering: Mapping[str, Any]) -> None:
    """Raises RuleBroken, naming every field, when the targets or charges contradict themselves."""
    errors: list[tuple[str, str]] = []
    for level in LEVELS:
        for target in TARGETS:
            minutes, days = f"{target}_{level}", f"{target}_{level}_in_days"
            if offering.get(minutes) is not None and offering.get(days) is not None:
                errors.append((days, f"cannot be given beside {minutes}: a target is in minutes or in days"))
        if offering.get(f"charge_type_{level}") == "fixed_price" and offering.get(f"rate_{level}") is None:
            errors.append((f"rate_{level}", "must be given for a fixed price"))
        if offering.get(f"rate_{level}") is not None and offering.get(f"rate_{level}_currency") is None:
            errors.append((f"rate_{level}_currency", "must be given with a rate"))
    if errors:
        raise RuleBroken("validation_failed", errors)
