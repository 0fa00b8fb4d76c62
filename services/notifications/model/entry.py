"""What an inbox holds."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Reason(StrEnum):
    """Why a request is brought to somebody.

    assigned        it is his, or his team's without a member
    waiting_on_me   he is asked: its requester, or who has it when a provider asks
    returned        a provider gave it back, completed or declined, and he handed it over
    at_risk         much of the time until a target is gone
    breached        a target was missed
    follow_up       he was asked and has not answered for long
    status_changed  he watches it, and its status is another
    note_added      he watches it, and somebody has said something to everybody
    """

    ASSIGNED = "assigned"
    WAITING_ON_ME = "waiting_on_me"
    RETURNED = "returned"
    AT_RISK = "at_risk"
    BREACHED = "breached"
    FOLLOW_UP = "follow_up"
    STATUS_CHANGED = "status_changed"
    NOTE_ADDED = "note_added"


NEWS = frozenset({Reason.STATUS_CHANGED, Reason.NOTE_ADDED})
"""What those hear who watch a request."""


@dataclass(frozen=True, slots=True)
class To:
    """Whose inbox: a person's, or a team's."""

    person_id: int | None = None
    team_id: int | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """`at`: when its cause began; the same cause never makes another entry.

    Of what falls due: `about` names what (the affected SLA and its goal), the later word about the same takes
    the place of the earlier; `percent` of the time until the target is gone. `for_requester`: it is about a
    request that he may see without any role: his own, or one that he watches.
    """

    reason: Reason
    to: To
    at: datetime
    about: str | None = None
    sla_id: int | None = None
    goal: str | None = None
    percent: int | None = None
    for_requester: bool = False
