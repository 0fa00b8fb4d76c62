"""The rules of the inbox: pure functions and frozen values; no look-ups, no clock, no I/O.

    entry        what an inbox holds: why a request is brought to a person or a team
    situation    what is known of a request, and which entries follow from it by itself
    told         a request's open entries, and how they change: by its next situation, by what falls due of
                 its SLAs, by a reminder

What is open follows from the newest situation and from what fell due, in whatever order they are heard and
however often: nothing is told twice, and what is over is not told any more.
"""

from services.notifications.model.entry import ALARMS, Entry, Reason, To
from services.notifications.model.situation import Situation, newer, standing, stands
from services.notifications.model.told import (
    Alarm,
    FollowUp,
    Tellable,
    Told,
    alarmed,
    followed,
    reminded,
    responded,
)

__all__ = [
    "ALARMS",
    "Alarm",
    "Entry",
    "FollowUp",
    "Reason",
    "Situation",
    "Tellable",
    "To",
    "Told",
    "alarmed",
    "followed",
    "newer",
    "reminded",
    "responded",
    "standing",
    "stands",
]
