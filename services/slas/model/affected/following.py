"""An affected SLA, and how it follows its request from one situation to the next.

starts      when the request comes to affect the SLA
stands      while the request waits for the customer, while the provider is said not to be accountable,
            and while a provider below has what another account handed over
responded   when the request leaves the SLA's service instance or its teams, or somebody works on it
ends        when the request is completed, or the SLA is not affected any more
goes on     when the request is open, and the SLA affected, once more; in between the clock stood
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from services.slas.model.affected.affecting import (
    NOT_AFFECTED,
    Promise,
    accountability,
    affected_by,
    covers_requester,
)
from services.slas.model.affected.situation import WAITING, Situation
from services.slas.model.affected.snapshot import Snapshot
from services.slas.model.calendars import working_time
from services.slas.model.clocks import (
    BREACHED,
    HANDED_OVER,
    NOT_ACCOUNTABLE,
    RESOLUTION,
    RESPONSE,
    WAITING_FOR_CUSTOMER,
    Clock,
    DueFollowUp,
    Goal,
    Said,
    coming,
)
from services.slas.model.coverage import Asking


@dataclass(frozen=True)
class Affected:
    """A value: `after` gives a new one. `for_requester`: the SLA covers whoever the request is for."""

    sla_id: int
    service_instance_id: int
    snapshot: Snapshot
    clock: Clock
    accountability: str
    impact: str | None = None
    desired_completion_at: datetime | None = None
    downtime_start_at: datetime | None = None
    downtime_end_at: datetime | None = None
    provider_was_not_accountable: bool = False
    for_requester: bool = False
    waiting_since: datetime | None = None

    @classmethod
    def started(cls, promise: Promise, taken: Snapshot, situation: Situation) -> Affected:
        """The SLA is affected from this situation on."""
        clock = Clock(situation.at, taken.terms)
        new = cls(promise.id, promise.service_instance_id, taken, clock, NOT_AFFECTED)
        return new.after(situation)

    def after(self, situation: Situation, taken: Snapshot | None = None) -> Affected:
        """How it is in the next situation. `taken`: new terms, when the level of the targets has changed."""
        now = self if taken is None else replace(self, snapshot=taken, clock=self.clock.under(taken.terms))
        who = accountability(now.service_instance_id, situation)
        return replace(
            now,
            accountability=who,
            clock=now._clocked(situation, ends=not situation.live or who == NOT_AFFECTED),
            impact=situation.impact,
            desired_completion_at=situation.desired_completion_at,
            downtime_start_at=situation.downtime_start_at,
            downtime_end_at=situation.downtime_end_at,
            provider_was_not_accountable=now.provider_was_not_accountable
            or situation.provider_not_accountable,
            waiting_since=None if who == NOT_AFFECTED else situation.waiting_since,
        )

    # What is told of it

    @property
    def responded_at(self) -> datetime | None:
        return self.clock.responded_at

    @property
    def ended_at(self) -> datetime | None:
        return self.clock.ended_at

    def met_at(self, goal: Goal) -> datetime | None:
        """When it was responded to, or ended."""
        return self.responded_at if goal == RESPONSE else self.ended_at

    def target_at(self, goal: Goal, percent: int = BREACHED) -> datetime | None:
        """When so much of the time until a target is gone. None when there is no such moment (yet).

        Once it is met, a target stays where it would have been had the clock run on. An SLA that is not
        affected any more is still held to the response, and not to the resolution. Where the requester wants
        the completion later than the target, that is the target, and its parts are those of the hours until
        then.
        """
        if goal == RESOLUTION and self.accountability == NOT_AFFECTED:
            return None
        met_at = self.met_at(goal)
        clock = self.clock if met_at is None else self.clock.run_on(met_at)
        own, wanted = clock.target_at(goal, percent), self.desired_completion_at
        if goal == RESPONSE or own is None or wanted is None or wanted <= clock.started_at:
            return own
        if percent == BREACHED:
            return max(own, wanted)
        hours, since = clock.terms.hours, clock.started_at
        part = hours.add(since, hours.between(since, wanted) * percent // 100)
        return own if part is None else max(own, part)

    def duration(self, goal: Goal) -> timedelta | None:
        """What was counted until the response or the resolution; None before, and for a resolution that is
        not owed."""
        if goal == RESOLUTION and self.accountability == NOT_AFFECTED:
            return None
        return self.clock.duration(goal)

    def follow_ups(self, said: Said | None) -> Iterator[DueFollowUp]:
        """What the customer is to hear who does not answer, after what was `said`."""
        hours = self.snapshot.terms.hours
        return coming(self.snapshot.follow_up, hours, self.waiting_since, said)

    @property
    def downtime(self) -> timedelta | None:
        """How long the service was down within the service hours. Counted for top impact only."""
        since, until = self.downtime_start_at, self.downtime_end_at
        if self.snapshot.level != "top" or since is None or until is None:
            return None
        return working_time(self.snapshot.service_hours, self.snapshot.terms.time_zone).between(since, until)

    # Rules

    def _clocked(self, situation: Situation, ends: bool) -> Clock:
        clock, at = self.clock, situation.at
        if not ends:
            clock = clock.reopened(at)
        for reason, holds in _reasons(situation).items():
            clock = clock.stopped(reason, at) if holds else clock.restarted(reason, at)
        if self._responds(situation):
            clock = clock.responded(at)
        return clock.ended(at) if ends else clock

    def _responds(self, situation: Situation) -> bool:
        # Where it goes by itself nobody has begun yet.
        teams = self.snapshot.team_ids and self.snapshot.team_ids | self.snapshot.escalated_to
        return (
            situation.service_instance_id != self.service_instance_id
            or situation.begun
            or not situation.live
            or (bool(teams) and situation.team_id is not None and situation.team_id not in teams)
        )


def followed(
    before: Mapping[int, Affected],
    situation: Situation,
    promises: Iterable[Promise],
    asking: Asking,
    terms: Callable[[int, str | None], Snapshot],
) -> dict[int, Affected]:
    """All affected SLAs of a request in the next situation, by the SLA's id. `before`: those it had.

    `terms` takes the snapshot of an SLA for a level; it is asked only when one has to be taken. A completed
    request comes to affect nothing more.
    """
    known = {each.id: each for each in promises}
    after = {}
    for id, affected in before.items():
        anew = affected.snapshot.level != situation.level
        after[id] = affected.after(situation, terms(id, situation.level) if anew else None)
    if situation.live or not before:
        for id in affected_by(known.values(), situation, asking):
            if id not in after:
                after[id] = Affected.started(known[id], terms(id, situation.level), situation)
    for id in after.keys() & known.keys():
        after[id] = replace(after[id], for_requester=covers_requester(known[id], situation, asking))
    return after


def _reasons(situation: Situation) -> dict[str, bool]:
    return {
        WAITING_FOR_CUSTOMER: situation.status == WAITING,
        NOT_ACCOUNTABLE: situation.provider_not_accountable,
        HANDED_OVER: situation.handed_down,
    }
