"""An affected SLA is what one finds who looks at its request every minute.

The week is that in which Amsterdam's clocks change; the calendars have an oracle of their own.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from services.slas.model.affected import NOT_AFFECTED, Affected, Situation
from services.slas.model.clocks import RESOLUTION, RESPONSE, Goal
from tests.unit.slas.affected.examples import SHOP, WEBSHOP, shop, situation
from tests.unit.slas.scenarios.world import TEAMS

MINUTE = timedelta(minutes=1)
LIMIT = timedelta(days=24)
PAYROLL = 3

happenings = st.lists(
    st.tuples(
        st.sampled_from((0, 1, 5, 60, 300, 1_000, 2_000)),
        st.fixed_dictionaries(
            {},
            optional={
                "status": st.sampled_from(("assigned", "in_progress", "waiting_for_customer", "completed")),
                "impact": st.sampled_from(("low", "high", "top")),
                "provider_not_accountable": st.booleans(),
                "service_instance_id": st.sampled_from((WEBSHOP, PAYROLL)),
                "team_id": st.sampled_from((TEAMS["Service Desk"], TEAMS["Third Line"])),
            },
        ),
    ),
    max_size=8,
)


def played(happened: Sequence[tuple[int, dict[str, Any]]]) -> tuple[Affected, list[Situation]]:
    """On the Friday before, and on from there."""
    said: dict[str, Any] = {}
    now = situation("27 15:00")
    affected, situations = shop("27 15:00"), [now]
    for minutes, changed in happened:
        said |= changed
        at, level = now.at + minutes * MINUTE, now.level
        now = replace(situation(**said), at=at, about_id=said.get("service_instance_id", WEBSHOP))
        affected = affected.after(now, SHOP.terms(now.level) if now.level != level else None)
        situations.append(now)
    return affected, situations


def over(now: Situation) -> bool:
    return not now.live or now.service_instance_id != WEBSHOP


def runs(now: Situation) -> bool:
    return not (over(now) or now.status == "waiting_for_customer" or now.provider_not_accountable)


def met_at(situations: Sequence[Situation], goal: Goal) -> datetime | None:
    """The first response; the end that has lasted."""
    if goal == RESPONSE:
        given_by = (s for s in situations if over(s) or s.begun or s.team_id == TEAMS["Third Line"])
        return next((s.at for s in given_by), None)
    ended = None
    for each in situations:
        ended = (ended or each.at) if over(each) else None
    return ended


@cache
def worked(level: str | None) -> tuple[datetime, ...]:
    """The minutes within the support hours of a level, from the Friday on."""
    hours, first = SHOP.terms(level).terms.hours, situation("27 15:00").at
    every = (first + number * MINUTE for number in range(LIMIT // MINUTE))
    return tuple(minute for minute in every if hours.between(minute, minute + MINUTE))


def counted(situations: Sequence[Situation], met: datetime | None) -> Iterator[datetime]:
    """The ends of the minutes that count; when it is met as if it had run on."""
    left = list(situations)
    for minute in worked(situations[-1].level):
        while len(left) > 1 and left[1].at <= minute:
            left.pop(0)
        if runs(left[0]) or (met is not None and minute >= met):
            yield minute + MINUTE


@settings(deadline=None, max_examples=60)
@given(happenings)
def test_targets_and_durations_are_what_every_minute_says(
    happened: list[tuple[int, dict[str, Any]]],
) -> None:
    affected, situations = played(happened)
    owed: tuple[Goal, ...] = (RESPONSE, RESOLUTION)
    for goal in owed:
        met = met_at(situations, goal)
        assert affected.met_at(goal) == met
        if goal == RESOLUTION and affected.accountability == NOT_AFFECTED:
            assert affected.target_at(goal) is None
            continue
        allowed = affected.snapshot.terms.allowed(goal, situations[0].at)
        minutes = list(counted(situations, met))
        if allowed is not None:
            wanted = allowed // MINUTE
            found = minutes[wanted - 1] if wanted <= len(minutes) else None
            assert affected.target_at(goal) == found
        if met is not None:
            assert affected.duration(goal) == sum(end <= met for end in minutes) * MINUTE
