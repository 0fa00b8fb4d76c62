"""The rows of so many requests, as the reporting service keeps them: each request goes the way of a case of
an incident log, drawn by a seed. So many begin a day, at any moment of it, the last of them today. The log
is the one that INTERDESK_INCIDENT_LOG names, else the small one of the tests.

What had not happened by `NOW` has not. What the log leaves open is completed a month after its last event: so
the backlog is that of a desk which works, not all that was ever left.
"""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from interdesk.replay.log import Case, read_cases
from interdesk.replay.plan import IMPACT, STATUS
from services.common.context import Context
from services.reporting import store
from services.reporting.model import rows
from tests.replay.small_log import SMALL_LOG

Document = dict[str, Any]

NOW: Final = datetime(2026, 3, 2, 12, tzinfo=UTC)
SEED: Final = 2013
_LEFT_OPEN: Final = timedelta(days=30)
_CATEGORIES: Final = ("incident", "incident", "incident", "rfc", "rfi")
_MINUTES: Final = {"low": (480, 4_800), "medium": (120, 2_400), "high": (60, 960), "top": (15, 240)}
_COLLECTIONS: Final = [each.name for each in store.ROWS if each is not store.NOTE_ROWS]
_AT_ONCE: Final = 1_000


class Generator:
    """Makes rows for the account of a context."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._random = random.Random(SEED)
        log = os.environ.get("INTERDESK_INCIDENT_LOG")
        self._cases = [case for case in read_cases(Path(log) if log else SMALL_LOG) if _known(case)]
        names = {(event.organization, event.team) for case in self._cases for event in case.events}
        self._teams = {name: id for id, name in enumerate(sorted(names), 1)}

    def put(self, number: int, a_day: int) -> None:
        """Puts the rows of so many requests into the store, and touches their days. Raises Unavailable."""
        span = timedelta(days=number / a_day)
        # All of a day at once: row by row it takes longer than to put the rows there.
        touched: dict[str, set[datetime]] = {name: set() for name in _COLLECTIONS}
        for first in range(1, number + 1, _AT_ONCE):
            made = [self._made(id, span) for id in range(first, min(first + _AT_ONCE, number + 1))]
            for name in _COLLECTIONS:
                documents = [each for of_request in made for each in of_request[name]]
                self._context.database[name].insert_many(documents, ordered=False)
                moments = {each.get(moment) for each in documents for moment in store.MOMENTS[name]}
                touched[name] |= {at.replace(hour=0, minute=0, second=0) for at in moments if at is not None}
        counted_at = {name: store.MOMENTS[name][0] for name in _COLLECTIONS}
        store.touch(
            self._context,
            {name: [{counted_at[name]: day} for day in days] for name, days in touched.items()},
        )

    def _made(self, id: int, span: timedelta) -> dict[str, list[Document]]:
        case = self._random.choice(self._cases)
        begun = NOW - timedelta(seconds=self._random.randrange(int(span.total_seconds())))
        marks = list(self._marks(case, begun))
        impact, last = IMPACT[case.events[0].impact], marks[-1]
        known = {"impact": impact, "service_instance_id": self._random.randint(1, 40)}
        record = {
            **known,
            "status": last["status"],
            "category": self._random.choice(_CATEGORIES),
            "completion_reason": "solved" if last["completed_at"] else None,
            **dict.fromkeys(("member_id", "organization_id", "supplier_id", "customer")),
            "team_id": last["team_id"],
            "reopen_count": sum(each["completed_at"] is not None for each in marks[:-1]),
            "created_at": begun,
            "completed_at": last["completed_at"],
        }
        event = {"id": id, "version": len(marks), "record": record, "mark": last}
        request = rows.apply({"_id": id, "marks": marks[:-1]}, event, self._context.account)
        request["sla_ids"] = [self._random.randint(1, 20)]
        sla = {"id": id, "version": len(marks), "record": _affected(request, known)}
        return {
            "request_rows": [{**request, "revision": 1}],
            "period_rows": rows.periods_of(request),
            "affected_sla_rows": [rows.affected_sla(sla)],
        }

    def _marks(self, case: Case, begun: datetime) -> Iterator[Document]:
        home = case.events[0].organization
        said = [(event, begun + timedelta(seconds=event.seconds)) for event in case.events]
        mark: Document = {}
        for n, (event, at) in enumerate(said, 1):
            if at > NOW:
                return
            status = STATUS[event.status, event.substatus] or mark["status"]
            own = event.organization == home
            mark = {
                "n": n,
                "at": at,
                "account": self._context.account if own else event.organization,
                "team_id": self._teams[event.organization, event.team] if own else None,
                "status": status,
                "completed_at": at if status == "completed" else None,
            }
            yield mark
        at = mark["at"] + _LEFT_OPEN
        if mark["completed_at"] is None and at <= NOW:
            yield {**mark, "n": mark["n"] + 1, "at": at, "status": "completed", "completed_at": at}


def _known(case: Case) -> bool:
    """Is it known what it was when it began?"""
    return STATUS[case.events[0].status, case.events[0].substatus] is not None


def _affected(request: Document, known: Document) -> Document:
    """What is told of its affected SLA: responded to when it left the status that it began with."""
    begun, resolved, marks = request["created_at"], request["completed_at"], request["marks"]
    responded = next((each["at"] for each in marks if each["status"] != marks[0]["status"]), resolved)
    times = {"response": responded, "resolution": resolved}
    record: Document = {
        **known,
        "request_id": request["_id"],
        "sla_id": request["sla_ids"][0],
        "accountability": "provider",
        **dict.fromkeys(("first_line_team_id", "supplier_id")),
        "support_team_id": request["team_id"],
        "started_at": begun,
        "responded_at": responded,
        "resolved_at": resolved,
    }
    for (goal, at), minutes in zip(times.items(), _MINUTES[known["impact"]], strict=True):
        record[f"{goal}_target_at"] = begun + timedelta(minutes=minutes)
        record[f"actual_{goal}_duration"] = at and int((at - begun).total_seconds() // 60)
    return record
