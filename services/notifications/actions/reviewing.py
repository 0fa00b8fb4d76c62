"""A person was saved: `person.saved` of the organizations service. What he may not be told any more, because
he is disabled or may not see requests, goes out of his inbox; what was his as a member goes to the team.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from services.common.context import Context
from services.common.database import answering
from services.notifications import store
from services.notifications.actions.people import hears_all
from services.notifications.actions.telling import tell
from services.notifications.model import reviewed


def follow_person(context: Context, body: Mapping[str, Any]) -> None:
    """Raises Unavailable."""
    if hears_all(body["record"]):
        return
    with answering():
        his = {"person_id": body["id"], "open": True}
        found = context.database[store.INBOX_ENTRIES.name].find(his, {"request_id": 1})
        about = {each["request_id"] for each in found}
    for request_id in sorted(about):
        tell(context, request_id, reviewed)
