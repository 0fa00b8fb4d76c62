"""What somebody has to be told of a clock: so much of the time until a target is gone, or all of it.

Each alarm is raised once, whatever happens to its clock later: a target that moved away again, because the
clock stood or the terms changed, has been warned of; and where other terms warn at other moments, nothing
that is less than what was told. After an outage only the latest alarm of each target is told, and those
before it count as raised with it: who hears that a target is breached need not hear that it was at risk.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol

from services.slas.model.clocks.clock import RESOLUTION, RESPONSE, Goal

BREACHED: Final = 100

Percents = Mapping[Goal, Collection[int]]
"""When to warn of each target; of the breach always."""

AT_RISK: Final[Percents] = dict.fromkeys((RESPONSE, RESOLUTION), (50, 75, 90))
"""Where nothing else is said."""


class Timed(Protocol):
    """A clock, or what has one and says more of its targets."""

    @property
    def responded_at(self) -> datetime | None: ...

    @property
    def ended_at(self) -> datetime | None: ...

    def target_at(self, goal: Goal, percent: int = 100) -> datetime | None: ...


@dataclass(frozen=True)
class Alarm:
    """So many percent of the time until a target are gone."""

    goal: Goal
    percent: int

    @property
    def breach(self) -> bool:
        return self.percent >= BREACHED


@dataclass(frozen=True)
class Due:
    """An alarm and the moment it falls due."""

    at: datetime
    alarm: Alarm


@dataclass(frozen=True)
class Raising:
    """What to tell now, in its order, and what counts as raised without being told."""

    told: tuple[Due, ...] = ()
    summarised: tuple[Alarm, ...] = ()


def upcoming(clock: Timed, percents: Percents, raised: Collection[Alarm] = ()) -> list[Due]:
    """The alarms that are not raised yet and have a moment, in their order.

    What was met raises none that its moment did not reach.
    """
    found = []
    for goal in (RESPONSE, RESOLUTION):
        met_at = clock.responded_at if goal == RESPONSE else clock.ended_at
        done = max((alarm.percent for alarm in raised if alarm.goal == goal), default=0)
        for percent in sorted({*percents[goal], BREACHED}):
            at = clock.target_at(goal, percent) if percent > done else None
            if at is not None and (met_at is None or at < met_at):
                found.append(Due(at, Alarm(goal, percent)))
    return sorted(found, key=lambda due: (due.at, due.alarm.percent, due.alarm.goal))


def raising(clock: Timed, percents: Percents, raised: Collection[Alarm], now: datetime) -> Raising:
    """What falls due until `now`."""
    due = [each for each in upcoming(clock, percents, raised) if each.at <= now]
    last = {each.alarm.goal: each.alarm for each in due}
    told = tuple(each for each in due if last[each.alarm.goal] == each.alarm)
    return Raising(told, tuple(each.alarm for each in due if last[each.alarm.goal] != each.alarm))


def next_at(clock: Timed, percents: Percents, raised: Collection[Alarm]) -> datetime | None:
    """When the clock has to be looked at again."""
    return next((each.at for each in upcoming(clock, percents, raised)), None)
