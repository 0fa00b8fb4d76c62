"""What somebody can do who holds an account's own keys and credentials: seal what he likes, and publish it on
a partner's border. The tests take both from the account's database, by the account's secret.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from services.common.config import reading
from services.common.publishing import Outgoing
from services.federation.partners.addresses import tls_of, uri_with_login
from services.federation.partners.connections import Line
from services.federation.partners.trusts import Trust
from services.federation.sealing.envelope import Message, read_verified, seal
from services.federation.sealing.rings import OwnRing
from tests.faults.partners import Partners


class Smuggler:
    """Speaks as `account` to the border of `partner`, past the account's own services."""

    def __init__(self, partners: Partners, account: str, partner: str) -> None:
        self.account = account
        self.partner = partner
        self._partners = partners
        self._secret = reading.secret(str(partners[account].directory / "secret"))
        self._own = partners.stored(account, "organizations")
        keyring = self._own["keyrings"].find_one({"_id": account})
        assert keyring is not None
        self.ring = OwnRing.from_document(keyring, self._secret)

    @property
    def uri(self) -> str:
        """The partner's border, with our credentials."""
        return uri_with_login(self._trust.border_address or "", *self._trust.login(self._secret))

    @property
    def tls(self) -> dict[str, Any] | None:
        return tls_of(self._trust.border_address or "", self._trust.border_ca)

    @property
    def _trust(self) -> Trust:
        """As it is now: the credentials of an invitation are soon replaced."""
        trust = self._own["trusts"].find_one({"_id": self.partner})
        assert trust is not None
        return Trust.from_document(trust)

    @contextmanager
    def line(self) -> Iterator[Line]:
        line = Line(self.uri, self.tls)
        try:
            yield line
        finally:
            line.close()

    def publish(
        self,
        *sealed: bytes,
        routing_key: str = "request.handed_over",
        exchange: str | None = None,
        headers: Mapping[str, Any] | None = None,
    ) -> None:
        """Raises Unavailable when the broker refuses."""
        with self.line() as line:
            line.publish(
                [
                    Outgoing(
                        exchange=exchange if exchange is not None else f"from.{self.account}",
                        routing_key=routing_key,
                        body=each,
                        headers=dict(headers or {}),
                        content_type="application/jose",
                        mandatory=True,
                    )
                    for each in sealed
                ]
            )

    def seal(self, message: Message) -> bytes:
        return seal(message, self.ring.current())

    def message(self, type: str, body: Mapping[str, Any], **fields: Any) -> Message:
        """The first message of a fresh thread, unless `fields` say otherwise."""
        made = Message(
            id=str(uuid.uuid4()),
            type=type,
            sender=self.account,
            recipient=self.partner,
            thread=f"handover/{self.account}/{uuid.uuid4()}",
            incarnation=1,
            sequence=1,
            prev=None,
            sent_at=datetime.now(UTC),
            traceparent=None,
            body=body,
        )
        return replace(made, **fields)

    def captured(self, thread: str | None = None) -> list[bytes]:
        """The sealed bytes that the account has sent to the partner, of one thread or of all."""
        rows = self._partners.stored(self.account, "requests")["outbox"]
        which = {"partner": self.partner, **({"thread": thread} if thread else {})}
        found = rows.find(which).sort([("thread", 1), ("sequence", 1)])
        return [bytes(row["sealed"]) for row in found]


def opened(sealed: bytes) -> Message:
    """What is in sealed bytes."""
    return read_verified(sealed)
