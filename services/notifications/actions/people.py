"""Who may be told: the account's own people who are not disabled and may see the request, and its teams."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from services.common.context import Context
from services.common.roles import SEE_REQUESTS
from services.notifications.model import Entry

Document = dict[str, Any]

ASSIGNEE: Final = "current_assignee"


def may_be_told(context: Context, entry: Entry) -> bool:
    """Whom a copy keeps from being told is looked at once more, as his service has him now. Raises
    Unavailable.
    """
    team = entry.to.person_id is None
    kind, id = ("team", entry.to.team_id or 0) if team else ("person", entry.to.person_id or 0)
    known = context.copies.get(kind, id)
    return _may(entry, known) or (known is not None and _may(entry, context.copies.refresh(kind, id)))


def to_notify(context: Context, alarm: Mapping[str, Any]) -> frozenset[int]:
    """The people whom an alarm is to be told to, by its words, but for the one whom the request is
    assigned to. Raises Unavailable.
    """
    named: dict[str, int | None] = {"service_owner": alarm["service_owner_id"]}
    for line in ("first_line_team", "support_team"):
        id = alarm[f"{line}_id"]
        team = context.copies.get("team", id) if id is not None else None
        for office in ("coordinator", "manager"):
            named[f"{line}_{office}"] = team.get(f"{office}_id") if team and _own(team) else None
    return frozenset(id for word in alarm["notify"] if (id := named.get(word)) is not None)


def hears_all(person: Mapping[str, Any]) -> bool:
    """Whether there is no request that he may not be told of."""
    return _own(person) and not set(SEE_REQUESTS).isdisjoint(person.get("roles") or ())


def _may(entry: Entry, record: Document | None) -> bool:
    if record is None or not _own(record):
        return False
    # A team's members are asked for their roles when they look; a requester sees his own request without any.
    return entry.to.person_id is None or entry.for_requester or hears_all(record)


def _own(record: Mapping[str, Any]) -> bool:
    return not record.get("disabled") and not record.get("account")
