"""Tells what falls due of affected SLAs: so much of the time until a target is gone, or all of it; and that a
customer has not answered for so long.

    affected_sla.at_risk, affected_sla.breached
        {id, request_id, sla_id, sla_name, service_instance_id, goal, percent, at, first_line_team_id,
         support_team_id, notify: [words out of `model.clocks.TOLD`], service_owner_id or None,
         escalate: {team_id or None, urgent} or None}
    affected_sla.follow_up
        {id, request_id, sla_id, rule, completes, waiting_since}

The store is asked for what falls due, nothing is polled: a clock that stands or has a target next week costs
nothing. Each is told once: that it was told is saved with the event that tells it. After an outage only the
latest of each target is told (`model.clocks.alarms`), to all whom those before it would have been told to;
and of a wait only the latest reminder (`model.clocks.follow_ups`). Of a target that was met
meanwhile the event says when it fell due, and asks nobody for anything.

What became of a request is heard before anything is told of it: this service may have been away while people
worked, and would tell of targets that they have met. So the requests service is asked how much it has said.
What is not heard within a quarter of an hour will not come soon, or nobody answers: then it is told by what
is known.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from functools import partial
from typing import Any, Final

import structlog

from services.common.clock import iso
from services.common.context import Context
from services.common.database import answering
from services.common.errors import Unavailable
from services.common.metrics import counter
from services.common.one_by_one import OneByOne
from services.common.store import Record, decide_again, event_row
from services.slas import documents, store
from services.slas.actions.affected import MISSING_FOR, behind, load
from services.slas.actions.saving import records
from services.slas.model.affected import Affected
from services.slas.model.clocks import Due, DueFollowUp, Raising, Word, next_said, raising, word

log = structlog.get_logger(__name__)

ALARMS = counter(
    "interdesk_sla_alarms_total",
    "What was told of the targets of affected SLAs, by goal: response or resolution, and by what it says: "
    "at_risk or breached",
    ("goal", "alarm"),
)
BREACHED_ALARM, AT_RISK_ALARM = "breached", "at_risk"
BATCH: Final = 200
_UNHEARD: Final = "unheard"
_ALL: Final = 0
_OF_BOTH: Final = ("request_id", "sla_id")
_TOLD: Final = (
    *_OF_BOTH,
    "service_instance_id",
    "first_line_team_id",
    "support_team_id",
    "service_owner_id",
)


def raise_due(context: Context) -> int:
    """Tells all whose moment has come; gives how much was told. Raises Unavailable, and at the end what
    failed of one of them.
    """
    told, now = 0, context.clock.now()
    unheard, waiting = _Unheard(context, now), list[int]()
    with OneByOne("affected SLA") as work:
        while True:
            wanted = {"due": {"$lte": now}, "_id": {"$nin": [*work.failed, *waiting]}}
            with answering():
                found = context.database[store.AFFECTED_SLAS].find(wanted, {"request_id": 1})
                due = {each["_id"]: each["request_id"] for each in found.sort([("due", 1)]).limit(BATCH)}
            missing = unheard.among(set(due.values()))
            waiting += [id for id, request_id in due.items() if request_id in missing]
            told += work.each([id for id in due if id not in waiting], partial(_raise, context, now))
            if len(due) < BATCH or unheard.all_wait:
                break
    context.kept[_UNHEARD] = unheard.since
    return told


class _Unheard:
    """The requests of which more is to be heard before anything is told; none for longer than MISSING_FOR.
    `since`: when each was missed first, and _ALL when nobody answers."""

    def __init__(self, context: Context, now: datetime) -> None:
        self._context, self._now = context, now
        self._before: dict[int, datetime] = context.kept.get(_UNHEARD, {})
        self.since: dict[int, datetime] = {}

    def among(self, request_ids: set[int]) -> set[int]:
        """Those of these requests."""
        missing = self._missing(request_ids)
        self.since |= {id: self._before.get(id, self._now) for id in missing}
        return request_ids if self.all_wait else {id for id in missing - {_ALL} if self._waits(id)}

    @property
    def all_wait(self) -> bool:
        """It is not known how much was said, of any request."""
        return _ALL in self.since and self._waits(_ALL)

    def _missing(self, request_ids: set[int]) -> set[int]:
        if not request_ids or _ALL in self.since:
            return set()
        try:
            return behind(self._context, request_ids)
        except Unavailable as silent:
            log.info("not known whether all was heard of what falls due", error=repr(silent))
            return {_ALL}

    def _waits(self, id: int) -> bool:
        return self._now - self.since[id] < MISSING_FOR


@decide_again
def _raise(context: Context, now: datetime, id: int) -> int:
    """What was due until `now` is not due afterwards, also where there was nothing to tell."""
    record = store.records(context, store.AFFECTED_SLAS).get(id)
    if record.state.get("due") is None or record.state["due"] > now:
        return 0
    affected, raised = load(context, record), documents.raised_of(record.state)
    found = raising(affected, affected.snapshot.percents, raised, now)
    said = documents.said_of(record.state)
    follow_ups = [each for each in affected.follow_ups(said) if each.at <= now]
    rows = [_alarm(context, record, due, affected, found) for due in found.told]
    if follow_ups:
        chosen, said = next_said(follow_ups, now)
        rows.append(_follow_up(record, chosen))
    raised += [*found.summarised, *(due.alarm for due in found.told)]
    state = {name: value for name, value in record.state.items() if name != "due"}
    state |= documents.to_document(affected, raised, said)
    store.records(context, store.AFFECTED_SLAS).save(record, state, rows=rows)
    for due in found.told:
        alarm = BREACHED_ALARM if due.alarm.breach else AT_RISK_ALARM
        ALARMS.labels(context.account, "slas", due.alarm.goal, alarm).inc()
    return len(rows)


def _alarm(
    context: Context, record: Record, due: Due, affected: Affected, found: Raising
) -> Mapping[str, Any]:
    type = f"affected_sla.{BREACHED_ALARM if due.alarm.breach else AT_RISK_ALARM}"
    goal, percent = due.alarm.goal, due.alarm.percent
    alarms = [due.alarm, *(each for each in found.summarised if each.goal == goal)]
    said = Word() if affected.met_at(goal) else word(affected.snapshot.rules(goal), alarms)
    body = {
        "id": record.id,
        **{name: record.state[name] for name in _TOLD},
        "sla_name": records(context, "sla").get(record.state["sla_id"]).state["name"],
        "goal": goal,
        "percent": percent,
        "at": iso(due.at),
        "notify": list(said.notify),
        "escalate": None if said.escalate is None else asdict(said.escalate),
    }
    return event_row(type, body, id=f"{type}:{record.id}:{goal}:{percent}")


def _follow_up(record: Record, due: DueFollowUp) -> Mapping[str, Any]:
    since = iso(due.since)
    body = {
        "id": record.id,
        **{name: record.state[name] for name in _OF_BOTH},
        "rule": due.rule,
        "completes": due.completes,
        "waiting_since": since,
    }
    return event_row(
        "affected_sla.follow_up", body, id=f"affected_sla.follow_up:{record.id}:{since}:{due.rule}"
    )
