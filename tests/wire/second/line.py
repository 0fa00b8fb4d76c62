"""The line to a partner's border, which may fail at any time: section 1 of docs/partner-protocol.md."""

from __future__ import annotations

import contextlib
import time

import amqp
from amqp.exceptions import AMQPError, MessageNacked

from tests.wire.second.border import connected
from tests.wire.second.sealing import Json

AGAIN_SECONDS = 0.5


class Line:
    """Connects when there is something to say, and after a failure not at once again."""

    def __init__(self, account: str) -> None:
        self.account = account
        self.address, self.ca = "", ""
        self._login: Json = {}
        self._connection: amqp.Connection | None = None
        self._closed_until = 0.0

    def lead(self, address: str, ca: str, login: Json) -> None:
        """The next word goes there, over a new connection."""
        self.close()
        self.address, self.ca, self._login = address, ca, login

    def publish(self, routing_key: str, sealed: bytes) -> bool:
        """Persistent, mandatory, confirmed. False when that failed: then it is sent again later."""
        if not self.address or (self._connection is None and time.monotonic() < self._closed_until):
            return False
        try:
            if self._connection is None:
                self._connection = connected(self.address, self.ca, self._login)
            self._connection.channel(1).basic_publish(
                amqp.Message(sealed, content_type="application/jose", delivery_mode=2),
                exchange=f"from.{self.account}",
                routing_key=routing_key,
                mandatory=True,
                timeout=10,
            )
        except (OSError, AMQPError, MessageNacked):
            self.close()
            self._closed_until = time.monotonic() + AGAIN_SECONDS
            return False
        return True

    def close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            with contextlib.suppress(OSError, AMQPError):
                connection.close()
