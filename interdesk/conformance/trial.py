"""A trial: the rules, one after the other, on one deployment, and what rules have in common."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any, Final

from interdesk.conformance.border import GivenBroker, own_border
from interdesk.conformance.line import BorderLost, NotDelivered
from interdesk.conformance.rule import BROKEN, Broken, NotTried, Outcome, Rule
from interdesk.conformance.talk import Answer, Talk
from interdesk.conformance.words import CLOCK, Conversation, Said
from interdesk.local.deployment import BrokerKind
from services.common import strict_json
from services.common.errors import Invalid
from services.federation.partners.invitations import Invitation, read_invitation
from services.federation.sealing import seals
from services.federation.sealing.envelope import Message

FINAL: Final = ("accepted", "refused")
BREAKS: Final = ("sequence_conflict", "chain_broken")
AT_ONCE_SECONDS: Final = 0.1  # for what must not come, after something that was said later has come


@dataclass(frozen=True)
class Pace:
    """How long an answer may take, and how long somebody at the deployment may take to do as he is asked."""

    patience_seconds: float = 20.0
    operator_seconds: float = 0.0


@contextmanager
def trying(
    text: str, *, on: GivenBroker | BrokerKind, pace: Pace | None = None, tell: Callable[[str], None]
) -> Iterator[Trial]:
    """A trial of the deployment that has written this invitation, with a border of its own `on` this broker,
    as long as it lasts.

    Raises Invalid `invitation_…` for what is no invitation, or one that has expired; BorderTaken,
    BorderLost, BrokerRefused, StartFailed.
    """
    invitation, kid = read(text)
    with own_border(invitation.invited, invitation.inviter["id"], on) as border:
        credentials = border.admit(invitation.inviter["id"])
        talk = Talk(invitation, border)
        trial = Trial(invitation, kid, talk, credentials, pace or Pace(), tell)
        try:
            yield trial
        finally:
            trial.ends()
            talk.close()


def read(text: str) -> tuple[Invitation, str]:
    """An invitation, whomever it is for, and the key that it is sealed with. Raises Invalid."""
    try:
        kid, payload = seals.parse("".join(text.split()).encode(), seals.INVITATION)
        invited = str(strict_json.loads(payload).get("invited"))
    except (ValueError, AttributeError):
        raise Invalid("invitation_malformed", "This is not an invitation, or not the whole of one.") from None
    return read_invitation(text, own_account=invited, now=CLOCK.now()), kid


class Trial:
    """One deployment under trial. `tell` says to a person what he is waited for."""

    def __init__(
        self,
        invitation: Invitation,
        sealed_with: str,
        talk: Talk,
        credentials: Mapping[str, str],
        pace: Pace,
        tell: Callable[[str], None],
    ) -> None:
        self.invitation, self.sealed_with = invitation, sealed_with
        self.talk, self.pace, self.tell = talk, pace, tell
        self.trust = talk.open("trust", invitation.id)
        self.credentials = credentials
        self.kept: dict[str, Said] = {}  # what a later rule comes back to
        self.active = False
        self.ended = False
        self.stopped: dict[str, str] = {}  # services whose border has paused, and by what
        self.unbelieved: dict[str, str] = {}  # hashes that must never be receipted, and the rule
        self.given: Any = None  # the request that was handed over (rules/handovers.py)
        self.now = ""  # the rule under trial

    def run(self, rules: Sequence[Rule]) -> Iterator[Outcome]:
        """Tries the rules in their order, and gives what came of each as soon as it is known."""
        for rule in rules:
            self.now, begun = rule.id, time.monotonic()
            try:
                outcome = rule.tried(self)
            except NotDelivered as problem:
                outcome = Outcome(rule.id, rule.says, BROKEN, "that the border takes it", f"came {problem}")
            yield replace(outcome, seconds=round(time.monotonic() - begun, 3))

    # -- saying ------------------------------------------------------------------------------------------

    def needs_trust(self) -> None:
        """Raises NotTried."""
        if not self.active:
            raise NotTried("there is no trust")

    def understood(self, *types: str) -> None:
        """Raises NotTried when the deployment has not told that it understands all of them."""
        self.needs_trust()
        told = self.talk.first("trust.accepted.v1", self.trust.id)
        known = frozenset(told.body.get("capabilities") or ()) if told else frozenset()
        if lacking := sorted(set(types) - known):
            raise NotTried(f"the deployment does not understand {', '.join(lacking)}")

    def again(self, name: str) -> Said:
        """What an earlier rule has said and kept. Raises NotTried."""
        self.needs_trust()
        if name not in self.kept:
            raise NotTried("an earlier rule has not come so far")
        return self.kept[name]

    def write(self, thread: Conversation, type: str, body: Mapping[str, Any], **changes: Any) -> Said:
        """The next message of a thread, as it should be but for the changes. Raises NotTried."""
        self.needs_trust()
        if by := self.stopped.get(thread.service):
            raise NotTried(f"the border has paused in the {thread.service} service ({by})")
        return thread.write(type, body, self.talk.key, **changes)

    def say(self, thread: Conversation, type: str, body: Mapping[str, Any], **changes: Any) -> Said:
        """The same, said; the thread goes on after it."""
        said = self.write(thread, type, body, **changes)
        self.talk.send(said)
        thread.follow(said)
        return said

    def announces(self) -> None:
        """The trust's thread goes on by a word that changes nothing. Raises Broken."""
        self.accepted(self.say(self.trust, "keys.announced.v1", {"keys": self.talk.ring.to_wire()}))

    # -- what comes of it --------------------------------------------------------------------------------

    def answer(
        self, said: Said, verdicts: Sequence[str] = FINAL, *, after: int = 0, again: bool = True
    ) -> Answer:
        """The first receipt with one of these verdicts, of those after the first `after`. Raises Broken.

        Receipts may be lost, so what has none is said `again` from time to time.
        """
        found: list[Answer] = []

        def came() -> bool:
            found[:] = [
                each for each in self.talk.answers_to(said)[after:] if each.body["verdict"] in verdicts
            ]
            return bool(found)

        tries = 4 if again else 1
        for attempt in range(tries):
            if self.talk.pump(came, self.pace.patience_seconds / tries):
                self._notice(found[0])
                return found[0]
            if attempt < tries - 1:
                self.talk.send(said)
        raise Broken(f"a receipt: {' or '.join(verdicts)}", self._instead(said, after))

    def accepted(self, said: Said, code: str | None = None) -> Answer:
        """Raises Broken when it is not accepted."""
        answer = self.answer(said)
        if (answer.body["verdict"], answer.body["code"]) != ("accepted", code):
            raise Broken(f"accepted{f': {code}' if code else ''}", f"came {answer}")
        return answer

    def answered_again(self, said: Said) -> None:
        """Says once more what was answered finally. Raises Broken when the answer is another one, or none."""
        first, before = self.answer(said), len(self.talk.answers_to(said))
        self.talk.send(said)
        answer = self.answer(said, ("accepted", "refused", "held"), after=before)
        told = ("verdict", "code")
        if [answer.body[name] for name in told] != [first.body[name] for name in told]:
            raise Broken(f"the answer of the first time, {first}", f"came {answer}")

    def refused(self, said: Said, *codes: str) -> Answer:
        """Raises Broken when it is not refused with one of the codes."""
        answer = self.answer(said)
        if answer.body["verdict"] != "refused" or answer.body["code"] not in codes:
            raise Broken(f"refused: {' or '.join(codes)}", f"came {answer}")
        return answer

    def held(self, said: Said, applied: int, missing: Sequence[int] = ()) -> Answer:
        """Raises Broken when it is not held, with the position there and these missing."""
        answer = self.answer(said, (*FINAL, "held"))
        body = answer.body
        if (body["verdict"], body["applied"]["sequence"], body["missing"]) != (
            "held",
            applied,
            list(missing),
        ):
            lacking = f", missing {list(missing)}" if missing else ""
            raise Broken(f"held (applied {applied}{lacking})", f"came {answer}")
        return answer

    def unbelievable(self, said: Said) -> None:
        """Sends what nobody is proven to have said: it must have no receipt now or later."""
        self.unbelieved[said.hash] = self.now
        self.talk.send(said)

    def no_receipt(self, said: Said) -> None:
        """Raises Broken when there is one, after what was said later is answered."""
        if self.talk.pump(lambda: bool(self.talk.answers_to(said)), AT_ONCE_SECONDS):
            answer = self.talk.answers_to(said)[0]
            self._notice(answer)
            raise Broken("no receipt", f"came {answer}")

    def not_applied(self, said: Said) -> None:
        """Raises Broken when there is a final receipt, after what was said later is answered."""
        self.talk.pump(lambda: bool(self.talk.answers_to(said)), AT_ONCE_SECONDS)
        for answer in self.talk.answers_to(said):
            if answer.body["verdict"] in FINAL:
                raise Broken("held, or no receipt", f"came {answer}")

    def waits(
        self, found: Callable[[], Message | None], expected: str, seconds: float | None = None
    ) -> Message:
        """What the deployment says by itself. Raises Broken."""
        if not self.talk.pump(lambda: found() is not None, seconds or self.pace.patience_seconds):
            raise Broken(expected, "nothing came in time")
        message = found()
        assert message is not None
        return message

    def _notice(self, answer: Answer) -> None:
        if answer.body["code"] in BREAKS:
            service = Conversation(answer.thread, self.talk.account, self.talk.partner).service
            self.stopped.setdefault(service, f"{answer.body['code']} in {self.now}")

    def _instead(self, said: Said, after: int) -> str:
        answers = self.talk.answers_to(said)[after:]
        return f"came {answers[-1]}" if answers else f"none within {self.pace.patience_seconds:g} s"

    # -- the end -----------------------------------------------------------------------------------------

    def ends(self) -> None:
        """Ends the trust, when a rule has not: nothing of the trial is left open."""
        if self.active and not self.ended:
            self.ended = True
            said = self.trust.write("trust.ended.v1", {"reason": "conformance_tried"}, self.talk.key)
            with contextlib.suppress(NotDelivered, Broken, BorderLost):
                self.talk.send(said)
                self.answer(said, again=False)
