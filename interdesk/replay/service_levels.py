"""What became of the promises, and whose time it took: of each copy of a case, and of each account in sum,
for its own users and for the accounts that it works for.

All is read over the public API: the affected SLAs of a request, and when who held it off its timeline.
"""

from __future__ import annotations

import enum
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from interdesk.api import Api
from interdesk.replay.terms import support_hours
from interdesk.waiting import holds_within
from services.common.clock import from_iso

Record = Mapping[str, Any]
GOALS: Final = ("response", "resolution")
OWN_USERS: Final = "own users"
CUSTOMERS: Final = "customers"
_NOTHING: Final = timedelta(0)
_FIELDS: Final = (
    "sla,accountability,response_target_at,actual_response_at,resolution_target_at,actual_resolution_at"
)


class Outcome(enum.StrEnum):
    """What became of a target. `not owed`: the account declined, or nothing was promised."""

    MET = "met"
    BREACHED = "breached"
    OPEN = "open"
    NOT_OWED = "not owed"


@dataclass(frozen=True)
class Promise:
    """An affected SLA at the end."""

    sla: str
    response: Outcome
    resolution: Outcome


@dataclass(frozen=True)
class Kept:
    """Of one copy: its affected SLAs, and how long the copy's own account held the case, by the clock on the
    wall and within the support hours.
    """

    promises: tuple[Promise, ...]
    held: timedelta
    held_in_support_hours: timedelta


@dataclass
class Sum:
    """Of several copies."""

    requests: int = 0
    affected: int = 0
    counted: dict[str, Counter[Outcome]] = field(default_factory=lambda: {goal: Counter() for goal in GOALS})
    held: timedelta = _NOTHING
    held_in_support_hours: timedelta = _NOTHING

    def add(self, kept: Kept) -> None:
        self.requests += 1
        self.held += kept.held
        self.held_in_support_hours += kept.held_in_support_hours
        self.affected += len(kept.promises)
        for goal in GOALS:
            self.counted[goal].update(getattr(promise, goal) for promise in kept.promises)

    def outcomes(self) -> dict[str, dict[str, int]]:
        """By goal and outcome, how many."""
        return {goal: {str(each): self.counted[goal][each] for each in Outcome} for goal in GOALS}


def read_kept(
    api: Api, request_id: int, now: datetime, *, handed_over: bool, deadline_seconds: float
) -> Kept:
    """Waits until the SLAs have followed the request to its end; what has not by then is open. `now`: the
    accounts' time; `handed_over`: another account did. Raises ApiError.
    """
    request = api.get(f"requests/{request_id}")
    affected: list[Record] = []

    def followed() -> bool:
        affected[:] = api.get(f"requests/{request_id}/affected_slas", per_page=100, fields=_FIELDS)
        return bool(affected) and all(_has_followed(each, request) for each in affected)

    if request["status"] == "completed":
        holds_within(followed, deadline_seconds)
    else:
        followed()
    told = api.get_all(f"requests/{request_id}/timeline", per_page=100, fields="at,changes")
    periods = list(held(told, now, handed_over=handed_over))
    within = support_hours()
    return Kept(
        tuple(_promise(each) for each in affected),
        sum((until - since for since, until in periods), _NOTHING),
        sum((within.between(since, until) for since, until in periods), _NOTHING),
    )


def outcome(target_at: str | None, actual_at: str | None, *, owed: bool) -> Outcome:
    """A target that is reached at its last moment is met."""
    if actual_at is None:
        return Outcome.OPEN if owed else Outcome.NOT_OWED
    if target_at is None:
        return Outcome.NOT_OWED
    return Outcome.MET if from_iso(actual_at) <= from_iso(target_at) else Outcome.BREACHED


def held(
    timeline: Iterable[Record], now: datetime, *, handed_over: bool
) -> Iterator[tuple[datetime, datetime]]:
    """The periods in which the account itself had the request: it was not completed, not with a provider's
    team, and, where another account had handed it over, did not wait for that one.
    """
    status, provider, since = "assigned", False, None
    for entry in timeline:
        at, changes = from_iso(entry["at"]), entry["changes"]
        if "status" in changes:
            status = changes["status"][1]
        if "team" in changes:
            provider = "account" in (changes["team"][1] or {})
        away = provider or status == "completed" or (handed_over and status == "waiting_for_customer")
        if away and since is not None:
            yield since, max(since, at)
            since = None
        elif not away and since is None:
            since = at
    if since is not None:
        yield since, max(since, now)


def summed(kept: Iterable[tuple[str, str, Kept]]) -> list[dict[str, Any]]:
    """By account and for whom, as JSON values. `kept`: (account's id, for whom, of one copy)."""
    found: dict[tuple[str, str], Sum] = {}
    for account, whom, each in kept:
        found.setdefault((account, whom), Sum()).add(each)
    return [
        {"account": account, "for": whom, "requests": of.requests, "affected_slas": of.affected}
        | of.outcomes()
        | times_document(of)
        for (account, whom), of in sorted(found.items())
    ]


def kept_document(kept: Kept) -> dict[str, Any]:
    """What a case's report says of one account, as JSON values."""
    slas = [{"sla": each.sla, **{goal: str(getattr(each, goal)) for goal in GOALS}} for each in kept.promises]
    return {"affected_slas": slas, **times_document(kept)}


def times_document(of: Kept | Sum) -> dict[str, int]:
    """In whole seconds."""
    second = timedelta(seconds=1)
    return {
        "held_seconds": of.held // second,
        "held_in_support_hours_seconds": of.held_in_support_hours // second,
    }


def _has_followed(affected: Record, request: Record) -> bool:
    if request["completion_reason"] == "declined":
        return bool(affected["accountability"] == "sla_not_affected")
    ended_at = affected["actual_resolution_at"]
    return ended_at is not None and from_iso(ended_at) >= from_iso(request["completed_at"])


def _promise(affected: Record) -> Promise:
    resolves = affected["accountability"] != "sla_not_affected"
    return Promise(
        affected["sla"]["name"],
        outcome(affected["response_target_at"], affected["actual_response_at"], owed=True),
        outcome(affected["resolution_target_at"], affected["actual_resolution_at"], owed=resolves),
    )
