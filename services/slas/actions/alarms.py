"""Tells what falls due of affected SLAs: so much of the time until a target is gone, or all of it.

    affected_sla.at_risk, affected_sla.breached
        {id, request_id, sla_id, service_instance_id, goal, percent, at, first_line_team_id, support_team_id}

The store is asked for what falls due, nothing is polled: a clock that stands or has a target next week costs
nothing. Each alarm is told once: that it was raised is saved with the event that tells it. After an outage
only the latest of each target is told (`model.clocks.alarms`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from services.common.clock import iso
from services.common.context import Context
from services.common.database import answering
from services.common.store import Record, decide_again, event_row
from services.slas import documents, store
from services.slas.actions.affected import load
from services.slas.model.clocks import AT_RISK, Due, raising

BATCH: Final = 200
_TOLD: Final = ("request_id", "sla_id", "service_instance_id", "first_line_team_id", "support_team_id")


def raise_due(context: Context) -> int:
    """Raises every alarm whose moment has come; gives how many were told. Raises Unavailable."""
    told = 0
    while True:
        with answering():
            due = context.database[store.AFFECTED_SLAS].find(
                {"due": {"$lte": context.clock.now()}}, {"_id": 1}
            )
            ids = [each["_id"] for each in due.sort([("due", 1)]).limit(BATCH)]
        here = sum(_raise(context, id) for id in ids)
        told += here
        if len(ids) < BATCH or here == 0:
            return told


@decide_again
def _raise(context: Context, id: int) -> int:
    record = store.records(context, store.AFFECTED_SLAS).get(id)
    affected, raised = load(context, record), documents.raised_of(record.state)
    found = raising(affected, AT_RISK, raised, context.clock.now())
    if not found.told:
        return 0
    raised += [*found.summarised, *(due.alarm for due in found.told)]
    state = {name: value for name, value in record.state.items() if name != "due"}
    store.records(context, store.AFFECTED_SLAS).save(
        record,
        {**state, **documents.to_document(affected, raised)},
        rows=[_event(record, due) for due in found.told],
    )
    return len(found.told)


def _event(record: Record, due: Due) -> Mapping[str, Any]:
    type = "affected_sla.breached" if due.alarm.breach else "affected_sla.at_risk"
    goal, percent = due.alarm.goal, due.alarm.percent
    facts = {name: record.state[name] for name in _TOLD}
    body = {"id": record.id, **facts, "goal": goal, "percent": percent, "at": iso(due.at)}
    return event_row(type, body, id=f"{type}:{record.id}:{goal}:{percent}")
