"""What falls due of a request's SLAs: the slas service's `affected_sla.at_risk`, `.breached`, `.follow_up`;
and that it is over: a response was given, `.responded`; the SLA is not affected any more, `.not_affected`.

Whom to tell is said by the alarm (`people`). Of a follow-up that completes the request nobody is told here:
the request's next situation says that it is over.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from services.common.clock import from_iso
from services.common.context import Context
from services.notifications import model
from services.notifications.actions.people import ASSIGNEE, to_notify
from services.notifications.actions.telling import tell
from services.notifications.model import Alarm, FollowUp, Tellable, Told, alarmed, reminded


def alarm(context: Context, body: Mapping[str, Any], breach: bool) -> None:
    """Raises Unavailable."""
    heard = Alarm(
        affected_sla_id=body["id"],
        sla_id=body["sla_id"],
        goal=body["goal"],
        percent=body["percent"],
        at=from_iso(body["at"]),
        breach=breach,
        people=to_notify(context, body),
        assignee=ASSIGNEE in body["notify"],
    )

    def decide(told: Told, tellable: Tellable) -> Told:
        return alarmed(told, heard, tellable)

    tell(context, body["request_id"], decide)


def responded(context: Context, body: Mapping[str, Any]) -> None:
    """Raises Unavailable."""

    def decide(told: Told, tellable: Tellable) -> Told:
        return model.responded(told, body["id"], tellable)

    tell(context, body["request_id"], decide)


def not_affected(context: Context, body: Mapping[str, Any]) -> None:
    """Raises Unavailable."""

    def decide(told: Told, tellable: Tellable) -> Told:
        return model.not_affected(told, body["id"], from_iso(body["at"]), tellable)

    tell(context, body["request_id"], decide)


def remind(context: Context, body: Mapping[str, Any]) -> None:
    """Raises Unavailable."""
    if body["completes"]:
        return
    since = from_iso(body["waiting_since"])
    heard = FollowUp(body["sla_id"], body["rule"], since, context.clock.now())

    def decide(told: Told, tellable: Tellable) -> Told:
        return reminded(told, heard, tellable)

    tell(context, body["request_id"], decide)
