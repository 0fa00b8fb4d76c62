"""A second implementation of the partner protocol, written from docs/partner-protocol.md alone.

It imports nothing of the project: the standard library, `cryptography` for keys and seals, `amqp` for the
wire (test_second_partner.py holds it and its parts in `second/` to that). It is a partner and no product:
what it knows is kept in memory, there is one partner to talk to, and one thread does all the work, inside
`run`. It takes requests as a provider, and hands requests over as a customer, with files; it shows its card,
and keeps those that it is shown.

    second = SecondPartner("sidecar", Border("sidecar", admin_uri, host, ca))
    second.accept(invitation)  # or: invitation = second.invite("widget")
    second.run(lambda: second.trust == "active")
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tests.wire.second import sealing
from tests.wire.second.desk import Desk
from tests.wire.second.sealing import Json
from tests.wire.second.talk import INTRODUCTION
from tests.wire.second.threads import TYPES, Parked, Refused, Thread, new_id, now_text, time_text


class SecondPartner(Desk):
    """An account of its own, and how it comes to be trusted: sections 7 and 8. See the module.

    `capabilities`: the types that it says to understand.
    """

    def __init__(self, *parts: Any, capabilities: tuple[str, ...] = tuple(TYPES), **options: Any) -> None:
        super().__init__(*parts, **options)
        self.capabilities = capabilities
        self.invitation = ""
        self.named = {"name": self.account.title(), "domain": f"{self.account}.example"}

    def accept(self, invitation: str) -> None:
        """Raises ValueError for one that is not for us, or too late, and Unproven."""
        kid, payload, signed, signature = sealing.parsed(invitation.encode(), "interdesk-invitation")
        said = sealing.read(payload)
        sealing.verified(said["keys"], kid, signed, signature)
        if said["invited"] != self.account or said["expires_at"] <= now_text():
            raise ValueError("the invitation is for another account, or too old")
        self.partner, self.ring = said["inviter"]["id"], said["keys"]
        self.line.lead(said["border"]["address"], said["border"]["ca"], said["credentials"])
        self.understood = said.get("capabilities") or list(TYPES)
        body = self._acceptance(said["id"])
        once = Ed25519PrivateKey.from_private_bytes(sealing.unb64(said["introduction"]["d"]))
        named = f"{self.account}/{sealing.thumbprint(said['introduction'])}"
        self.trust, self.trust_thread = "invited", self.open("trust", said["id"])
        self.say(self.trust_thread, "trust.accepted.v1", body, key=(named, once))

    def invite(self, partner: str, hours: int = 1) -> str:
        """The text of an invitation, to be handed over by a way that is trusted."""
        once, self.invitation, self.partner = Ed25519PrivateKey.generate(), new_id(), partner
        introduction = sealing.public(partner, once, "sig", INTRODUCTION)
        now = datetime.now(UTC)
        said = {
            "id": self.invitation,
            "inviter": {
                "id": self.account,
                "name": self.account.title(),
                "domain": f"{self.account}.example",
            },
            "invited": partner,
            "border": {"address": self.border.address, "ca": self.border.ca},
            "credentials": self.border.make(partner),
            "keys": self.keys,
            "introduction": {**introduction["public"], "d": sealing.b64(once.private_bytes_raw())},
            "issued_at": time_text(now),
            "expires_at": time_text(now + timedelta(hours=hours)),
            "capabilities": list(self.capabilities),
        }
        self.ring, self.trust = [introduction], "inviting"
        payload = sealing.written(said)
        return sealing.sealed(payload, self.keys[0]["kid"], self.sig, "interdesk-invitation").decode()

    def _acceptance(self, invitation: str) -> Json:
        """The body of `trust.accepted`; with it the partner gets new credentials."""
        return {
            "invitation": invitation,
            **self.named,
            "border": {"address": self.border.address, "ca": self.border.ca},
            "credentials": sealing.encrypted(self.border.make(self.partner), self.ring),
            "keys": self.keys,
            "capabilities": list(self.capabilities),
        }

    def _hear_trust_accepted(self, thread: Thread, message: Json) -> str | None:
        body, inviting = message["body"], self.trust == "inviting"
        if inviting and body["invitation"] != self.invitation:
            raise Refused("unknown_invitation")
        if self.trust not in ("invited", "inviting"):
            raise Refused("not_waited_for")
        login = sealing.decrypted(body["credentials"], self.enc)
        self.line.lead(body["border"]["address"], body["border"]["ca"], login)
        self.understood = body.get("capabilities") or list(TYPES)
        # The one-time key stays: the acceptance may come again, when our receipt was lost.
        once = [key for key in self.ring if key["state"] == INTRODUCTION]
        self.trust_thread = thread
        self.ring, self.trust = [*body["keys"], *once], "active"
        if inviting:
            self.say(thread, "trust.accepted.v1", self._acceptance(self.invitation))
        return None

    def _hear_keys_announced(self, thread: Thread, message: Json) -> str | None:
        known = {key["kid"]: key for key in self.ring if key["state"] != INTRODUCTION}
        told = {key["kid"]: key for key in message["body"]["keys"]}
        retired = {kid: {**key, "state": "retired"} for kid, key in known.items()}
        revoked = {kid: key for kid, key in known.items() if key["state"] == "revoked"}
        after = {**retired, **told, **revoked}
        if after != known and not self.is_next(message["kid"]):
            raise Parked("successor_not_proven")
        self.ring = list(after.values())
        return None

    def _hear_trust_ended(self, thread: Thread, message: Json) -> str | None:
        self.trust = "ended"
        for request in self.requests.values():
            request.open = False
        return None
