"""The account that the trial plays: what it hears, how it answers, and what it says.

It is a partner that keeps the rules as long as a rule under trial does not ask for another thing: everything
that the deployment says is checked, kept and receipted. What is wrong with it is noted under the rule that
it breaks (`faults`), for the rules that look at all that was said (`rules/said.py`).
"""

from __future__ import annotations

import contextlib
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from interdesk.conformance.border import OwnBorder
from interdesk.conformance.line import BorderLost, Lanes, NotDelivered, connected, hang_up, publish
from interdesk.conformance.words import CLOCK, Conversation, Said
from services.common.errors import Invalid
from services.common.ids import new_uuid
from services.federation import messages
from services.federation.partners.capabilities import OWN
from services.federation.partners.invitations import Invitation
from services.federation.partners.topology import exchange_of, lane_of
from services.federation.sealing import ciphers, envelope
from services.federation.sealing.envelope import Message, Unverified
from services.federation.sealing.keys import Key
from services.federation.sealing.rings import OwnRing, PartnerRing

RECEIPT: Final = "receipt.v1"


@dataclass(frozen=True)
class Answer:
    """A receipt of the deployment's."""

    thread: str
    body: dict[str, Any]

    def __str__(self) -> str:
        said = self.body
        missing = f", missing {said['missing']}" if said["missing"] else ""
        code = f": {said['code']}" if said["code"] else ""
        return f"{said['verdict']}{code} (applied {said['applied']['sequence']}{missing})"


@dataclass
class Heard:
    """One direction of a thread: what the deployment said there, by sequence."""

    said: dict[int, Message] = field(default_factory=dict)
    sealed: dict[int, bytes] = field(default_factory=dict)
    times: dict[int, int] = field(default_factory=lambda: defaultdict(int))
    applied: int = 0


class Talk:
    """See the module. `pump` does what there is to do; everything happens in the thread that calls it.

    Raises BorderLost.
    """

    def __init__(self, invitation: Invitation, border: OwnBorder) -> None:
        self.account, self.partner = invitation.invited, invitation.inviter["id"]
        self.border = border
        self.ring = OwnRing.generate(self.account, CLOCK.now())
        self.partner_ring: PartnerRing = invitation.ring()
        self.address, self.ca = str(invitation.border["address"]), invitation.border["ca"]
        self.login = dict(invitation.credentials)
        self.answers: list[Answer] = []
        self.heard: dict[str, Heard] = defaultdict(Heard)
        self.faults: dict[str, list[str]] = defaultdict(list)
        self.unanswered: set[str] = set()  # types that get no receipt for now
        self.unordered: list[Message] = []  # what has no place, and no receipt, as it came
        self._line: Any = None
        owner = {"user": self.account, "password": border.password}
        lanes = [lane_of(service, self.partner) for service in messages.LANES]
        try:
            self._lanes = Lanes(connected(border.address, border.ca, owner), lanes, self._delivered)
        except (NotDelivered, Invalid) as error:
            raise BorderLost(f"the trial's own border at {border.address} can't be used: {error}") from None

    def close(self) -> None:
        self._lanes.close()
        self.new_line()

    # -- what we say -------------------------------------------------------------------------------------

    @property
    def key(self) -> Key:
        """What we seal with."""
        return self.ring.current()

    def open(self, kind: str, id: str | None = None, opener: str | None = None) -> Conversation:
        """A thread that nobody has spoken in."""
        thread = f"{kind}/{opener or self.account}/{id or new_uuid(CLOCK)}"
        return Conversation(thread, self.account, self.partner)

    def send(self, said: Said) -> None:
        """Raises NotDelivered."""
        self.send_raw(said.routing_key, said.sealed, **said.properties)

    def send_raw(self, routing_key: str, sealed: bytes, **properties: Any) -> None:
        if self._line is None:
            self._line = connected(self.address, self.ca, self.login)
        try:
            publish(self._line, exchange_of(self.account), routing_key, sealed, properties)
        except NotDelivered:
            self.new_line()
            raise

    def new_line(self) -> None:
        """The next word goes over a new connection."""
        line, self._line = self._line, None
        if line is not None:
            hang_up(line)

    def answers_to(self, said: Said) -> list[Answer]:
        """The receipts for these very bytes, in the order in which they came."""
        return [each for each in self.answers if each.body["hash"] == said.hash]

    # -- what we hear ------------------------------------------------------------------------------------

    def pump(self, until: Callable[[], bool], seconds: float) -> bool:
        """Hears and answers until the condition holds. False when the time is over and it does not."""
        return self._lanes.drain(until, seconds)

    def first(self, type: str, thread: str | None = None) -> Message | None:
        """The first message of a type, of any thread or of this one."""
        return next((each for each in self.all_heard(thread) if each.type == type), None)

    def all_heard(self, thread: str | None = None) -> list[Message]:
        """What the deployment said in a thread, or in all, in its order."""
        threads = [self.heard[thread]] if thread is not None else list(self.heard.values())
        return [heard.said[n] for heard in threads for n in sorted(heard.said)]

    def _delivered(self, delivery: Any) -> None:
        body = delivery.body
        raw = body.encode() if isinstance(body, str) else bytes(body)
        properties = dict(delivery.properties)
        try:
            envelope.check_properties(len(raw), properties)
            message = envelope.open_sealed(
                raw, exchange_sender=self.partner, own_account=self.account, ring=self.partner_ring
            )
        except Unverified as error:
            self.faults["2.sealed"].append(f"{error.code}: {error.text}")
            return
        self._check_delivery(message, delivery.delivery_info, properties)
        if message.type == RECEIPT:
            self._take_receipt(message)
        elif not message.sequence:
            if self._check_body(message, message.type):
                self.unordered.append(message)
        else:
            self._take(message, raw)

    def _check_delivery(self, message: Message, info: dict[str, Any], properties: dict[str, Any]) -> None:
        known = messages.TYPES.get(message.type)
        key = known.routing_key(message.thread) if known else message.type.rpartition(".v")[0]
        wanted = {
            "routing key": (info["routing_key"], key),
            "exchange": (info["exchange"], exchange_of(self.partner)),
            "content type": (properties.get("content_type"), envelope.CONTENT_TYPE),
            "delivery mode": (properties.get("delivery_mode"), 2),
        }
        for name, (found, right) in wanted.items():
            if found != right:
                self.faults["1.delivered"].append(f"{message.type} with the {name} {found!r}, not {right!r}")

    def _take_receipt(self, message: Message) -> None:
        try:
            body = messages.check_incoming(RECEIPT, message.body)
        except Invalid as error:
            self.faults["4.form"].append(str(error))
            return
        if body["missing"] and body["verdict"] != "held":
            self.faults["4.form"].append(f"{body['verdict']} with what is missing")
        if body["verdict"] == "held" and body["code"] is not None:
            self.faults["4.form"].append(f"held with the code {body['code']}")
        self.answers.append(Answer(message.thread, body))

    def _take(self, message: Message, raw: bytes) -> None:
        heard, n = self.heard[message.thread], message.sequence
        name = f"{message.type}, {n} of {message.thread}"
        heard.times[n] += 1
        if n in heard.said:
            if heard.said[n].hash != message.hash:
                self.faults["3.sequence"].append(f"{name}: another content than before")
            elif heard.sealed[n] != raw:
                self.faults["2.once"].append(name)
        else:
            heard.said[n], heard.sealed[n] = message, raw
            before = heard.said.get(n - 1)
            if (n == 1 and message.prev is not None) or (before and message.prev != before.hash):
                self.faults["3.sequence"].append(f"{name}: its prev is not the hash of the one before it")
            if self._check_body(message, name):
                self._follow(message)
        while heard.applied + 1 in heard.said:
            heard.applied += 1
        if message.type in self.unanswered:
            return
        missing = [k for k in range(heard.applied + 1, n) if k not in heard.said]
        with contextlib.suppress(NotDelivered):  # then it comes again, and is answered again
            self.answer(message, "accepted" if n <= heard.applied else "held", missing=missing)

    def _check_body(self, message: Message, name: str) -> bool:
        if message.type not in OWN:
            self.faults["8.told"].append(name)
            return False
        try:
            messages.check_incoming(message.type, message.body)
        except Invalid as error:
            wrong = "; ".join(f"{path}: {text}" for path, text in error.errors)
            self.faults["6.bodies"].append(f"{name}: {wrong}")
            return False
        return True

    def _follow(self, message: Message) -> None:
        """What the deployment says of its keys and of our credentials there counts from now on."""
        try:
            if "keys" in message.body:
                self.partner_ring = self.partner_ring.announced(message.body["keys"])
            if "credentials" in message.body:
                self.login = ciphers.decrypt_with(self.ring.decryption_keys(), message.body["credentials"])
                self.new_line()
        except Invalid as error:
            self.faults["7.told"].append(f"{message.type}: {error.code}")

    def answer(
        self,
        message: Message,
        verdict: str,
        code: str | None = None,
        *,
        hash: str | None = None,
        missing: list[int] | None = None,
    ) -> None:
        """Receipts a message of the deployment's. `hash`: another one than its own."""
        body = {
            "incarnation": message.incarnation,
            "sequence": message.sequence,
            "hash": hash or message.hash,
            "verdict": verdict,
            "code": code,
            "applied": {"incarnation": message.incarnation, "sequence": self.heard[message.thread].applied},
            "missing": missing or [],
        }
        thread = Conversation(message.thread, self.account, self.partner)
        self.send(thread.write(RECEIPT, body, self.key, sequence=0, prev=None))
