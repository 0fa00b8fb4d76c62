"""A request's next situation: `request.situation_changed` of the requests service."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from services.common.clock import from_iso
from services.common.context import Context
from services.notifications.actions.telling import tell
from services.notifications.model import Situation, Tellable, Told, followed

_SAID: Final = ("n", "status", "by_id", "turn", "came_back")


def follow(context: Context, body: Mapping[str, Any]) -> None:
    """Raises Unavailable."""
    situation = _situation(body)

    def decide(told: Told, tellable: Tellable) -> Told:
        return followed(told, situation, tellable)

    tell(context, body["request_id"], decide)


def _situation(body: Mapping[str, Any]) -> Situation:
    # What another account handed over is asked of that account, not of a person of this one.
    asked = () if body["customer_account"] else (body["requested_by_id"], body["requested_for_id"])
    return Situation(
        at=from_iso(body["at"]),
        since=from_iso(body["since"]),
        team_id=body["own_team_id"],
        member_id=body["own_member_id"],
        requester_ids=frozenset(id for id in asked if id is not None),
        **{name: body[name] for name in _SAID},
    )
