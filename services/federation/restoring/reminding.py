"""Reminding: a partner was restored from a backup, and hears again what it forgot (resuming.py tells how).

Part of the inbox, which asks it after every message that was applied.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from services.common.database import Document, answering
from services.federation.messages.threads import RESTORED, RESUMED
from services.federation.outgoing.receipts import Answers
from services.federation.restoring.restores import Restores
from services.federation.sealing.envelope import Message, read_verified
from services.federation.stored import INBOX, row_id
from services.federation.threads import FIRST_INCARNATION, WINDOW, Position, ThreadId
from services.federation.verdicts import ACCEPTED, REFUSED, Verdict

if TYPE_CHECKING:
    from services.common.context import Context

# What is said in a lower incarnation so long after the present one began is said by a second deployment.
ALIVE_SECONDS: Final = 60


class Reminder:
    """Of one service. `hurry(partner)` has what is due looked at now. Every method raises Unavailable when
    the database does not answer.
    """

    def __init__(self, context: Context, answers: Answers, hurry: Callable[[str], None]) -> None:
        self._answers = answers
        self._hurry = hurry
        self._restores = Restores(context)
        self._inbox = context.database[INBOX.name]

    def applied(self, message: Message) -> None:
        """What follows besides from a message that was applied; nothing from most."""
        if message.type == RESUMED:
            self._resumed(message)
        elif message.type == RESTORED:
            self._restored(message)

    def _resumed(self, message: Message) -> None:
        """It has resumed this thread: it gets what it forgot of ours, and of our receipts."""
        after = Position.from_wire(message.body["applied"])
        self._restores.say_again(message.sender, message.thread, after, message.incarnation)
        self._hurry(message.sender)
        self._answer_again(message)

    def _answer_again(self, message: Message) -> None:
        known = Position.from_wire(message.body["sent"])
        said = {"thread": message.thread, "partner": message.sender, "incarnation": known.incarnation}
        said |= {"sequence": {"$lte": known.sequence}, "state": {"$in": [ACCEPTED, REFUSED]}}
        with answering():
            answered = list(self._inbox.find(said).sort([("sequence", -1)]).limit(WINDOW))
        for row in reversed(answered):
            self._answers.final(row, Verdict(row["state"], row["code"]))

    def _restored(self, message: Message) -> None:
        """It has resumed every thread that it knows: it is reminded of the others.

        Those that we opened are said from the beginning. Of those that it opened only our last word is said
        again: that it does not know the thread tells us that the thread is over.
        """
        partner, incarnation = message.sender, message.body["incarnation"]
        for thread in self._restores.threads_with(partner):
            with answering():
                place = row_id(partner, thread, incarnation, 1)
                if self._inbox.find_one({"_id": place}, {"_id": 1}) is not None:
                    continue
            after = Position(FIRST_INCARNATION, 0)
            if ThreadId.parse(thread).opener == partner:
                last = self._restores.last_place(partner, thread)
                after = Position(last.incarnation, last.sequence - 1)
            self._restores.say_again(partner, thread, after, incarnation)
        self._hurry(partner)

    def lives_on(self, row: Document) -> bool:
        """Whether this was said by a deployment that lives on beside the one that was restored: it was said
        well after the later incarnation had begun, by the same account's clocks.
        """
        later = {"thread": row["thread"], "partner": row["partner"], "sequence": 1}
        with answering():
            begun = self._inbox.find_one({**later, "incarnation": {"$gt": row["incarnation"]}})
        if begun is None:
            return False
        said = read_verified(row["sealed"]).sent_at
        return said > read_verified(begun["sealed"]).sent_at + timedelta(seconds=ALIVE_SECONDS)
