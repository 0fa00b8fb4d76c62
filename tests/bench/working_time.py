"""What it costs to count working time: the processor time of the rules alone, without a database."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from services.slas.model.calendars import WEEKDAYS, WorkingTime, calendar_of
from tests.bench.figures import Figure

ZONE = "Europe/Amsterdam"
START = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
_TIMES = 2000
_ROUNDS = 5


def figures() -> list[Figure]:
    """Over a horizon of a year."""
    calendar = calendar_of(*office_hours())
    counted, year = WorkingTime(calendar, ZONE), timedelta(days=365)
    worked = counted.between(START, START + year)
    return [
        Figure("a target a year ahead", of_one(lambda: counted.add(START, worked)), "µs", aim=20),
        Figure(
            "working time over a year", of_one(lambda: counted.between(START, START + year)), "µs", aim=20
        ),
        Figure(
            "a target 250 business days ahead",
            of_one(lambda: counted.add_business_days(START, 250)),
            "µs",
            aim=20,
        ),
        Figure(
            "… a calendar's first, which lays out two years",
            of_one(lambda: WorkingTime(calendar, ZONE).add(START, worked), times=20),
            "µs",
        ),
    ]


def office_hours() -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """8 to 17 with a pause at noon, and ten holidays a year: a calendar's record, and those of its
    holidays."""
    spans = (("08:00", "12:00"), ("13:00", "17:00"))
    hours = [
        {"weekday": day, "time_from": since, "time_until": until}
        for day in WEEKDAYS[:5]
        for since, until in spans
    ]
    holidays = [
        {"start_at": f"{year}-{month:02}-10T00:00", "end_at": f"{year}-{month:02}-11T00:00"}
        for year in range(2020, 2040)
        for month in range(1, 11)
    ]
    return {"calendar_hours": hours}, holidays


def of_one(ask: Callable[[], object], times: int = _TIMES) -> float:
    """Microseconds of the processor for one, in the best of some rounds."""
    rounds = []
    for _ in range(_ROUNDS):
        before = time.process_time()
        for _ in range(times):
            ask()
        rounds.append(time.process_time() - before)
    return min(rounds) / times * 1e6
