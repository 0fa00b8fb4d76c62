"""What falls due by itself: an SLA becomes active on its start date, and expires after its expiry date.

The store is asked for what falls due, nothing is polled. It is asked a day ahead of UTC, because a day
begins in the east first; each SLA then decides by the time zone of its service offering. Only our own: the
provider's word is what moves a partner's SLA here.
"""

from __future__ import annotations

from datetime import timedelta

from services.common.actor import Actor
from services.common.context import Context
from services.common.store import decide_again
from services.slas import store
from services.slas.actions import hierarchy
from services.slas.actions.agreement_checks import with_dates
from services.slas.actions.saving import changed, records, save
from services.slas.actions.telling import tell

_AT_ONCE = 200


def move_due(context: Context) -> int:
    """Moves the status of every SLA whose day has come; gives their number. Raises Unavailable."""
    tomorrow = (context.clock.now() + timedelta(days=1)).date().isoformat()
    due = context.database[store.SLAS].find({"due_on": {"$lte": tomorrow}}, {"_id": 1}).limit(_AT_ONCE)
    return sum(_move(context, id) for id in [each["_id"] for each in due])


@decide_again
def _move(context: Context, id: int) -> bool:
    record = records(context, "sla").get(id)
    state = with_dates(context, record.state)
    changes = changed(record.state, {"status": state["status"]})
    if not changes:
        return False
    state["updated_at"] = context.clock.now()
    state, rows = tell(context, id, state)
    save(context, Actor.system(context.account), "sla", record, state, changes, "dates", rows)
    hierarchy.follow(context, state["service_instance_id"])
    return True
