"""The rules of the inbox: pure functions and frozen values; no look-ups, no clock, no I/O.

    entry        what an inbox holds: why a request is brought to a person or a team
    situation    what is known of a request, and which entries follow from it by itself
    told         a request's open entries, and how they change: by its next situation, by what falls due of
                 its SLAs, by a reminder, by a note

What is open follows from the newest situation and from what fell due, in whatever order they are heard and
however often: nothing is told twice, and what is over is not told any more.
"""

from services.notifications.model.entry import NEWS, Entry, Reason, To
from services.notifications.model.situation import Situation, newer, standing
from services.notifications.model.told import (
    Alarm,
    FollowUp,
    Said,
    Tellable,
    Told,
    alarmed,
    followed,
    not_affected,
    noted,
    reminded,
    responded,
    reviewed,
    unwatched,
)

__all__ = [
    "NEWS",
    "Alarm",
    "Entry",
    "FollowUp",
    "Reason",
    "Said",
    "Situation",
    "Tellable",
    "To",
    "Told",
    "alarmed",
    "followed",
    "newer",
    "not_affected",
    "noted",
    "reminded",
    "responded",
    "reviewed",
    "standing",
    "unwatched",
]
