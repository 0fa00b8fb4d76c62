"""What an affected SLA costs: the processor time of the rules alone, without a database."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from services.slas import documents
from services.slas.model.affected import Affected, Promise, Situation, snapshot
from services.slas.model.calendars import calendar_of
from tests.bench.figures import Figure
from tests.bench.working_time import of_one, office_hours

START = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
STOPS = 20


def figures() -> list[Figure]:
    """An affected SLA that has stood twenty times, within office hours with holidays."""
    offering = {
        "time_zone": "Europe/Amsterdam",
        "support_hours_low_id": 1,
        "response_target_low": 60,
        "resolution_target_low": 6_000,
    }
    taken = snapshot("low", offering, {"support_team_id": 1}, {1: calendar_of(*office_hours())})
    now = Situation(START, "assigned", "incident", "low", service_instance_id=1, about_id=1, team_id=1)
    affected = Affected.started(Promise(1, "active", 1, "customer_account"), taken, now)
    for day in range(1, STOPS + 1):
        for hours, status in ((0, "waiting_for_customer"), (3, "in_progress")):
            now = replace(now, at=START + timedelta(days=day, hours=hours), status=status)
            affected = affected.after(now)
    later = replace(now, at=now.at + timedelta(days=1), status="waiting_for_customer")
    what = f"an affected SLA with {STOPS} stops"
    return [
        Figure(f"{what} follows its request", of_one(lambda: affected.after(later)), "µs", aim=100),
        Figure(
            "… and all that is shown of it, and when it falls due",
            of_one(lambda: documents.to_document(affected, ()), times=200),
            "µs",
            aim=2_000,
        ),
    ]
