"""The terms of an SLA as they were when the impact was assigned: what is agreed later holds for later
requests."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from services.slas.model.calendars import Calendar, Hours
from services.slas.model.calendars.hours import DAY_SECONDS
from services.slas.model.clocks import Allowed, Terms

AROUND_THE_CLOCK: Final = Calendar(((Hours(0, DAY_SECONDS),),) * 7)


@dataclass(frozen=True)
class Snapshot:
    """`terms` hold the support hours of the level, resolved with their holidays, and its targets. The ids
    are those of the records it was taken from: they say what to show, never what to count with.
    `supplier_id`: the service instance's provider, when that is another organization than the account's own.
    """

    level: str | None
    terms: Terms
    service_hours: Calendar
    support_hours_id: int | None = None
    service_hours_id: int | None = None
    first_line_team_id: int | None = None
    support_team_id: int | None = None
    supplier_id: int | None = None

    @property
    def team_ids(self) -> frozenset[int]:
        return frozenset({self.first_line_team_id, self.support_team_id} - {None})  # type: ignore[arg-type]


def snapshot(
    level: str | None,
    offering: Mapping[str, Any],
    instance: Mapping[str, Any],
    calendars: Mapping[int, Calendar],
    supplier_id: int | None = None,
) -> Snapshot:
    """What an offering's record says for a level, and its service instance's of teams. `calendars`: those
    that the offering leads to, by id.

    Where no hours are agreed time counts around the clock, and without a zone in UTC. Without a level there
    are no targets: best effort.
    """
    support_id = offering.get(f"support_hours_{level}_id") if level else None
    service_id = offering.get("service_hours_id")
    return Snapshot(
        level=level,
        terms=Terms(
            support_hours=calendars.get(support_id, AROUND_THE_CLOCK) if support_id else AROUND_THE_CLOCK,
            time_zone=offering.get("time_zone") or "UTC",
            response=_allowed(offering, "response_target", level),
            resolution=_allowed(offering, "resolution_target", level),
        ),
        service_hours=calendars.get(service_id, AROUND_THE_CLOCK) if service_id else AROUND_THE_CLOCK,
        support_hours_id=support_id,
        service_hours_id=service_id,
        first_line_team_id=instance.get("first_line_team_id"),
        support_team_id=instance.get("support_team_id"),
        supplier_id=supplier_id,
    )


def _allowed(offering: Mapping[str, Any], target: str, level: str | None) -> Allowed | None:
    if level is None:
        return None
    minutes, days = offering.get(f"{target}_{level}"), offering.get(f"{target}_{level}_in_days")
    if minutes is not None:
        return Allowed(minutes)
    return None if days is None else Allowed(days, "business_days")
