"""A second implementation of the partner protocol, written from docs/partner-protocol.md alone.

It imports nothing of the project: the standard library, `cryptography` for keys and seals, `amqp` for the
wire (test_second_partner.py holds it and its parts in `second/` to that). It is a partner and no product:
what it knows is kept in memory, there is one partner to talk to, and one thread does all the work, inside
`run`. It takes requests as a provider, and hands requests over as a customer.

    second = SecondPartner("sidecar", Border("sidecar", admin_uri, host, ca))
    second.accept(invitation)
    second.run(lambda: second.trust == "active")
"""

from __future__ import annotations

from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tests.wire.second import sealing
from tests.wire.second.desk import Desk
from tests.wire.second.sealing import Json
from tests.wire.second.threads import TYPES, Refused, Thread, now_text


class SecondPartner(Desk):
    """An account of its own, and how it comes to be trusted: sections 7 and 8. See the module.

    `capabilities`: the types that it says to understand.
    """

    def __init__(self, *parts: Any, capabilities: tuple[str, ...] = tuple(TYPES), **options: Any) -> None:
        super().__init__(*parts, **options)
        self.capabilities = capabilities
        self.trust = "none"
        self.understood: list[str] = []

    def accept(self, invitation: str) -> None:
        """Raises ValueError for one that is not for us, or too late, and Unproven."""
        kid, payload, signed, signature = sealing.parsed(invitation.encode(), "interdesk-invitation")
        said = sealing.read(payload)
        sealing.verified(said["keys"], kid, signed, signature)
        if said["invited"] != self.account or said["expires_at"] <= now_text():
            raise ValueError("the invitation is for another account, or too old")
        self.partner, self.ring = said["inviter"]["id"], said["keys"]
        self.address, self.ca = said["border"]["address"], said["border"]["ca"]
        self.login, self.understood = said["credentials"], said.get("capabilities") or list(TYPES)
        credentials = self.border.make(self.partner)
        body = {
            "invitation": said["id"],
            "name": self.account.title(),
            "domain": f"{self.account}.example",
            "border": {"address": self.border.address, "ca": self.border.ca},
            "credentials": sealing.encrypted(credentials, self.ring),
            "keys": self.keys,
            "capabilities": list(self.capabilities),
        }
        once = Ed25519PrivateKey.from_private_bytes(sealing.unb64(said["introduction"]["d"]))
        named = f"{self.account}/{sealing.thumbprint(said['introduction'])}"
        self.trust = "invited"
        self.say(self.open("trust", said["id"]), "trust.accepted.v1", body, key=(named, once))

    def _hear_trust_accepted(self, thread: Thread, message: Json) -> str | None:
        if self.trust != "invited":
            raise Refused("not_waited_for")
        body = message["body"]
        self.login = sealing.decrypted(body["credentials"], self.enc)
        self.ring, self.trust = body["keys"], "active"
        self.new_line()
        return None

    def _hear_keys_announced(self, thread: Thread, message: Json) -> str | None:
        known, named = {key["kid"]: key for key in self.ring}, message["body"]["keys"]
        retired = {
            kid: {**key, "state": "retired"} for kid, key in known.items() if key["state"] != "revoked"
        }
        revoked = {kid: key for kid, key in known.items() if key["state"] == "revoked"}
        self.ring = list({**retired, **{key["kid"]: key for key in named}, **revoked}.values())
        return None

    def _hear_trust_ended(self, thread: Thread, message: Json) -> str | None:
        self.trust = "ended"
        for request in self.requests.values():
            request.open = False
        return None
