"""What a provider tells its customer about an agreement, and when.

An announcement is the whole of what the customer is told: the body of `agreement.offered` and
`agreement.changed`. The provider keeps the one it told last; whatever changes later, in the SLA or in a
record it leads to (the service instance's status or team, a name), is told by comparing with that. So
telling is idempotent, and a change that came and went between two looks is not told at all.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from services.slas.model.rules import RuleBroken
from services.slas.model.status import ACTIVE, BEING_PREPARED, EXPIRED

Announcement = Mapping[str, Any]

WHOLE: Final = (
    "agreement.offered",
    "agreement.changed",
    "agreement.flsa_offered",
    "agreement.flsa_changed",
)
"""The message types that carry an announcement."""


def to_tell(told: Announcement | None, now: Announcement) -> list[str]:
    """The message types that bring the customer from what was `told` to `now`, in order.

    Nothing leaves while the SLA is being prepared and was never offered. A status that became active or
    expired is its own message; so the customer's trail shows it even when other facts changed with it.
    """
    status: str = now["sla"]["status"]
    if told is None:
        return [] if status == BEING_PREPARED else ["agreement.offered"]
    if told == now:
        return []
    moved = told["sla"]["status"] != status and status in (ACTIVE, EXPIRED)
    said: list[str] = []
    if not moved or _but_for_status(told) != _but_for_status(now):
        said.append("agreement.changed")
    if moved:
        said.append("agreement.activated" if status == ACTIVE else "agreement.ended")
    return said


def to_tell_of_flsa(told: Announcement | None, now: Announcement) -> list[str]:
    """As `to_tell`, of an FLSA: it is told whole, its status with it."""
    if told is None:
        return [] if now["flsa"]["status"] == BEING_PREPARED else ["agreement.flsa_offered"]
    return [] if told == now else ["agreement.flsa_changed"]


def heard(told: Announcement | None, message_type: str, body: Mapping[str, Any]) -> Announcement:
    """What the customer knows after a message. `told` is what it knew before (None: nothing).

    `activated` and `ended` say only the new status, of an agreement that must be known.
    """
    if message_type in WHOLE:
        return body
    if told is None:
        raise RuleBroken("unknown_agreement", [("sla", "is not known: it was never offered")])
    return {**told, "sla": {**told["sla"], "status": body["sla"]["status"]}}


def _but_for_status(announcement: Announcement) -> dict[str, Any]:
    sla = {name: value for name, value in announcement["sla"].items() if name != "status"}
    return {**announcement, "sla": sla}
