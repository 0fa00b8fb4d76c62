"""Who our partners are, where they are reached and by which keys they are known, as the border sees it.

The organizations service owns trusts and key rings (collections `trusts`, `keyrings`); the other services
hold copies of the same shape (`copy_trust`, `copy_keyring`). Whoever sets up the border asks the `TrustBook`
and need not know in which service it runs.

    trust     {_id: the partner's account id, name, domain, status, border_address, border_ca, credentials,
               own_keys_known}
    keyring   {_id: account id, account, own, keys: [...]} (rings.py)

`credentials` are ours on the partner's border, encrypted at rest. `own_keys_known` are the keys of ours that
he has receipted, `[{kid, state}]` (absent: all). What the book has read it keeps for two
seconds, so a revoked key or a suspended trust counts at latest then; a kid it does not know makes it ask the
owner at once, though not more often than every five seconds per partner: strangers' kids must not become a
flood of calls.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, TypeVar

from services.common.database import answering
from services.common.errors import Unavailable
from services.federation.sealing import ciphers
from services.federation.sealing.ciphers import Secret
from services.federation.sealing.keys import Key
from services.federation.sealing.rings import OwnRing, PartnerRing

if TYPE_CHECKING:
    from services.common.context import Context

OWNER: Final = "organizations"
KEPT_SECONDS: Final = 2.0
REFRESH_SECONDS: Final = 5.0

INVITED, ACTIVE, SUSPENDED, ENDED = "invited", "active", "suspended", "ended"
OPEN: Final = frozenset({INVITED, ACTIVE})  # what flows; an invited partner answers by a message, too

T = TypeVar("T")


@dataclass(frozen=True)
class Trust:
    """One partner. `border_address` is None until the partner has told it."""

    partner: str
    name: str
    status: str
    border_address: str | None
    border_ca: str | None
    credentials: str | None = field(repr=False)
    knows: frozenset[str] | None = field(default=None, compare=False)
    """The kids of ours that the partner has receipted; None: all."""
    capabilities: frozenset[str] | None = field(default=None, compare=False)
    """The types that the partner has said it understands; None: it was not kept here (`capabilities`)."""

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> Trust:
        known, named = document.get("own_keys_known"), document.get("capabilities")
        return cls(
            partner=document["_id"],
            name=document.get("name") or document["_id"],
            status=document["status"],
            border_address=document.get("border_address"),
            border_ca=document.get("border_ca"),
            credentials=document.get("credentials"),
            knows=None if known is None else frozenset(key["kid"] for key in known),
            capabilities=None if named is None else frozenset(named),
        )

    @property
    def receives(self) -> bool:
        """Whether we take deliveries from the partner: what comes after the end is taken, and parked."""
        return self.status in OPEN or self.status == ENDED

    @property
    def reachable(self) -> bool:
        """Whether we know how to deliver to the partner."""
        return self.border_address is not None and self.credentials is not None

    @property
    def lets_send(self) -> bool:
        """Whether something may be sent to the partner now: after the end, that it has ended."""
        return self.reachable and self.status in (*OPEN, ENDED)

    def login(self, secret: Secret) -> tuple[str, str]:
        """User and password on the partner's border. Raises Invalid `wrong_secret`."""
        opened = ciphers.decrypt_at_rest(secret, self.credentials or "")
        return opened["user"], opened["password"]


class TrustBook:
    """The trusts and rings of one service. Use `TrustBook.of(context)`: there is one per context."""

    def __init__(self, context: Context, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._context = context
        self._monotonic = monotonic
        self._kept: dict[str, tuple[float, Any]] = {}
        self._refreshed: dict[str, float] = {}
        owner = context.service == OWNER
        self._trusts = context.database["trusts" if owner else "copy_trust"]
        self._keyrings = context.database["keyrings" if owner else "copy_keyring"]

    @classmethod
    def of(cls, context: Context) -> TrustBook:
        book = context.kept.get("trust_book")
        if book is None:
            book = context.kept["trust_book"] = cls(context)
        assert isinstance(book, TrustBook)
        return book

    def trusts(self) -> list[Trust]:
        """All trusts, whatever their status. Raises Unavailable."""

        def read() -> list[Trust]:
            with answering():
                return [Trust.from_document(document) for document in self._trusts.find({}, _TRUST_FIELDS)]

        return self._keep("trusts", read)

    def trust(self, partner: str) -> Trust | None:
        """Raises Unavailable."""
        return next((trust for trust in self.trusts() if trust.partner == partner), None)

    def ring(self, partner: str) -> PartnerRing:
        """What is known of the partner's keys; an empty ring when nothing is. Raises Unavailable."""

        def read() -> PartnerRing:
            document = self._keyring(partner)
            return PartnerRing.from_document(document) if document else PartnerRing(partner)

        return self._keep(f"ring of {partner}", read)

    def refreshed_ring(self, partner: str) -> PartnerRing:
        """The ring as its owner has it now; as it is stored here, when that was asked a moment ago. Raises
        Unavailable.
        """
        now = self._monotonic()
        if now - self._refreshed.get(partner, -REFRESH_SECONDS) >= REFRESH_SECONDS:
            self._refreshed[partner] = now
            self._context.copies.refresh("keyring", partner)
        self.forget()
        return self.ring(partner)

    def own_ring(self) -> OwnRing:
        """Our own keys. Raises Unavailable `keyring_missing` while the account has none."""

        def read() -> OwnRing:
            account = self._context.account
            document = self._keyring(account) or self._asked_for(account)
            if document is None:
                raise Unavailable("keyring_missing", "This account has no keys yet; try again later.")
            return OwnRing.from_document(document, self.secret)

        return self._keep("own ring", read)

    def sealing_key(self, partner: str) -> Key:
        """What to seal with for the partner: the newest key of ours that he knows. Raises Unavailable."""
        trust = self.trust(partner)
        return self.own_ring().sealing(trust.knows if trust else None)

    @property
    def secret(self) -> Secret:
        """The account's secret. Raises Unavailable `secret_missing`."""
        if self._context.config.secret is None:
            raise Unavailable("secret_missing", "INTERDESK_SECRET_FILE is not set; partners need it.")
        return self._context.config.secret

    def forget(self) -> None:
        """Reads everything anew next time; after a trust or ring was changed in this process."""
        self._kept = {}

    def _keyring(self, account: str) -> dict[str, Any] | None:
        with answering():
            return self._keyrings.find_one({"_id": account}, {"account": 1, "keys": 1})

    def _asked_for(self, account: str) -> dict[str, Any] | None:
        if self._context.copies.refresh("keyring", account) is None:
            return None
        return self._keyring(account)

    def _keep(self, name: str, read: Callable[[], T]) -> T:
        now = self._monotonic()
        kept = self._kept.get(name)
        if kept is not None and now - kept[0] < KEPT_SECONDS:
            value: T = kept[1]
            return value
        kept_here = self._kept
        value = read()
        kept_here[name] = (now, value)  # and for nobody, when all was forgotten while it was read
        return value


_TRUST_FIELDS: Final = dict.fromkeys(
    ("name", "status", "border_address", "border_ca", "credentials", "own_keys_known", "capabilities"), 1
)
