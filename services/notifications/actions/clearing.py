"""What is over is kept for a while (INTERDESK_INBOX_KEPT_DAYS), so that people find what they were told."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from services.common.context import Context
from services.common.database import answering
from services.notifications import store

_AT_ONCE: Final = 10_000  # what one hour leaves, the next takes


def clear(context: Context) -> int:
    """Gives how many entries have gone. Raises Unavailable."""
    before = {"$lt": context.clock.now() - timedelta(days=context.config.inbox_kept_days)}
    tellings, inbox = context.database[store.TELLINGS.name], context.database[store.INBOX_ENTRIES.name]
    with answering():
        gone = inbox.delete_many({"closed_at": before}).deleted_count
        # News of what is completed stand open as long as it is remembered, so they go first.
        over = [each["_id"] for each in tellings.find({"over_at": before}, {"_id": 1}).limit(_AT_ONCE)]
        gone += inbox.delete_many({"request_id": {"$in": over}}).deleted_count
        tellings.delete_many({"_id": {"$in": over}, "over_at": before})
    return int(gone)
