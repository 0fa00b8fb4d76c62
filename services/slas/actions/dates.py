"""What falls due by itself: an agreement becomes active on its start date, and expires after its expiry date.

The store is asked for what falls due, nothing is polled. It is asked a day ahead of UTC, because a day
begins in the east first; each then decides by its own time zone. Only our own: the
provider's word is what moves a partner's agreement here.
"""

from __future__ import annotations

from datetime import timedelta
from functools import partial

from services.common.actor import Actor
from services.common.context import Context
from services.common.one_by_one import OneByOne
from services.common.store import decide_again
from services.slas import store
from services.slas.actions import hierarchy
from services.slas.actions.agreement_checks import with_dates
from services.slas.actions.saving import changed, records, save
from services.slas.actions.telling import tell


def move_due(context: Context) -> int:
    """Moves the status of every SLA and FLSA whose day has come; gives their number. Raises Unavailable, and
    at the end what failed of one of them.
    """
    with OneByOne("agreement") as work:
        return sum(work.each(_due(context, kind), partial(_move, context, kind)) for kind in store.AGREEMENTS)


def _due(context: Context, kind: str) -> list[int]:
    """All of them: those whose day has not come yet in their zone would stand in the way of the others."""
    tomorrow = (context.clock.now() + timedelta(days=1)).date().isoformat()
    due = context.database[store.KINDS[kind]].find({"due_on": {"$lte": tomorrow}}, {"_id": 1})
    return [each["_id"] for each in due]


@decide_again
def _move(context: Context, kind: str, id: int) -> bool:
    record = records(context, kind).get(id)
    state = with_dates(context, record.state)
    changes = changed(record.state, {"status": state["status"]})
    if not changes:
        return False
    state["updated_at"] = context.clock.now()
    state, rows = tell(context, id, state, kind)
    save(context, Actor.system(context.account), kind, record, state, changes, "dates", rows)
    if kind == "sla":
        hierarchy.follow(context, state["service_instance_id"])
    return True
