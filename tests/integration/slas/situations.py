"""What the requests service says of a request, and what the slas service tells because of it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from services.common.clock import iso
from services.requests.model.situation import BEGUN
from services.slas import store
from services.slas.actions import calendars
from tests.integration.slas.accounts import Side

Document = dict[str, Any]
MONDAY = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
TARGETS = {"response_target_low": 60, "resolution_target_low": 480}


def at(hour: int, minute: int = 0, days: int = 0) -> datetime:
    return MONDAY.replace(hour=hour, minute=minute) + timedelta(days=days)


def said(n: int, when: datetime, **fields: Any) -> Document:
    """The event of the requests service."""
    usual: Document = {
        "status": "assigned",
        "category": "incident",
        "impact": "low",
        "service_instance_id": None,
        "about_id": None,
        "team_id": 1,
        "requested_for_id": 1,
        "completion_reason": None,
        "customer_account": None,
        "agreement": None,
        "handed_down": False,
        "provider_not_accountable": False,
        "desired_completion_at": None,
        "downtime_start_at": None,
        "downtime_end_at": None,
        "waiting_since": None,
    }
    begun = fields.get("status") in BEGUN
    return {"request_id": 1, "n": n, "at": iso(when), **usual, "begun": begun, **fields}


def events(side: Side) -> list[Document]:
    """The bodies of what was told of affected SLAs, in its order, by the last part of the type; but not what
    reports count, which is told at every step."""
    kept = side.context.database[store.AFFECTED_SLAS].find({})
    rows = [row for each in kept for row in each["outbox"] if row["type"] != "affected_sla.recorded"]
    return [{"type": row["type"].partition(".")[2], **row["body"]} for row in rows]


def told(side: Side) -> list[tuple[str, str, int]]:
    """The alarms: what of which target, at how much of it."""
    return [(each["type"], each["goal"], each["percent"]) for each in events(side)]


def office(side: Side) -> int:
    days = ("mon", "tue", "wed", "thu", "fri")
    hours = [{"weekday": day, "time_from": "09:00", "time_until": "17:00"} for day in days]
    made = calendars.create_calendar(
        side.context, side.manager, {"name": "Office hours", "calendar_hours": hours}
    )
    return int(made["id"])
