"""Partners that break a rule each."""

from __future__ import annotations

from typing import Any

from tests.wire.second.border import Border
from tests.wire.second.cards import CONTACT
from tests.wire.second.files import Coming
from tests.wire.second.sealing import Json
from tests.wire.second.threads import Thread
from tests.wire.second_partner import SecondPartner

INVITED = "conformance"


class Silent(SecondPartner):
    """Does not answer what comes twice."""

    def _take(self, message: Json) -> None:
        thread = self.threads.get(message["thread"])
        if thread is None or message["sequence"] > thread.applied:
            super()._take(message)


class Forgetful(SecondPartner):
    """Does not look at what came before."""

    def _take(self, message: Json) -> None:
        thread = self.threads.setdefault(message["thread"], Thread(message["thread"]))
        super()._take({**message, "prev": thread.applied_hash})


class Curt(SecondPartner):
    """Does not say what is missing."""

    def _answer(self, thread: Thread, message: Json, *said: Any, **more: Any) -> None:
        super()._answer(thread, message, *said, **{**more, "missing": None})


class Credulous(SecondPartner):
    """Takes any key for the next one."""

    def is_next(self, kid: str) -> bool:
        return True


class Busy(SecondPartner):
    """Takes the same request as often as it is handed over."""

    def _unfit(self, request: Any, body: Json) -> str | None:
        return None


class Wordy(SecondPartner):
    """Says what nobody has told it to be understood."""

    def _hear_agreement_offered(self, thread: Thread, message: Json) -> str | None:
        if len(self.agreements) == 1:
            self.say(self.open("agreement"), "agreement.praised.v1", {"stars": 5})
        return super()._hear_agreement_offered(thread, message)


class Hasty(SecondPartner):
    """Says the second thing before the first."""

    def _payload(self, id: str, type: str, thread: str, sequence: int, prev: str | None, body: Json) -> bytes:
        return super()._payload(id, type, thread, sequence, prev and "0" * 64, body)


class Stubborn(SecondPartner):
    """Goes on where the two do not agree on what was said."""

    def _breaks(self, thread: Thread, message: Json, code: str) -> None:
        super()._breaks(thread, message, code)
        self.paused.clear()


class Gullible(SecondPartner):
    """Takes the last word on a card for the latest."""

    def _word(self, thread: Thread, id: int, body: Json) -> str | None:
        self.cards.clear()
        return super()._word(thread, id, body)


class Chatty(SecondPartner):
    """Says more of an organization than belongs on a card."""

    def card(self) -> Json:
        return {**super().card(), "contacts": [{**CONTACT, "person": "Sam Second"}]}


class Careless(SecondPartner):
    """Does not look at what it was sent."""

    def _proven(self, coming: Coming) -> bool:
        return True


class OpenBorder(Border):
    """Lets a partner do what it likes."""

    def _user(self, name: str, write: str, rest: str) -> Json:
        return super()._user(name, ".*", ".*")


class OldBorder(Border):
    """Lets in who has the invitation, for good."""

    def _user(self, name: str, write: str, rest: str) -> Json:
        if name.endswith(INVITED) and hasattr(self, "made"):
            return {"user": name, "password": self.made}
        made = super()._user(name, write, rest)
        if name.endswith(INVITED):
            self.made: str = made["password"]
        return made


class NarrowBorder(Border):
    """Has no place for what it does not know."""

    def _send(self, method: str, path: str, body: Json) -> None:
        if body.get("routing_key") not in ("attachment.#", "representative.#"):
            super()._send(method, path, body)
