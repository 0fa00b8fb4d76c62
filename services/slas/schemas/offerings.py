"""Service offerings: the targets and charges that a customer can subscribe to.

`service_hours` (for downtime) and `support_hours_<level>` (for targets) lead to calendars, whose hours are
local in the offering's `time_zone`; `<target>_notification_scheme_<level>` to who is told when a target draws
near, `waiting_for_customer_follow_up` to what is said to a customer who does not answer.
"""

from __future__ import annotations

from typing import Any

from marshmallow import fields, validate

from services.common.fields import Amount, Minutes, ReferenceId, Text, Zone, currency, long_text, one_of
from services.common.schemas import NamedRecordSchema, SourceSchema
from services.slas.model.offerings import (
    CALENDARS,
    CHARGE_TYPES,
    FOLLOW_UP,
    FREQUENCIES,
    LEVELS,
    OFFERING_STATUSES,
    SCHEMES,
    TARGETS,
)

# What an offering leads to beside its service, by the names of the fields.
LED_TO = (*CALENDARS, *SCHEMES, FOLLOW_UP)
MAX_TARGET_MINUTES = 2 * 366 * 24 * 60
MAX_TARGET_DAYS = 2 * 366
TEXTS = (
    "summary",
    "continuity",
    "performance",
    "limitations",
    "prerequisites",
    "penalties",
    "termination",
    "charges",
)
LEVEL_FIELDS = (
    *(f"{target}_{level}{unit}" for level in LEVELS for target in TARGETS for unit in ("", "_in_days")),
    *(f"{name}_{level}" for level in LEVELS for name in ("charge_type", "rate")),
    *(f"rate_{level}_currency" for level in LEVELS),
)


def whole(least: int, most: int) -> fields.Integer:
    within = validate.Range(min=least, max=most, error="must be between {min} and {max}")
    return fields.Integer(strict=True, allow_none=True, validate=within)


def _levels() -> dict[str, Any]:
    taken: dict[str, Any] = {name: ReferenceId(allow_none=True) for name in LED_TO}
    for level in LEVELS:
        for target in TARGETS:
            taken[f"{target}_{level}"] = Minutes(MAX_TARGET_MINUTES, allow_none=True)
            taken[f"{target}_{level}_in_days"] = whole(0, MAX_TARGET_DAYS)
        taken[f"charge_type_{level}"] = one_of(CHARGE_TYPES)
        taken[f"rate_{level}"] = Amount(1_000_000_000, places=4, allow_none=True)
        taken[f"rate_{level}_currency"] = currency(allow_none=True)
    return taken


def _levels_out() -> dict[str, Any]:
    whole_numbers = {f"{target}_{level}" for level in LEVELS for target in TARGETS}
    levels = {
        name: fields.Integer() if name.removesuffix("_in_days") in whole_numbers else fields.String()
        for name in LEVEL_FIELDS
    }
    return {**levels, **{name: fields.Integer() for name in LED_TO}}


_LevelsIn: Any = SourceSchema.from_dict(_levels(), name="LevelsIn")
_LevelsOut: Any = NamedRecordSchema.from_dict(_levels_out(), name="LevelsOut")


class ServiceOfferingInputSchema(_LevelsIn):
    name = Text(128, required=True)
    service_id = ReferenceId(required=True)
    status = one_of(OFFERING_STATUSES, allow_none=False)
    time_zone = Zone(allow_none=True)
    summary = long_text()
    availability = Amount(100, places=4, allow_none=True)
    reliability = whole(0, 1_000_000)
    recovery_time_objective = Minutes(MAX_TARGET_MINUTES, allow_none=True)
    recovery_point_objective = Minutes(MAX_TARGET_MINUTES, allow_none=True)
    continuity = long_text()
    performance = long_text()
    limitations = long_text()
    prerequisites = long_text()
    penalties = long_text()
    termination = long_text()
    charges = long_text()
    responses_within_target = whole(0, 100)
    resolutions_within_target = whole(0, 100)
    report_frequency = one_of(FREQUENCIES)
    review_frequency = one_of(FREQUENCIES)


class ServiceOfferingSchema(_LevelsOut):
    service_id = fields.Integer()
    status = fields.String()
    time_zone = fields.String()
    summary = fields.String()
    availability = fields.String()
    reliability = fields.Integer()
    recovery_time_objective = fields.Integer()
    recovery_point_objective = fields.Integer()
    continuity = fields.String()
    performance = fields.String()
    limitations = fields.String()
    prerequisites = fields.String()
    penalties = fields.String()
    termination = fields.String()
    charges = fields.String()
    responses_within_target = fields.Integer()
    resolutions_within_target = fields.Integer()
    report_frequency = fields.String()
    review_frequency = fields.String()
