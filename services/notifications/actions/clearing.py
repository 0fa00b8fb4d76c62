"""What is over is kept for a while (INTERDESK_INBOX_KEPT_DAYS), so that people find what they were told."""

from __future__ import annotations

from datetime import timedelta

from services.common.context import Context
from services.common.database import answering
from services.notifications import store


def clear(context: Context) -> int:
    """Gives how many entries have gone. Raises Unavailable."""
    before = {"$lt": context.clock.now() - timedelta(days=context.config.inbox_kept_days)}
    with answering():
        gone = context.database[store.INBOX_ENTRIES.name].delete_many({"closed_at": before})
        context.database[store.TELLINGS.name].delete_many({"over_at": before})
    return int(gone.deleted_count)
