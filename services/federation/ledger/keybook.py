"""The keys of a ledger's accounts: which verifies what, from when to when, and why it is believed. Pure.

The file names each key, and a key's name is made of its thumbprint: another key can't go by that name. Whose
key it is has to be known from elsewhere: somebody pins one of an account's keys (its kid, as the account or
its partner tells it). The others of that account follow by its own word: an announcement sealed with a key
that is believed makes those believed that it names.

Retired keys verify without limit of time. A revoked key verifies what had been received when the revocation
was announced, and nothing after (handover.md 7).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from joserfc.errors import JoseError
from joserfc.jwk import OKPKey

from services.common.clock import iso
from services.federation.ledger.findings import Doubt
from services.federation.sealing import seals
from services.federation.sealing.keys import REVOKED, SEAL, Key, account_of


@dataclass
class _Known:
    key: Key
    first_used: int | None = None
    used: int = 0
    revoked_at: datetime | None = None


@dataclass
class KeyBook:
    """Keys by their kids. `pins`: the kids that whoever verifies knows from elsewhere."""

    pins: frozenset[str] = frozenset()
    _known: dict[str, _Known] = field(default_factory=dict)
    _announcements: list[tuple[str, frozenset[str]]] = field(default_factory=list)

    def add(self, account: str, kid: str, state: str, public: Mapping[str, str]) -> None:
        """A key that the file names. Raises Doubt `key_altered`."""
        try:
            named = f"{account}/{OKPKey.import_key(dict(public)).thumbprint()}"
        except (JoseError, ValueError, TypeError) as error:
            raise Doubt("key_altered", f"the key {kid} is no key: {error}") from None
        if kid != named or public["crv"] != "Ed25519":
            raise Doubt("key_altered", f"the key is named {kid}, but it is {named}")
        if kid in self._known:
            raise Doubt("key_altered", f"the key {kid} is there twice")
        self._known[kid] = _Known(Key(kid, SEAL, state, dict(public)))

    def open(self, raw: str, typ: str, owner: str, record: int) -> tuple[str, bytes]:
        """The kid and the payload of something that `owner` has to have sealed. Raises Doubt."""
        sealed = raw.encode()
        try:
            kid, _ = seals.parse(sealed, typ)
        except seals.Malformed as error:
            raise Doubt("not_sealed", f"the seal is malformed: {error}") from None
        if account_of(kid) != owner:
            raise Doubt("wrong_signer", f"it is sealed with {kid}, which is no key of {owner}")
        known = self._known.get(kid)
        if known is None:
            raise Doubt("unknown_key", f"it is sealed with {kid}, which the file does not name")
        try:
            payload = seals.verify(sealed, known.key)
        except seals.Broken as error:
            raise Doubt("bad_signature", str(error)) from None
        known.used += 1
        known.first_used = known.first_used or record
        return kid, payload

    def announced(self, sealed_with: str, keys: Iterable[Mapping[str, Any]], at: datetime) -> None:
        """An account's announcement of its keys, which came (or was written) at that time."""
        listed = [key for key in keys if account_of(str(key["kid"])) == account_of(sealed_with)]
        self._announcements.append((sealed_with, frozenset(str(key["kid"]) for key in listed)))
        for key in listed:
            known = self._known.get(str(key["kid"]))
            if known is not None and key["state"] == REVOKED and known.revoked_at is None:
                known.revoked_at = at

    def is_revoked(self, kid: str) -> bool:
        """Whether the key counts no more, by the file's word or its owner's."""
        known = self._known.get(kid)
        return known is not None and (known.key.state == REVOKED or known.revoked_at is not None)

    def check_time(self, kid: str, received_at: datetime) -> None:
        """Whether the key still counted when this was received. Raises Doubt `revoked_key`."""
        revoked_at = self._known[kid].revoked_at
        if revoked_at is not None and received_at > revoked_at:
            raise Doubt("revoked_key", f"it came after {kid} was revoked, at {iso(revoked_at)}")

    def check_pins(self) -> Iterator[tuple[int | None, Doubt]]:
        """What is sealed with a key that nothing leads to from the pinned ones of its account."""
        believed = self._believed()
        pinned_accounts = {account_of(kid) for kid in self.pins}
        for kid, known in self._known.items():
            if known.used and account_of(kid) in pinned_accounts and kid not in believed:
                text = f"sealed with {kid}, which is not pinned, nor announced under a key that is"
                yield known.first_used, Doubt("key_not_pinned", text)

    def unpinned(self) -> list[str]:
        """The accounts of which keys were used and none is pinned."""
        accounts = {account_of(kid) for kid, known in self._known.items() if known.used}
        return sorted(accounts - {account_of(kid) for kid in self.pins})

    def late_word(self) -> list[str]:
        """Revoked keys that were used: that it was before the revocation is the receiver's word."""
        return sorted(kid for kid, known in self._known.items() if known.used and self.is_revoked(kid))

    def to_documents(self) -> list[dict[str, Any]]:
        """Each key by which something is sealed: how often, and why it is believed."""
        believed = self._believed()
        return [
            {
                "kid": kid,
                "state": known.key.state,
                "sealed": known.used,
                "revoked_at": known.revoked_at and iso(known.revoked_at),
                "known": "pinned" if kid in self.pins else "announced" if kid in believed else "by the file",
            }
            for kid, known in self._known.items()
            if known.used
        ]

    def _believed(self) -> set[str]:
        believed = set(self.pins)
        while True:
            told = {kid for by, kids in self._announcements if by in believed for kid in kids}
            if told <= believed:
                return believed
            believed |= told
