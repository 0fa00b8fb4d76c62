"""What every line promises its own users and the lines that it works for: targets per impact, within support
hours from Monday to Friday.

| impact | response | resolution |
|---|---|---|
| top | 1 hour | 8 hours |
| high | 4 hours | 2 business days |
| medium | 1 business day | 5 business days |
| low | 2 business days | 10 business days |
"""

from __future__ import annotations

from typing import Any, Final

ZONE: Final = "UTC"  # that of an account which was just founded
OPENS_HOUR: Final = 8
CLOSES_HOUR: Final = 18
BUSINESS_DAYS: Final = ("mon", "tue", "wed", "thu", "fri")

_TARGETS: Final = {
    "response_target_top": 60,
    "resolution_target_top": 8 * 60,
    "response_target_high": 4 * 60,
    "resolution_target_high_in_days": 2,
    "response_target_medium_in_days": 1,
    "resolution_target_medium_in_days": 5,
    "response_target_low_in_days": 2,
    "resolution_target_low_in_days": 10,
}
_IMPACTS: Final = ("top", "high", "medium", "low")


def support_calendar() -> dict[str, Any]:
    """The calendar of the support hours, as it is registered."""
    hours = {"time_from": f"{OPENS_HOUR:02}:00", "time_until": f"{CLOSES_HOUR:02}:00"}
    return {
        "name": "Support hours",
        "calendar_hours": [{"weekday": day, **hours} for day in BUSINESS_DAYS],
    }


def targets(calendar_id: int) -> dict[str, Any]:
    """What an offering holds of targets and hours; `calendar_id` is the support hours' own."""
    hours = {f"support_hours_{impact}_id": calendar_id for impact in _IMPACTS}
    return {"time_zone": ZONE, "service_hours_id": calendar_id, **hours, **_TARGETS}
