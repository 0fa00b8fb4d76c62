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
    with OneByOne("affected SLA") as work:
        while True:
            wanted = {"due": {"$lte": now}, "_id": {"$nin": work.failed}}
            with answering():
                found = context.database[store.AFFECTED_SLAS].find(wanted, {"request_id": 1})
                due = {each["_id"]: each["request_id"] for each in found.sort([("due", 1)]).limit(BATCH)}
            unheard = _unheard(context, now, set(due.values()))
            ids = [id for id, request_id in due.items() if request_id not in unheard]
            told += work.each(ids, partial(_raise, context, now))
            if len(ids) < BATCH:
                break
    return told


def _unheard(context: Context, now: datetime, request_ids: set[int]) -> set[int]:
    """The requests of which more is to be heard before anything is told; not for longer than MISSING_FOR."""
    if not request_ids:
        return set()
    try:
        missing = behind(context, request_ids)
    except Unavailable as silent:
        log.info("not known whether all was heard of what falls due", error=repr(silent))
        missing = request_ids
    known: dict[int, datetime] = context.kept.get(_UNHEARD, {})
    since = {id: known.get(id, now) for id in missing}
    context.kept[_UNHEARD] = since
    return {id for id, begun in since.items() if now - begun < MISSING_FOR}


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
