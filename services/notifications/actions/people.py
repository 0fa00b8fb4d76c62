"""Who may be told: the account's own people who are not disabled and may see the request, and its teams."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from services.common.context import Context
from services.common.roles import SEE_REQUESTS
from services.notifications.model import Entry

Document = dict[str, Any]

ASSIGNEE: Final = "current_assignee"


def may_be_told(context: Context, entry: Entry) -> bool:
    """Raises Unavailable."""
    to = entry.to
    if to.person_id is None:
        return _own(context.copies.get("team", to.team_id or 0))
    person = context.copies.get("person", to.person_id)
    if not _own(person) or person is None:
        return False
    # A requester sees his own request, whatever his roles.
    return entry.for_requester or not set(SEE_REQUESTS).isdisjoint(person.get("roles") or ())


def to_notify(context: Context, alarm: Mapping[str, Any]) -> frozenset[int]:
    """The people whom an alarm is to be told to, by its words, but for the one whom the request is
    assigned to. Raises Unavailable.
    """
    named: dict[str, int | None] = {"service_owner": alarm.get("service_owner_id")}
    for line in ("first_line_team", "support_team"):
        id = alarm.get(f"{line}_id")
        team = context.copies.get("team", id) if id is not None else None
        for office in ("coordinator", "manager"):
            named[f"{line}_{office}"] = team.get(f"{office}_id") if team and _own(team) else None
    return frozenset(id for word in words(alarm) if (id := named.get(word)) is not None)


def words(alarm: Mapping[str, Any]) -> Iterable[str]:
    """Whom the SLA's notification scheme names; without one who has the request, and his coordinator."""
    given: Iterable[str] | None = alarm.get("notify")
    return (ASSIGNEE, "support_team_coordinator") if given is None else given


def _own(record: Document | None) -> bool:
    return record is not None and not record.get("disabled") and not record.get("account")
