"""What the sweep of the inbox takes up, and in which order: a database, and what came from a partner."""

from __future__ import annotations

import threading
from functools import partial
from typing import Any

import pytest

from services.common.clock import SteppedClock
from services.common.context import Context
from services.federation.incoming.handling import Correspondent
from services.federation.incoming.inbox import Inbox
from services.federation.incoming.intake import Intake, Taken
from services.federation.incoming.quarantine import Delivery, Quarantine
from services.federation.messages.threads import RESUMED
from services.federation.metrics import VERDICTS
from services.federation.outgoing.receipts import Answers, Receipt
from services.federation.partners.borders import Borders
from services.federation.partners.topology import exchange_of
from services.federation.restoring.reminding import Reminder
from services.federation.sealing.envelope import Message, seal
from services.federation.sealing.rings import OwnRing, PartnerRing
from services.federation.stored import INBOX
from services.federation.verdicts import Verdict
from tests.federation.correspondent import TALKS, Talk, find, note, opening, thread_of

THREAD = "handover/giga/019b0000-0000-7000-8000-0000000000aa"
RESTORED_AT = 9
NOTE = "note.added.v1"


class Giga:
    """A partner, as far as it can be heard; and the inbox that hears it."""

    def __init__(self, context: Context, correspondent: Correspondent) -> None:
        self.context = context
        self.answers: list[Receipt] = []
        self._ring = OwnRing.generate("giga")
        known = PartnerRing.from_wire("giga", self._ring.to_wire()).to_document()
        context.database["copy_trust"].insert_one({"_id": "giga", "status": "active"})
        context.database["copy_keyring"].insert_one({"_id": "giga", **known})
        TALKS.ensure(context.database)
        borders, answers = Borders(context), Answers(self.answers.append)
        quarantine = Quarantine(context, borders)
        self.intake = Intake(
            context,
            borders=borders,
            quarantine=quarantine,
            answers=answers,
            take_receipt=lambda receipt, sealed: None,
            heard=lambda partner: None,
        )
        self.process = partial(
            Inbox,
            context,
            correspondent,
            intake=self.intake,
            borders=borders,
            quarantine=quarantine,
            answers=answers,
            reminder=Reminder(context, answers, lambda partner: None),
        )
        self.inbox = self.process()

    def says(self, sequence: int, type: str, body: dict[str, Any], incarnation: int = 1) -> Taken:
        """It is stored, and the process dies before it is applied."""
        message = Message(
            id=self.context.new_uuid(),
            type=type,
            sender="giga",
            recipient=self.context.account,
            thread=THREAD,
            incarnation=incarnation,
            sequence=sequence,
            prev=None if sequence == 1 else "b" * 64,
            sent_at=self.context.clock.now(),
            traceparent=None,
            body=body,
        )
        raw = seal(message, self._ring.current())
        taken = self.intake.take(Delivery("giga", exchange_of("giga"), {}, raw))
        assert taken is not None
        return taken

    def sweeps(self) -> None:
        assert isinstance(self.context.clock, SteppedClock)
        self.context.clock.step(1)
        self.inbox.sweep(threading.Event())


@pytest.fixture
def giga(context: Context) -> Giga:
    return Giga(context, Talk())


def test_a_new_incarnation_does_not_wait_behind_the_gap_of_the_one_before(giga: Giga) -> None:
    giga.says(1, "request.handed_over.v1", opening("1"))
    giga.sweeps()
    for sequence in range(3, 9):
        giga.says(sequence, NOTE, {"episode": [1, 1], "note": note(f"{sequence}, and no 2")})
    sent = {"incarnation": 1, "sequence": 1}
    resumed = {"applied": {"incarnation": 1, "sequence": 0}, "sent": sent}
    giga.says(1, RESUMED, resumed, incarnation=RESTORED_AT)

    giga.sweeps()

    record = find(giga.context, "giga", THREAD)
    assert record is not None
    assert thread_of(record).applied.place == (RESTORED_AT, 1)
    assert record.state["heard"] == ["1"]


def test_a_row_that_two_take_up_is_answered_twice_and_counted_once(giga: Giga) -> None:
    taken = giga.says(1, "request.handed_over.v1", opening("1"))
    counted = VERDICTS.labels(giga.context.account, giga.context.service, "giga", "accepted")._value
    before = counted.get()

    giga.inbox.apply(taken)
    giga.inbox.apply(taken)  # as another process, or the sweep, had read it before the first was done

    assert [answer.verdict for answer in giga.answers] == ["accepted"] * 2
    assert counted.get() == before + 1


def test_what_another_has_come_to_a_verdict_on_is_not_parked(
    context: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    talk = Talk()
    giga = Giga(context, talk)
    taken = giga.says(1, "request.handed_over.v1", opening("poison for one of two"))

    def slower(context: Context, message: Message) -> Verdict:
        monkeypatch.undo()
        talk.mended.set()
        giga.process().apply(taken)
        raise ValueError("a bug that the other process does not have")

    monkeypatch.setattr(talk, "receive", slower)
    giga.inbox.apply(taken)

    (row,) = context.database[INBOX.name].find({})
    assert row["state"] == "accepted"
    assert [answer.verdict for answer in giga.answers] == ["accepted"]
