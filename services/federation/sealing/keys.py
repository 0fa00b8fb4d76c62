"""Keys: what an account seals with and is encrypted for. An account keeps its own and its partners' in rings
(rings.py).

A key is named by its `kid`, `<account>/<RFC 7638 thumbprint>`: the name says whose it is and which it is.
Messages are sealed with Ed25519 (`sig`), broker credentials encrypted for X25519 (`enc`). The life of a key:

    next ──> current ──> retired
      └────────┴────────────┴──> revoked

- `next` is announced before it is used, so that a revocation can be signed with it;
- `current` is what we seal with, or encrypt for: one of each use at any time;
- `retired` seals nothing any more and verifies without limit of time;
- `revoked` verifies nothing from then on.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Final, Literal

from joserfc.jwk import OKPKey

from services.common.errors import Invalid

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

    @classmethod
    def from_wire(cls, key: Mapping[str, Any]) -> Key:
        """Without its private part."""
        return cls(key["kid"], key["use"], key["state"], dict(key["public"]))

    def to_wire(self) -> dict[str, Any]:
        return {"kid": self.kid, "use": self.use, "state": self.state, "public": dict(self.public)}


def account_of(kid: str) -> str:
    """Whose key a kid claims to be."""
    return kid.partition("/")[0]
