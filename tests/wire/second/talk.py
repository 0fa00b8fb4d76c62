"""Receipts, order, and sending again: sections 2 to 5 of docs/partner-protocol.md."""

from __future__ import annotations

import contextlib
import hashlib
import time
from collections.abc import Callable
from typing import Any

import amqp
from amqp.exceptions import AMQPError
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from tests.wire.second import sealing
from tests.wire.second.border import Border
from tests.wire.second.line import Line
from tests.wire.second.sealing import Json, Unproven
from tests.wire.second.threads import (
    RECEIPT,
    SERVICES,
    TYPES,
    WINDOW,
    Parked,
    Refused,
    Sent,
    Thread,
    check,
    new_id,
    now_text,
    unfit,
)  # fmt: skip

INTRODUCTION = "introduction"  # the state of an invitation's one-time key
AGAIN_SECONDS, ASK_SECONDS = 2.0, 30.0


class Talk:
    """Our end of everything that is said between us and one partner. A subclass says what follows from it.

    `later`: members that a later version of us adds to the envelope, and to every object in a body.
    """

    def __init__(self, account: str, border: Border, later: Json | None = None) -> None:
        self.account, self.border, self.later = account, border, later or {}
        self.sig, self.enc = Ed25519PrivateKey.generate(), X25519PrivateKey.generate()
        self.next = Ed25519PrivateKey.generate()
        self.keys = [
            sealing.public(account, self.sig, "sig"),
            sealing.public(account, self.next, "sig", "next"),
            sealing.public(account, self.enc, "enc"),
        ]
        self.partner = ""
        self.line = Line(account)
        self.ring: list[Json] = []
        self.threads: dict[str, Thread] = {}
        self.quarantine: list[str] = []
        self.trust = "none"
        self.understood: list[str] = []  # types, as the partner has named them
        self.paused: dict[str, str] = {}  # by service: why
        self.refusals: list[tuple[str, str | None]] = []
        self._lanes: amqp.Connection | None = None

    def hear(self, thread: Thread, message: Json) -> str | None:
        """What follows from a word of the partner's; gives a remark. Raises Refused and Parked."""
        raise NotImplementedError

    def run(self, until: Callable[[], Any], seconds: float = 60) -> None:
        """Does what there is to do until the condition holds. Raises TimeoutError."""
        ends_at = time.monotonic() + seconds
        while not until():
            if time.monotonic() > ends_at:
                raise TimeoutError(f"not within {seconds} s; quarantine {self.quarantine}, {self.threads}")
            if self._lanes is None:
                self._lanes = self.border.consumed(self.partner, self._delivered)
            with contextlib.suppress(TimeoutError):
                for _ in range(WINDOW):
                    self._lanes.drain_events(timeout=0.05)
            self._send()

    def hang_up(self) -> None:
        """Closes what is open."""
        self.line.close()
        lanes, self._lanes = self._lanes, None
        if lanes is not None:
            with contextlib.suppress(OSError, AMQPError):
                lanes.close()

    # -- 2: what comes -----------------------------------------------------------------------------------

    def _delivered(self, delivery: Any) -> None:
        try:
            message = self._opened(bytes(delivery.body), delivery.delivery_info["exchange"], delivery)
        except Unproven as error:
            self.quarantine.append(str(error))
        else:
            if SERVICES[message["thread"].split("/")[0]] in self.paused:
                return  # not acknowledged: it comes again when a person has looked
            if message["type"] == RECEIPT:
                self._take_receipt(message)
            elif message["sequence"] == 0:
                self._take_unordered(message)
            else:
                self._take(message)
        delivery.channel.basic_ack(delivery.delivery_tag)

    def _opened(self, raw: bytes, exchange: str, delivery: Any) -> Json:
        if len(raw) > sealing.MAX_SEALED:
            raise Unproven("too_large")
        named = {name.lower() for name in delivery.properties.get("application_headers") or {}}
        encoding = delivery.properties.get("content_encoding")
        if encoding not in (None, "", "binary") or named & {"compression", "content-encoding"}:
            raise Unproven("encoded_content")
        kid, payload, signed, signature = sealing.parsed(raw, "interdesk-message")
        if exchange != f"from.{self.partner}" or kid.partition("/")[0] != self.partner:
            raise Unproven("wrong_exchange")
        sealing.verified(self.ring, kid, signed, signature)
        message = sealing.read(payload)
        check(message, self.partner, self.account)
        once = any(key["kid"] == kid and key["state"] == INTRODUCTION for key in self.ring)
        if once and message["type"] != "trust.accepted.v1":
            raise Unproven("introduction_only")
        return {**message, "hash": hashlib.sha256(payload).hexdigest(), "kid": kid}

    def is_next(self, kid: str) -> bool:
        return any(key["kid"] == kid and key["state"] == "next" for key in self.ring)

    # -- 3: order ----------------------------------------------------------------------------------------

    def _take(self, message: Json) -> None:
        thread = self.threads.setdefault(message["thread"], Thread(message["thread"]))
        n = message["sequence"]
        if message["incarnation"] != 1:
            self.quarantine.append("unknown_incarnation")
        elif n <= thread.applied:
            if n == thread.applied and message["hash"] != thread.applied_hash:
                self._breaks(thread, message, "sequence_conflict")
            else:
                self._answer(thread, message, *thread.verdicts[n])
        elif thread.parked == "successor_not_proven" and self.is_next(message["kid"]):
            thread.waiting[n] = message
            self._apply(thread)
        elif thread.waiting.setdefault(n, message)["hash"] != message["hash"]:
            self._breaks(thread, message, "sequence_conflict")
        elif n > thread.applied + 1:
            missing = [k for k in range(thread.applied + 1, n) if k not in thread.waiting]
            self._answer(thread, message, "held", missing=missing)
        else:
            self._apply(thread)

    def _take_unordered(self, message: Json) -> None:
        """What has no place, and no receipt."""
        thread = self.threads.get(message["thread"])
        if thread is None or (code := unfit(thread, message)) is not None:
            self.quarantine.append("unknown_thread" if thread is None else str(code))
        else:
            self.hear(thread, message)

    def _apply(self, thread: Thread) -> None:
        """The next one, and those that waited for it."""
        while message := thread.waiting.get(thread.applied + 1):
            if message["prev"] != thread.applied_hash:
                del thread.waiting[message["sequence"]]
                self._breaks(thread, message, "chain_broken")
                return
            ended = "trust_ended" if self.trust == "ended" and thread.kind != "trust" else None
            thread.parked = ended or unfit(thread, message)
            if thread.parked is not None:
                self._answer(thread, message, "held")
                return
            try:
                self._move(thread, message, "accepted", self.hear(thread, message))
            except Refused as refusal:
                self._move(thread, message, "refused", str(refusal))
            except Parked as parked:
                thread.parked = str(parked)
                self._answer(thread, message, "held")
                return

    def _move(self, thread: Thread, message: Json, verdict: str, code: str | None) -> None:
        n = message["sequence"]
        del thread.waiting[n]
        thread.applied, thread.applied_hash, thread.parked = n, message["hash"], None
        thread.verdicts[n] = (verdict, code)
        self._answer(thread, message, verdict, code)

    def discard(self, thread: Thread) -> None:
        """A person passes over what is parked."""
        self._move(thread, thread.waiting[thread.applied + 1], "refused", "discarded")
        self._apply(thread)

    def _breaks(self, thread: Thread, message: Json, code: str) -> None:
        self._answer(thread, message, "refused", code)
        self.paused[SERVICES[thread.kind]] = code

    # -- 4: receipts -------------------------------------------------------------------------------------

    def _answer(
        self,
        thread: Thread,
        message: Json,
        verdict: str,
        code: str | None = None,
        missing: list[int] | None = None,
    ) -> None:
        body = {
            "incarnation": message["incarnation"],
            "sequence": message["sequence"],
            "hash": message["hash"],
            "verdict": verdict,
            "code": code,
            "applied": {"incarnation": 1, "sequence": thread.applied},
            "missing": missing or [],
        }
        payload = self._payload(new_id(), RECEIPT, thread.id, 0, None, body)
        key = f"receipt.{SERVICES[thread.kind]}"
        self.line.publish(key, sealing.sealed(payload, self.keys[0]["kid"], self.sig))

    def _take_receipt(self, receipt: Json) -> None:
        body, thread = receipt["body"], self.threads.get(receipt["thread"])
        if any(name not in body for name in TYPES[RECEIPT][2].split()):
            self.quarantine.append("invalid_body")
            return
        one = thread.sent.get(body["sequence"]) if thread else None
        if thread is None or one is None or one.hash != body["hash"] or one.final:
            return
        one.verdict, one.code = body["verdict"], body["code"]
        for n, other in thread.sent.items():
            if n in body["missing"] or (body["verdict"] != "held" and other.verdict is None):
                other.tried_at = min(other.tried_at, 1.0)  # due now
        if one.verdict == "refused":
            self.refusals.append((one.type, one.code))

    # -- 5: what goes ------------------------------------------------------------------------------------

    def open(self, kind: str, id: str | None = None) -> Thread:
        thread = Thread(f"{kind}/{self.account}/{id or new_id()}")
        self.threads[thread.id] = thread
        return thread

    def say(
        self,
        thread: Thread,
        type: str,
        body: Json,
        id: str | None = None,
        key: tuple[str, Ed25519PrivateKey] | None = None,
    ) -> Sent:
        """Seals it once, and sends it. `key`: another one than ours."""
        n = len(thread.sent) + 1
        before = thread.sent[n - 1].hash if n > 1 else None
        payload = self._payload(id or new_id(), type, thread.id, n, before, body)
        sealed = sealing.sealed(payload, *(key or (self.keys[0]["kid"], self.sig)))
        one = Sent(type, type.rpartition(".v")[0], sealed, hashlib.sha256(payload).hexdigest())
        thread.sent[n] = one
        self._send()
        return one

    def tell(self, thread: Thread, type: str, body: Json) -> None:
        """What has no place in the order: sealed and sent now, and not again by itself."""
        payload = self._payload(new_id(), type, thread.id, 0, None, body)
        self.line.publish(type.rpartition(".v")[0], sealing.sealed(payload, self.keys[0]["kid"], self.sig))

    def _payload(self, id: str, type: str, thread: str, sequence: int, prev: str | None, body: Json) -> bytes:
        message = {
            "id": id,
            "type": type,
            "sender": self.account,
            "recipient": self.partner,
            "thread": thread,
            "incarnation": 1,
            "sequence": sequence,
            "prev": prev,
            "sent_at": now_text(),
            "traceparent": None,
            "body": self._grown(body),
        }
        return sealing.written({**message, **self.later})

    def _grown(self, value: Any) -> Any:
        if isinstance(value, dict):
            return {**{name: self._grown(inner) for name, inner in value.items()}, **self.later}
        return [self._grown(inner) for inner in value] if isinstance(value, list) else value

    def _send(self) -> None:
        """Of each thread what was never sent, within the window; and again the lowest without an answer."""
        for thread in self.threads.values():
            if SERVICES[thread.kind] in self.paused:
                continue
            unanswered = [one for _, one in sorted(thread.sent.items()) if not one.final][:WINDOW]
            for one in unanswered:
                wait = ASK_SECONDS if one.verdict == "held" else AGAIN_SECONDS
                lowest = one is unanswered[0] and time.monotonic() - one.tried_at > wait
                if one.tried_at in (0.0, 1.0) or lowest:
                    if not self.line.publish(one.routing_key, one.sealed):
                        return
                    one.tried_at = time.monotonic()
