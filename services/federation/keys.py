"""Key rings: an account's own keys, and what it knows of a partner's.

A key is named by its `kid`, `<account>/<RFC 7638 thumbprint>`: the name says whose it is and which it is.
Messages are sealed with Ed25519 (`sig`), broker credentials encrypted for X25519 (`enc`). The life of a key:

    next ──> current ──> retired
      └────────┴────────────┴──> revoked

- `next` is announced before it is used, so that a revocation can be signed with it;
- `current` is what we seal with, or encrypt for: one of each use at any time;
- `retired` seals nothing any more and verifies without limit of time;
- `revoked` verifies nothing from then on.

A partner's ring may also hold an `introduction` key: the inviter made it and put it in the invitation. It
verifies one thing, the `trust.accepted` that brings the partner's own keys, which then replace the whole
ring.

The document of a ring (kind `keyring`): `{account, own: bool, keys: [{kid, use, state, public, private?}]}`,
where `public` is a JWK without private part and `private` the encrypted one (`ciphers.encrypt_at_rest`), in
own rings only.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Final, Literal

from joserfc.jwk import OKPKey

from services.common.errors import Invalid
from services.federation import ciphers

SEAL: Final = "sig"
ENCRYPT: Final = "enc"
CURVES: Final[Mapping[str, Literal["Ed25519", "X25519"]]] = {SEAL: "Ed25519", ENCRYPT: "X25519"}

NEXT, CURRENT, RETIRED, REVOKED = "next", "current", "retired", "revoked"
INTRODUCTION: Final = "introduction"

MOVES: Final[Mapping[str, tuple[str, ...]]] = {
    NEXT: (CURRENT, REVOKED),
    CURRENT: (RETIRED, REVOKED),
    RETIRED: (REVOKED,),
    REVOKED: (),
    INTRODUCTION: (),
}


class UnknownKey(Exception):
    """The ring has no such key; a newer ring may have."""


class RevokedKey(Exception):
    """The ring has this key, and it verifies nothing any more."""


@dataclass(frozen=True)
class Key:
    """One key, as a ring holds it. `public` and `private` are JWKs; `private` is there in own rings only."""

    kid: str
    use: str
    state: str
    public: Mapping[str, str]
    private: Mapping[str, str] | None = field(default=None, repr=False)

    @classmethod
    def generate(cls, account: str, use: str, state: str = CURRENT) -> Key:
        made = OKPKey.generate_key(CURVES[use], private=True, auto_kid=False)
        return cls.from_private(account, use, state, made.as_dict(private=True))

    @classmethod
    def from_private(cls, account: str, use: str, state: str, jwk: Mapping[str, Any]) -> Key:
        """A key made of a private JWK (kty, crv, x, d)."""
        private = {name: str(jwk[name]) for name in ("kty", "crv", "x", "d")}
        public = {name: value for name, value in private.items() if name != "d"}
        thumbprint = OKPKey.import_key(dict(public)).thumbprint()
        return cls(f"{account}/{thumbprint}", use, state, public, private)

    @cached_property
    def verifying(self) -> OKPKey:
        return OKPKey.import_key(dict(self.public))

    @cached_property
    def signing(self) -> OKPKey:
        """The private key (to sign, or to decrypt with)."""
        assert self.private is not None, "a partner's key has no private part"
        return OKPKey.import_key(dict(self.private))

    def moved(self, state: str) -> Key:
        """Raises Invalid when a key can't go from its state to this one."""
        if state not in MOVES[self.state]:
            raise Invalid("illegal_move", f"A {self.state} key can't become {state}.")
        return replace(self, state=state)

    def to_wire(self) -> dict[str, Any]:
        return {"kid": self.kid, "use": self.use, "state": self.state, "public": dict(self.public)}


def account_of(kid: str) -> str:
    """Whose key a kid claims to be."""
    return kid.partition("/")[0]


@dataclass(frozen=True)
class OwnRing:
    """The keys of our own account."""

    account: str
    keys: tuple[Key, ...]

    @classmethod
    def generate(cls, account: str) -> OwnRing:
        """A first ring: a current and a next key to seal with, a current one to be encrypted for."""
        return cls(
            account,
            (
                Key.generate(account, SEAL),
                Key.generate(account, SEAL, NEXT),
                Key.generate(account, ENCRYPT),
            ),
        )

    def current(self, use: str = SEAL) -> Key:
        return next(key for key in self.keys if key.use == use and key.state == CURRENT)

    def rotated(self) -> OwnRing:
        """The announced `next` key becomes current, the current one retired, and a new `next` is made."""
        moved = tuple(self._rotate(key) for key in self.keys)
        return replace(self, keys=(*moved, Key.generate(self.account, SEAL, NEXT)))

    @staticmethod
    def _rotate(key: Key) -> Key:
        if key.use != SEAL or key.state not in (NEXT, CURRENT):
            return key
        return key.moved(RETIRED if key.state == CURRENT else CURRENT)

    def revoked(self, kid: str) -> OwnRing:
        """This key verifies nothing any more. Raises Invalid for the one in use: rotate first."""
        if any(key.kid == kid and key.state == CURRENT for key in self.keys):
            raise Invalid("key_in_use", "This key is in use. Rotate first, then revoke it.")
        keys = tuple(key.moved(REVOKED) if key.kid == kid else key for key in self.keys)
        return replace(self, keys=keys)

    def decryption_keys(self) -> dict[str, OKPKey]:
        """By kid; retired ones too: what was encrypted before a rotation may arrive after it."""
        return {
            key.kid: key.signing
            for key in self.keys
            if key.use == ENCRYPT and key.state in (CURRENT, RETIRED)
        }

    def to_wire(self) -> list[dict[str, Any]]:
        """The public ring, as `trust.accepted` and `keys.announced` carry it."""
        return [key.to_wire() for key in self.keys]

    def to_document(self, secret: bytes) -> dict[str, Any]:
        """See the module's docstring; `secret` is the account's."""
        keys = [
            {**key.to_wire(), "private": ciphers.encrypt_at_rest(secret, key.private or {})}
            for key in self.keys
        ]
        return {"account": self.account, "own": True, "keys": keys}

    @classmethod
    def from_document(cls, document: Mapping[str, Any], secret: bytes) -> OwnRing:
        """Raises Invalid `wrong_secret`."""
        keys = tuple(
            replace(_from_wire(key), private=ciphers.decrypt_at_rest(secret, key["private"]))
            for key in document["keys"]
        )
        return cls(document["account"], keys)


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
        made = tuple(_from_wire(key) for key in keys)
        for key in made:
            if key.kid != f"{account}/{key.verifying.thumbprint()}":
                raise Invalid("invalid_key", f"The key {key.kid} is not named by its owner and thumbprint.")
        return cls(account, made)

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
        return cls(document["account"], tuple(_from_wire(key) for key in document["keys"]))


def _from_wire(key: Mapping[str, Any]) -> Key:
    return Key(key["kid"], key["use"], key["state"], dict(key["public"]))
