"""Key rings: an account's own keys, and what it knows of a partner's (keys.py tells the life of a key).

We seal for a partner with the newest key that he has receipted (`OwnRing.sealing`): the current one, as soon
as he knows it. So after a rotation a partner who is away, and a message that is on its way, lose nothing.

What a partner says of its keys is believed when it is sealed with the key that we know as its `next`
(`PartnerRing.proves`). So who has stolen a key in use can speak for its owner until it is revoked, and
can neither name a successor nor revoke the key that will revoke the stolen one.

A partner's ring may also hold an `introduction` key: the inviter made it and put it in the invitation. It
verifies one thing, the `trust.accepted` that brings the partner's own keys, which then replace the whole
ring.

The document of a ring (kind `keyring`): `{account, own: bool, keys: [{kid, use, state, public, private?}],
rotated_at?}`, where `public` is a JWK without private part and `private` the encrypted one
(`ciphers.encrypt_at_rest`), in own rings only. Keys stand in the order in which they were made.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from joserfc.jwk import OKPKey

from services.common.errors import Invalid
from services.federation.messages.trusts import MAX_KEYS
from services.federation.sealing import ciphers
from services.federation.sealing.ciphers import Secret
from services.federation.sealing.keys import CURRENT, ENCRYPT, INTRODUCTION, NEXT, RETIRED, REVOKED, SEAL, Key

# The code of an announcement that `PartnerRing.proves` does not believe.
SUCCESSOR_NOT_PROVEN: Final = "successor_not_proven"

# So many of a partner's keys are kept.
MAX_KEPT: Final = 1_024


class UnknownKey(Exception):
    """The ring has no such key; a newer ring may have."""


class RevokedKey(Exception):
    """The ring has this key, and it verifies nothing any more."""


@dataclass(frozen=True)
class OwnRing:
    """The keys of our own account."""

    account: str
    keys: tuple[Key, ...]
    rotated_at: datetime | None = None

    @classmethod
    def generate(cls, account: str, at: datetime | None = None) -> OwnRing:
        """A first ring: a current and a next key to seal with, a current one to be encrypted for."""
        return cls(
            account,
            (
                Key.generate(account, SEAL),
                Key.generate(account, SEAL, NEXT),
                Key.generate(account, ENCRYPT),
            ),
            at,
        )

    def current(self, use: str = SEAL) -> Key:
        return next(key for key in self.keys if key.use == use and key.state == CURRENT)

    def sealing(self, known: Collection[str] | None) -> Key:
        """What to seal with for a partner who knows these kids of ours (None: all of them): the newest in
        use before or now. The current one when he knows none: then he will ask for it.
        """
        if known is not None:
            usable = (key for key in reversed(self.keys) if key.use == SEAL and key.kid in known)
            return next((key for key in usable if key.state in (CURRENT, RETIRED)), self.current())
        return self.current()

    @property
    def revoked_kids(self) -> frozenset[str]:
        return frozenset(key.kid for key in self.keys if key.state == REVOKED)

    def rotated(self, at: datetime | None = None) -> OwnRing:
        """The announced `next` key becomes current, the current one retired, and a new `next` is made; and
        there is a new key to be encrypted for. `at`: when.
        """
        moved = tuple(self._rotate(key) for key in self.keys)
        made = (Key.generate(self.account, SEAL, NEXT), Key.generate(self.account, ENCRYPT))
        return replace(self, keys=(*moved, *made), rotated_at=at)

    @staticmethod
    def _rotate(key: Key) -> Key:
        if key.state == CURRENT:
            return key.moved(RETIRED)
        return key.moved(CURRENT) if key.state == NEXT else key

    def revoked(self, kid: str, at: datetime | None = None) -> OwnRing:
        """This key verifies nothing any more.

        For any key but `next` the ring is rotated too: a revocation is believed when it is sealed with the
        key that was `next` until now. A revoked `next` is replaced; then partners ask a person. Raises
        Invalid `unknown_key`, `illegal_move`.
        """
        key = next((key for key in self.keys if key.kid == kid), None)
        if key is None:
            raise Invalid("unknown_key", f"This account has no key {kid}.", [("kid", "is no key of ours")])
        if key.state == REVOKED:
            raise Invalid("illegal_move", "This key is revoked already.", [("kid", "is revoked")])
        if key.state == NEXT:
            ring = replace(self, keys=(*self.keys, Key.generate(self.account, SEAL, NEXT)))
        else:
            ring = self.rotated(at)
        keys = tuple(each.moved(REVOKED) if each.kid == kid else each for each in ring.keys)
        return replace(ring, keys=keys)

    def of_copy(self, at: datetime | None = None) -> OwnRing:
        """The ring of a copy of this account: keys of its own. Those of the original are revoked: it is
        another who has them.
        """
        theirs = tuple(replace(key, state=REVOKED, private=None) for key in self.keys)
        made = OwnRing.generate(self.account, at)
        return replace(made, keys=(*theirs, *made.keys))

    def decryption_keys(self) -> dict[str, OKPKey]:
        """By kid; retired ones too: what was encrypted before a rotation may arrive after it."""
        return {
            key.kid: key.signing
            for key in self.keys
            if key.use == ENCRYPT and key.state in (CURRENT, RETIRED)
        }

    def to_wire(self) -> list[dict[str, Any]]:
        """The public ring, as `trust.accepted` and `keys.announced` carry it: what is in use, and of what is
        not as many of the newest as there is room for.
        """
        used = [key for key in self.keys if key.state in (CURRENT, NEXT)]
        rest = [key for key in self.keys if key not in used][-(MAX_KEYS - len(used)) :]
        return [key.to_wire() for key in self.keys if key in used or key in rest]

    def to_document(self, secret: Secret) -> dict[str, Any]:
        """See the module's docstring; `secret` is the account's."""
        keys = [
            {**key.to_wire(), "private": ciphers.encrypt_at_rest(secret, key.private or {})}
            for key in self.keys
        ]
        return {"account": self.account, "own": True, "keys": keys, "rotated_at": self.rotated_at}

    @classmethod
    def from_document(cls, document: Mapping[str, Any], secret: Secret) -> OwnRing:
        """Raises Invalid `wrong_secret`."""
        keys = tuple(
            replace(Key.from_wire(key), private=ciphers.decrypt_at_rest(secret, key["private"]))
            for key in document["keys"]
        )
        return cls(document["account"], keys, document.get("rotated_at"))


@dataclass(frozen=True)
class PartnerRing:
    """What we know of a partner's keys."""

    account: str
    keys: tuple[Key, ...] = ()

    @classmethod
    def introduced(cls, account: str, public: Mapping[str, str]) -> PartnerRing:
        """The ring of a partner that was invited and has not answered: the invitation's key alone."""
        thumbprint = OKPKey.import_key(dict(public)).thumbprint()
        return cls(account, (Key(f"{account}/{thumbprint}", SEAL, INTRODUCTION, dict(public)),))

    @classmethod
    def from_wire(cls, account: str, keys: Iterable[Mapping[str, Any]]) -> PartnerRing:
        """A ring of what the partner announced. Raises Invalid for a key that is named as another's."""
        made = tuple(Key.from_wire(key) for key in keys)
        for key in made:
            if key.kid != f"{account}/{key.verifying.thumbprint()}":
                raise Invalid("invalid_key", f"The key {key.kid} is not named by its owner and thumbprint.")
        return cls(account, made)

    def announced(self, keys: Iterable[Mapping[str, Any]]) -> PartnerRing:
        """The ring after the partner announced its keys: these, and what must not be lost of those before.

        A revoked key stays revoked, whoever says otherwise: it may be the thief who does. A key that is not
        named any more is retired, so that what it sealed can still be verified. An invitation's key is gone.
        Raises Invalid `invalid_key` for a key that is named as another's, `too_many_keys`.
        """
        said = PartnerRing.from_wire(self.account, keys)
        made = {key.kid: key for key in said.keys}
        for old in self.keys:
            if old.state == REVOKED:
                made[old.kid] = old
            elif old.state != INTRODUCTION and old.kid not in made:
                made[old.kid] = replace(old, state=RETIRED)
        if len(made) > MAX_KEPT:
            raise Invalid("too_many_keys", f"{len(made)} keys of one account; {MAX_KEPT} are kept.")
        return replace(self, keys=tuple(made.values()))

    def proves(self, kid: str, after: PartnerRing) -> bool:
        """Whether an announcement sealed with this key may make the ring so: it is the key that we know as
        the partner's `next`, or nothing changes.
        """
        if self.is_next(kid):
            return True
        before = {(key.kid, key.state) for key in self.keys if key.state != INTRODUCTION}
        return before == {(key.kid, key.state) for key in after.keys}

    def is_next(self, kid: str) -> bool:
        return any(key.kid == kid and key.use == SEAL and key.state == NEXT for key in self.keys)

    def has_revoked(self, kid: str) -> bool:
        return any(key.kid == kid and key.state == REVOKED for key in self.keys)

    def before_revocations(self) -> PartnerRing:
        """The ring as if no key were revoked: to see what a revoked one sealed, never to believe it."""
        keys = (replace(key, state=RETIRED) if key.state == REVOKED else key for key in self.keys)
        return replace(self, keys=tuple(keys))

    def verifying(self, kid: str) -> Key:
        """The key to verify a seal with. Raises UnknownKey or RevokedKey."""
        for key in self.keys:
            if key.kid == kid and key.use == SEAL:
                if key.state == REVOKED:
                    raise RevokedKey(kid)
                return key
        raise UnknownKey(kid)

    def encrypting(self) -> Key:
        """The key to encrypt credentials for. Raises UnknownKey when the partner has announced none."""
        for key in self.keys:
            if key.use == ENCRYPT and key.state == CURRENT:
                return key
        raise UnknownKey(f"{self.account} has announced no key to encrypt for")

    def to_document(self) -> dict[str, Any]:
        return {"account": self.account, "own": False, "keys": [key.to_wire() for key in self.keys]}

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> PartnerRing:
        return cls(document["account"], tuple(Key.from_wire(key) for key in document["keys"]))
