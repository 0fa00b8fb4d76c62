"""Section 2: what is believed and what is not.

Each of these sends something that nobody is proven to have said, and then, at the very same place, what
should be there. The first must have no receipt; the second must be accepted, for the first has no place.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from joserfc.util import urlsafe_b64encode

from interdesk.conformance.rule import Rule
from interdesk.conformance.rules.bodies import OFFERED, offer
from interdesk.conformance.trial import Trial
from interdesk.conformance.words import Conversation, Said, loosely
from services.common import strict_json
from services.federation.sealing.envelope import MAX_DEPTH, MAX_PAYLOAD_BYTES, MAX_SEALED_BYTES
from services.federation.sealing.keys import SEAL, Key
from services.federation.sealing.seals import ALGORITHM, INVITATION, MESSAGE

Make = Callable[[Trial, Conversation], Said]


def _said(trial: Trial, thread: Conversation, **changes: Any) -> Said:
    return trial.write(thread, OFFERED, offer(), **changes)


def _payload(trial: Trial, thread: Conversation, make: Callable[[Mapping[str, Any]], bytes]) -> Said:
    """The offer, in other JSON."""
    _said(trial, thread)  # raises when nothing may be said now
    return thread.seal(make(thread.members(OFFERED, offer())), OFFERED, trial.talk.key)


def _with(later: bytes) -> Make:
    """The offer with one more member, named `later`."""

    def more(members: Mapping[str, Any]) -> bytes:
        return strict_json.dumps(members)[:-1] + b',"later":' + later + b"}"

    return lambda trial, thread: _payload(trial, thread, more)


def _sized(size: int) -> Make:
    """An offer whose payload has so many bytes."""

    def padded(members: Mapping[str, Any]) -> bytes:
        short = strict_json.dumps({**members, "later": ""})
        return strict_json.dumps({**members, "later": "x" * (size - len(short))})

    return lambda trial, thread: _payload(trial, thread, padded)


def _loose(trial: Trial, thread: Conversation) -> Said:
    return _payload(trial, thread, loosely)


def _changed(**members: Any) -> Make:
    return lambda trial, thread: _said(trial, thread, **members)


def _delivered(**properties: Any) -> Make:
    return lambda trial, thread: _said(trial, thread).with_properties(**properties)


def _raw(change: Callable[[bytes, Key], bytes]) -> Make:
    def make(trial: Trial, thread: Conversation) -> Said:
        said = _said(trial, thread)
        return said.sealed_as(change(said.sealed, trial.talk.key))

    return make


def _header(**members: str) -> Callable[[bytes, Key], bytes]:
    """Another protected header, under a signature that is right for it."""

    def change(sealed: bytes, key: Key) -> bytes:
        header = strict_json.dumps({"alg": ALGORITHM, "kid": key.kid, "typ": MESSAGE, **members})
        signed = urlsafe_b64encode(header) + b"." + sealed.split(b".")[1]
        private: Any = key.signing.private_key
        return signed + b"." + urlsafe_b64encode(private.sign(signed))

    return change


def _flipped(sealed: bytes, key: Key) -> bytes:
    """One bit of the signature is another one."""
    head, _, signature = sealed.rpartition(b".")
    return head + b"." + (b"B" if signature[:1] == b"A" else b"A") + signature[1:]


def _stranger(account: str | None = None) -> Make:
    """Sealed with a key that nobody has announced."""

    def make(trial: Trial, thread: Conversation) -> Said:
        _said(trial, thread)
        key = Key.generate(account or trial.talk.account, SEAL)
        return thread.write(OFFERED, offer(), key)

    return make


def _without(name: str) -> Make:
    def less(members: Mapping[str, Any]) -> bytes:
        return strict_json.dumps({each: value for each, value in members.items() if each != name})

    return lambda trial, thread: _payload(trial, thread, less)


def _of_others(trial: Trial, thread: Conversation) -> Said:
    """Of two other accounts."""
    said = _said(trial, thread)
    members = thread.members(OFFERED, offer()) | {"thread": thread.id.replace(trial.talk.account, "somebody")}
    return thread.seal(strict_json.dumps(members), OFFERED, trial.talk.key, said.sequence)


def _unbelieved(make: Make) -> Callable[[Trial], None]:
    def attempt(trial: Trial) -> None:
        thread = trial.talk.open("agreement")
        odd = make(trial, thread)
        trial.unbelievable(odd)
        trial.accepted(trial.say(thread, OFFERED, offer()))
        trial.no_receipt(odd)

    return attempt


def _taken(make: Make) -> Callable[[Trial], None]:
    def attempt(trial: Trial) -> None:
        said = make(trial, trial.talk.open("agreement"))
        trial.talk.send(said)
        trial.accepted(said)

    return attempt


#: By check: what nobody is proven to have said, and how it is made.
UNBELIEVABLE: Final[Mapping[str, tuple[str, Make]]] = {
    "too_large": ("A payload of more than 262,144 bytes", _sized(MAX_PAYLOAD_BYTES + 1)),
    "sealed_too_large": (
        "A seal of more than 393,216 bytes",
        _raw(lambda sealed, key: sealed + b"A" * MAX_SEALED_BYTES),
    ),
    "content_encoding": ("A delivery with a content encoding", _delivered(content_encoding="gzip")),
    "compression": (
        "A delivery with a header named compression",
        _delivered(application_headers={"compression": "application/x-gzip"}),
    ),
    "no_envelope": ("A body that is no JWS", _raw(lambda sealed, key: sealed.split(b".")[1])),
    "not_canonical": ("Base64url that is not canonical", _raw(lambda sealed, key: sealed + b"=")),
    "header_member": ("A protected header with another member", _raw(_header(jku="https://desk.example"))),
    "other_algorithm": ("A protected header with another algorithm", _raw(_header(alg="EdDSA"))),
    "other_typ": ("A seal of another typ", _raw(_header(typ=INVITATION))),
    "other_account": ("What a key of another account has sealed", _stranger("somebody")),
    "unknown_key": ("What a key has sealed that was not announced", _stranger()),
    "bad_signature": ("A seal with one bit changed", _raw(_flipped)),
    "duplicate_key": ("A member that is named twice", _with(b'{"a":1,"a":1}')),
    "not_a_number": ("NaN", _with(b"NaN")),
    "number_too_big": ("An integer beyond 2^53 − 1", _with(b"9007199254740992")),
    "not_unicode": ("Half a surrogate pair", _with(rb'"\ud800"')),
    "too_deep": ("A payload of more than 16 levels", _with(b"[" * MAX_DEPTH + b"]" * MAX_DEPTH)),
    "not_json": ("JSON that no strict reader takes", _with(b"[1,]")),
    "not_utf8": ("A payload that is not UTF-8", _with(b'"\xff"')),
    "member_missing": ("An envelope without one of its members", _without("traceparent")),
    "no_sequence": ("A message with the sequence 0", _changed(sequence=0)),
    "wrong_sender": ("A message of another sender", _changed(sender="somebody")),
    "wrong_recipient": ("A message for another recipient", _changed(recipient="somebody")),
    "not_in_thread": ("A message in a thread of others", _of_others),
}

#: What may look odd, and is taken.
TAKEN: Final[Mapping[str, tuple[str, Make]]] = {
    "2.any_json": ("A payload is taken in any order, with any blanks and escapes.", _loose),
    "2.more_members": (
        "Members of the envelope that are not known are dropped.",
        _with(b'{"of":["a","later","version"]}'),
    ),
    "1.binary": ("A content encoding of `binary` is none.", _delivered(content_encoding="binary")),
    "1.other_headers": (
        "Other headers mean nothing.",
        _delivered(application_headers={"sender": "somebody", "x-account": "somebody"}),
    ),
    "2.sent_at": ("The sender's clock is not computed with.", _changed(sent_at="2101-01-01T00:00:00.000Z")),
    "10.payload": ("A payload of 262,144 bytes is taken.", _sized(MAX_PAYLOAD_BYTES)),
    "10.levels": ("16 levels of JSON are taken.", _with(b"[" * (MAX_DEPTH - 1) + b"]" * (MAX_DEPTH - 1))),
    "10.integer": ("The integer 2^53 − 1 is taken.", _with(b"9007199254740991")),
}

RULES: Final = (
    *(Rule(id, says, _taken(make)) for id, (says, make) in TAKEN.items()),
    *(
        Rule(f"2.{check}", f"{what} is not believed, and blocks nothing.", _unbelieved(make))
        for check, (what, make) in UNBELIEVABLE.items()
    ),
)
