"""What became of the promises, and whose time it took: of each copy of a case, and of each account in sum,
for its own users and for the accounts that it works for.

All is read over the public API: the affected SLAs of a request, and the shares of its timeline.
"""

from __future__ import annotations

import enum
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from interdesk.api import Api
from interdesk.waiting import holds_within
from services.common.clock import from_iso

Record = Mapping[str, Any]
GOALS: Final = ("response", "resolution")
OWN_USERS: Final = "own users"
CUSTOMERS: Final = "customers"
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
    """Of one copy: its affected SLAs, and for how many minutes the copy's own account held the case: by the
    clock on the wall, and within the support hours.
    """

    promises: tuple[Promise, ...]
    duration: int
    support_hours_duration: int


@dataclass
class Sum:
    """Of several copies."""

    requests: int = 0
    affected: int = 0
    counted: dict[str, Counter[Outcome]] = field(default_factory=lambda: {goal: Counter() for goal in GOALS})
    duration: int = 0
    support_hours_duration: int = 0

    def add(self, kept: Kept) -> None:
        self.requests += 1
        self.duration += kept.duration
        self.support_hours_duration += kept.support_hours_duration
        self.affected += len(kept.promises)
        for goal in GOALS:
            self.counted[goal].update(getattr(promise, goal) for promise in kept.promises)

    def outcomes(self) -> dict[str, dict[str, int]]:
        """By goal and outcome, how many."""
        return {goal: {str(each): self.counted[goal][each] for each in Outcome} for goal in GOALS}


def read_kept(api: Api, account: str, request_id: int, deadline_seconds: float) -> Kept:
    """Of this account's copy. Waits until the SLAs have followed the request to its end; what has not by then
    is open. Raises ApiError.
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
    shares = api.get(f"requests/{request_id}/timeline/accounts", per_page=100)
    own = [each for each in shares if (each.get("account") or {}).get("id") == account]
    return Kept(
        tuple(_promise(each) for each in affected),
        sum(each["duration"] for each in own),
        sum(each["support_hours_duration"] or 0 for each in own),
    )


def outcome(target_at: str | None, actual_at: str | None, *, owed: bool) -> Outcome:
    """A target that is reached at its last moment is met."""
    if actual_at is None:
        return Outcome.OPEN if owed else Outcome.NOT_OWED
    if target_at is None:
        return Outcome.NOT_OWED
    return Outcome.MET if from_iso(actual_at) <= from_iso(target_at) else Outcome.BREACHED


def summed(kept: Iterable[tuple[str, str, Kept]]) -> list[dict[str, Any]]:
    """By account and for whom, as JSON values; durations are minutes. `kept`: (account's id, for whom, of one
    copy).
    """
    found: dict[tuple[str, str], Sum] = {}
    for account, whom, each in kept:
        found.setdefault((account, whom), Sum()).add(each)
    return [
        {"account": account, "for": whom, "requests": of.requests, "affected_slas": of.affected}
        | of.outcomes()
        | _times(of)
        for (account, whom), of in sorted(found.items())
    ]


def kept_document(kept: Kept) -> dict[str, Any]:
    """What a case's report says of one account, as JSON values."""
    slas = [{"sla": each.sla, **{goal: str(getattr(each, goal)) for goal in GOALS}} for each in kept.promises]
    return {"affected_slas": slas, **_times(kept)}


def _times(of: Kept | Sum) -> dict[str, int]:
    return {"duration": of.duration, "support_hours_duration": of.support_hours_duration}


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
