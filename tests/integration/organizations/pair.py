"""Two accounts that come to trust each other: real database, real broker, and messages carried by hand.

What one has written lies in its trust document until `carry` takes it to the other: opened with the keys that
the other knows, checked, applied. So each step can be looked at, repeated and left out.
"""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass, replace
from typing import Any

import kombu
from amqp.exceptions import AccessRefused, NotAllowed

from services.common.actor import Actor
from services.common.context import Context
from services.federation.incoming.handling import checked
from services.federation.outgoing.deliveries import Deliveries
from services.federation.partners.topology import border_vhost
from services.federation.partners.trusts import TrustBook
from services.federation.sealing import ciphers
from services.federation.sealing.envelope import open_sealed
from services.federation.sealing.rings import OwnRing
from services.federation.thread_errors import AlreadyApplied
from services.federation.verdicts import Verdict
from services.organizations import partner as correspondent
from services.organizations.actions.trusting import inviting, trusts


@dataclass(frozen=True)
class Side:
    """One account: what its actions get, its administrator, and the other account's id."""

    context: Context
    administrator: Actor
    other: str

    @property
    def account(self) -> str:
        return self.context.account

    @property
    def trust(self) -> dict[str, Any]:
        """The document of the trust with the other account."""
        found = self.context.database["trusts"].find_one({"_id": self.other})
        assert found is not None
        return found

    @property
    def has_trust(self) -> bool:
        return self.context.database["trusts"].find_one({"_id": self.other}) is not None

    def invite(self, **fields: Any) -> str:
        """The text of a new invitation for the other account."""
        asked = {"account_id": self.other, "expires_in_hours": 72, **fields}
        return str(inviting.invite(self.context, self.administrator, asked)["invitation_text"])

    def accept(self, invitation: str, **fields: Any) -> dict[str, Any]:
        return inviting.accept_invitation(
            self.context, self.administrator, {"invitation": invitation, **fields}
        )

    def update(self, **fields: Any) -> dict[str, Any]:
        return trusts.update_trust(self.context, self.administrator, self.other, fields)

    @property
    def ring(self) -> OwnRing:
        """Its own keys."""
        (found,) = self.context.database["keyrings"].find({"_id": self.account})
        return OwnRing.from_document(found, self.secret)

    @property
    def secret(self) -> ciphers.Secret:
        """What its own secrets are encrypted with at rest."""
        secret = self.context.config.secret
        assert secret is not None
        return secret

    @property
    def knows(self) -> dict[str, str]:
        """What it knows of the other's keys to seal with: `{kid: state}`."""
        return {key["kid"]: key["state"] for key in self.trust["keys"] if key["use"] == "sig"}

    def is_answered(self, state: str = "accepted", code: str | None = None, nth: int = -1) -> None:
        """Its nth (last) message has this final receipt, as if the outbox had taken it."""
        row = self.said[nth]
        Deliveries(self.context).take([row])
        answer = {"state": state, "code": code, "refused_code": code}
        self.context.database["outbox"].update_one({"_id": row["id"]}, {"$set": answer})

    @property
    def said(self) -> list[dict[str, Any]]:
        """The message rows that wait to be sent, oldest first."""
        return [row for row in self.trust["outbox"] if row["kind"] == "message"]


def hear(listener: Side, row: dict[str, Any], *, approved: bool = False) -> Verdict:
    """What the listener makes of a message; for one that was applied before, what it made of it then.
    `approved`: a person has it handled again.
    """
    ring = TrustBook.of(listener.context).ring(listener.other)
    message = open_sealed(
        row["sealed"], exchange_sender=listener.other, own_account=listener.account, ring=ring
    )
    try:
        return correspondent.receive(
            listener.context, checked("organizations", replace(message, approved=approved))
        )
    except AlreadyApplied as applied:
        return applied.verdict


def carry(sender: Side, listener: Side, nth: int = -1) -> Verdict:
    """Takes the nth (the last) of the sender's messages to the listener."""
    return hear(listener, sender.said[nth])


def befriend(inviter: Side, invited: Side, **options: Any) -> None:
    """Invitation, acceptance, answer: both are active."""
    invited.accept(inviter.invite(**options))
    assert carry(invited, inviter).word == "accepted"
    assert carry(inviter, invited).word == "accepted"


def login(side: Side) -> dict[str, str]:
    """What the side uses on the other's border."""
    return ciphers.decrypt_at_rest(side.secret, side.trust["credentials"])


def may_deliver(broker, account: str, credentials: dict[str, str], exchange: str, key: str) -> bool:
    """Whether somebody with these credentials can publish there."""
    uri = broker.amqp_uri(border_vhost(account), credentials["user"], credentials["password"])
    try:
        with kombu.Connection(uri, transport_options={"confirm_publish": True}) as connection:
            channel = connection.channel()
            channel.basic_publish_confirm(channel.prepare_message(b"x"), exchange=exchange, routing_key=key)
    except (AccessRefused, NotAllowed):
        return False
    return True


def opened(invitation: str) -> dict[str, Any]:
    payload = invitation.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
