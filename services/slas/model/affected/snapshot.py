"""The terms of an SLA as they were when the impact was assigned: what is agreed later holds for later
requests."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from services.slas.model.calendars import Calendar, Hours
from services.slas.model.calendars.hours import DAY_SECONDS
from services.slas.model.clocks import (
    RESOLUTION,
    RESPONSE,
    USUAL,
    Allowed,
    FollowUp,
    Goal,
    Percents,
    Rule,
    Terms,
    follow_up_of,
    percents,
    rules_of,
)
from services.slas.model.offerings import FOLLOW_UP

AROUND_THE_CLOCK: Final = Calendar(((Hours(0, DAY_SECONDS),),) * 7)


@dataclass(frozen=True)
class Snapshot:
    """`terms` hold the support hours of the level, resolved with their holidays, and its targets. The ids
    are those of the records it was taken from: they say what to show, never what to count with.
    `supplier_id`: the service instance's provider, when that is another organization than the account's own.
    `response_rules`, `resolution_rules`: whom to tell when of the level's targets. `follow_up`: what is said
    to a customer who does not answer.
    """

    level: str | None
    terms: Terms
    service_hours: Calendar
    support_hours_id: int | None = None
    service_hours_id: int | None = None
    first_line_team_id: int | None = None
    support_team_id: int | None = None
    supplier_id: int | None = None
    service_owner_id: int | None = None
    response_rules: tuple[Rule, ...] = USUAL
    resolution_rules: tuple[Rule, ...] = USUAL
    follow_up: FollowUp | None = None

    @property
    def team_ids(self) -> frozenset[int]:
        return frozenset({self.first_line_team_id, self.support_team_id} - {None})  # type: ignore[arg-type]

    @property
    def escalated_to(self) -> frozenset[int]:
        """The teams that the request goes to by itself."""
        escalations = [rule.escalate for rule in (*self.response_rules, *self.resolution_rules)]
        return frozenset(
            each.team_id for each in escalations if each is not None and each.team_id is not None
        )

    @property
    def percents(self) -> Percents:
        return {goal: percents(self.rules(goal)) for goal in (RESPONSE, RESOLUTION)}

    def rules(self, goal: Goal) -> tuple[Rule, ...]:
        return self.response_rules if goal == RESPONSE else self.resolution_rules


def snapshot(
    level: str | None,
    offering: Mapping[str, Any],
    instance: Mapping[str, Any],
    calendars: Mapping[int, Calendar],
    supplier_id: int | None = None,
    service_owner_id: int | None = None,
    led_to: Mapping[str, Mapping[str, Any]] | None = None,
) -> Snapshot:
    """What an offering's record says for a level, and its service instance's of teams. `calendars`: those
    that the offering leads to, by id. `led_to`: the schemes and the follow-up it leads to, by its fields.

    Where no hours are agreed time counts around the clock, and without a zone in UTC. Without a level there
    are no targets: best effort.
    """
    support_id = offering.get(f"support_hours_{level}_id") if level else None
    service_id = offering.get("service_hours_id")
    led_to = led_to or {}
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
        service_owner_id=service_owner_id,
        response_rules=rules_of(led_to.get(f"response_target_notification_scheme_{level}_id")),
        resolution_rules=rules_of(led_to.get(f"resolution_target_notification_scheme_{level}_id")),
        follow_up=follow_up_of(led_to.get(FOLLOW_UP)),
    )


def _allowed(offering: Mapping[str, Any], target: str, level: str | None) -> Allowed | None:
    if level is None:
        return None
    minutes, days = offering.get(f"{target}_{level}"), offering.get(f"{target}_{level}_in_days")
    if minutes is not None:
        return Allowed(minutes)
    return None if days is None else Allowed(days, "business_days")
