"""A request's next situation, and what is said in it to everybody: `request.situation_changed` and
`request.note_added` of the requests service; of one that a partner shows `request.observation_changed`.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import reduce
from typing import Any, Final

from services.common.clock import from_iso
from services.common.context import Context
from services.notifications.actions.telling import tell
from services.notifications.actions.watching import end_watches, watchers_of
from services.notifications.model import Said, Situation, Tellable, Told, followed, noted, unwatched

_OVER: Final = "completed"
_SAID: Final = ("n", "status", "by_id", "turn", "came_back")


def follow(context: Context, body: Mapping[str, Any]) -> None:
    """Raises Unavailable."""
    situation = _situation(body)

    def decide(told: Told, tellable: Tellable) -> Told:
        return followed(told, situation, tellable, watchers_of(context, body["request_id"]))

    tell(context, body["request_id"], decide)


def hear_note(context: Context, body: Mapping[str, Any]) -> None:
    """Raises Unavailable."""
    if body["internal"] or not watchers_of(context, body["request_id"]):
        return
    own = body["account"] == context.account
    said = Said(body["note_id"], from_iso(body["at"]), body["person_id"] if own else None)

    def decide(told: Told, tellable: Tellable) -> Told:
        return noted(told, said, tellable, watchers_of(context, body["request_id"]))

    tell(context, body["request_id"], decide)


def observe(context: Context, body: Mapping[str, Any]) -> None:
    """Only who watches hears of a partner's request. When it is shown no more, it is over here, and all
    watches of it end. Raises Unavailable.
    """
    id, at = body["request_id"], from_iso(body["at"])
    if body["status"] is None:
        end_watches(context, id, at)
    situation = Situation(body["n"], at, at, body["status"] or _OVER, by_id=body["by_id"])
    words = [Said(note["id"], from_iso(note["at"]), note["by_id"]) for note in body["notes"]]

    def decide(told: Told, tellable: Tellable) -> Told:
        watchers = watchers_of(context, id)
        told = followed(told, situation, tellable, watchers)
        for said in words:
            told = noted(told, said, tellable, watchers)
        # Also when it is heard late, and the request is shown again by now.
        gone = {entry.to.person_id for entry in told.open} - watchers
        return reduce(unwatched, (person for person in gone if person is not None), told)

    tell(context, id, decide)


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
