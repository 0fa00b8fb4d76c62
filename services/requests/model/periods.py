"""Who held a request, and in which status: its time from the creation on, cut into periods.

They are read off the history, so they are what this account was told, at the times at which it was told: of
a partner's account its team and status, of what lies below a partner nothing but that the partner has it.

    with a team of ours, or with nobody's team         this account
    with a team of a provider's                        the provider
    waiting for the customer, who is another account   the customer
    completed                                          the customer, who is to say whether it is; nobody, when
                                                       the request is this account's own

What came back and was declined in the same save was completed anew: it has not been open in between.

The law: every moment from the creation to the last completion, or until now, is in exactly one period.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from services.requests.model.request import Request
from services.requests.model.step import HistoryEntry
from services.requests.model.values import Status


@dataclass(frozen=True, slots=True)
class Held:
    """Who has it: an account (None: nobody), a team where one is known, in a status."""

    account: str | None
    team_id: int | None
    status: str


@dataclass(frozen=True, slots=True)
class Period:
    """`n` is that of the history entry with which it began. `goes_on`: it lasts, `until` is now."""

    n: int
    since: datetime
    until: datetime
    held: Held
    goes_on: bool = False


def periods(
    history: Iterable[HistoryEntry],
    account: str,
    customer: str | None,
    now: datetime,
    *,
    partners: bool = True,
) -> list[Period]:
    """The periods of a request whose whole history this is, in their order. `customer`: who handed it over.

    Without `partners` it is told as its requester sees it: nobody but the account helps him. What took no
    time is left out, and what is said to be earlier than what was before it is of the same moment.
    """
    marks: list[tuple[int, datetime, Held]] = []
    for entry, held in held_in_turn(history, account, customer):
        if not partners and held.account not in (account, None):
            held = Held(account, None, held.status)
        at = entry.at if not marks else max(entry.at, marks[-1][1])
        if marks and marks[-1][1] == at:
            marks.pop()
        anew = held.status == Status.COMPLETED and "completed_at" in entry.changes
        if anew or not marks or marks[-1][2] != held:
            marks.append((entry.n, at, held))
    ends = [at for _, at, _ in marks[1:]]
    cut = [Period(n, since, until, held) for (n, since, held), until in zip(marks, ends, strict=False)]
    if marks and marks[-1][2].status != Status.COMPLETED:
        n, since, held = marks[-1]
        cut.append(Period(n, since, max(now, since), held, goes_on=True))
    return cut


def held_in_turn(
    history: Iterable[HistoryEntry], account: str, customer: str | None
) -> Iterator[tuple[HistoryEntry, Held]]:
    """Who has it from an entry on, for each entry of a request's whole history that may have changed it."""
    status, team = Status.ASSIGNED.value, None
    for entry in history:
        if {"status", "team", "completed_at"} & entry.changes.keys():
            status = entry.changes.get("status", [None, status])[1]
            team = entry.changes.get("team", [None, team])[1]
            yield entry, _held(status, team, account, customer)


def held_now(request: Request) -> Held:
    """Who has a request as it is."""
    above, team = request.above, request.team
    told = None if team is None else {"id": team.id, "account": team.account}
    return _held(request.status.value, told, request.account, above.partner if above else None)


def _held(status: str, team: Mapping[str, Any] | None, account: str, customer: str | None) -> Held:
    if status == Status.COMPLETED:
        return Held(customer, None, status)
    if team is not None and team.get("account"):
        return Held(team["account"], team["id"], status)
    if status == Status.WAITING_FOR_CUSTOMER and customer is not None:
        return Held(customer, None, status)
    return Held(account, team["id"] if team else None, status)
