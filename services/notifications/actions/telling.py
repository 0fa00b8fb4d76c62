"""What is told of a request: one save of its record; then its entries are brought to people.

The record is the truth: the newest situation that was heard, what was heard of what falls due, and which
entries are open, each with its number. So an event that comes twice, late or after a crash finds what it
made, and changes nothing. The event is done only when the entries were brought; a crash before that brings it
again, and the entries with it. Who finds that the record went on while he brought them brings them once more:
what he brought may have been over.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from services.common.context import Context
from services.common.store import decide_again, making
from services.notifications import documents, store
from services.notifications.actions.channels import Change, bring
from services.notifications.actions.people import may_be_told
from services.notifications.model import Entry, Tellable, Told

Decide = Callable[[Told, Tellable], Told]

_ID: Final = "inbox_entry"


def tell(context: Context, request_id: int, decide: Decide) -> None:
    """Applies what was heard of a request. Raises Unavailable."""
    change = _decided(context, request_id, decide)
    while change.opened or change.closed:
        bring(context, change)
        now = store.tellings(context).find_one({"_id": request_id})
        if now is None or now.version == change.record.version:
            return
        change = Change(now, opened=True, closed=True)


@decide_again
def _decided(context: Context, request_id: int, decide: Decide) -> Change:
    tellings = store.tellings(context)
    record = tellings.find_one({"_id": request_id})
    told, numbers = (Told(), {}) if record is None else documents.of_document(record.state)

    def tellable(entry: Entry) -> bool:
        return may_be_told(context, entry)

    after = decide(told, tellable)
    if record is not None and after == told:
        # Heard before: perhaps by somebody who died before he could bring it.
        return Change(record, opened=True, closed=True)
    version = 1 if record is None else record.version + 1
    opened = documents.numbered(after, numbers, version, lambda: context.ids.next(_ID))
    state = documents.to_document(after, opened, context.clock.now())
    with making():
        saved = tellings.insert(request_id, state) if record is None else tellings.save(record, state)
    return Change(saved, opened=bool(after.open - told.open), closed=bool(told.open - after.open))
