"""AMQP as the trial speaks it: raw bytes both ways, over the connections that section 1 of the document asks
for. Everything has a deadline. In one thread.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Mapping
from typing import Any, Final
from urllib.parse import unquote, urlsplit

import amqp
from amqp.exceptions import AMQPError, MessageNacked

from services.federation.partners.addresses import check_address, tls_of
from services.federation.sealing.envelope import CONTENT_TYPE

CONNECT_SECONDS: Final = 10
PUBLISH_SECONDS: Final = 10
PERSISTENT: Final = 2


class NotDelivered(Exception):
    """The border did not take it. The text says how it said so."""


class BorderLost(Exception):
    """The trial's own border does not work; nothing is known of the deployment."""


def connected(address: str, ca: str | None, login: Mapping[str, str]) -> amqp.Connection:
    """A connection whose publishes are confirmed. Raises NotDelivered; Invalid `border_not_safe`."""
    check_address(address, ca)
    parts = urlsplit(address)
    connection = amqp.Connection(
        f"{parts.hostname}:{parts.port or (5671 if parts.scheme == 'amqps' else 5672)}",
        login["user"],
        login["password"],
        virtual_host=unquote(parts.path[1:]) or "/",
        ssl=tls_of(address, ca) or False,
        confirm_publish=True,
        connect_timeout=CONNECT_SECONDS,
        read_timeout=PUBLISH_SECONDS,
        write_timeout=PUBLISH_SECONDS,
    )
    try:
        connection.connect()
    except (OSError, AMQPError) as error:
        raise NotDelivered(f"connecting failed: {told(error)}") from None
    return connection


def publish(
    connection: amqp.Connection, exchange: str, routing_key: str, sealed: bytes, properties: Mapping[str, Any]
) -> None:
    """Persistent, mandatory, confirmed. Raises NotDelivered."""
    returned: list[str] = []
    usual = {"content_type": CONTENT_TYPE, "delivery_mode": PERSISTENT}
    try:
        channel = connection.channel(1)
        channel.events["basic_return"] = {lambda error, *_: returned.append(told(error))}
        channel.basic_publish(
            amqp.Message(sealed, **{**usual, **properties}),
            exchange=exchange,
            routing_key=routing_key,
            mandatory=True,
            timeout=PUBLISH_SECONDS,
            confirm_timeout=PUBLISH_SECONDS,
        )
    except MessageNacked:
        raise NotDelivered("nacked") from None
    except (OSError, AMQPError) as error:
        raise NotDelivered(told(error)) from None
    if returned:
        raise NotDelivered(f"returned: {returned[0]}")


class Lanes:
    """The lanes of our own border; `take` gets each delivery as py-amqp has it, and it is acknowledged."""

    def __init__(self, connection: amqp.Connection, lanes: list[str], take: Callable[[Any], None]) -> None:
        self._connection = connection
        channel = connection.channel()
        channel.auto_decode = False  # py-amqp's own: by the content encoding

        def taken(delivery: Any) -> None:
            take(delivery)
            channel.basic_ack(delivery.delivery_tag)

        for lane in lanes:
            channel.basic_consume(lane, callback=taken)

    def drain(self, until: Callable[[], bool], seconds: float) -> bool:
        """Takes what comes until the condition holds; False when the time is over and it does not.

        Raises BorderLost.
        """
        ends_at = time.monotonic() + seconds
        while not until():
            left = ends_at - time.monotonic()
            if left <= 0:
                return False
            try:
                self._connection.drain_events(timeout=min(left, 0.2))
            except TimeoutError:
                continue
            except (OSError, AMQPError) as error:
                raise BorderLost(f"the trial's own border is gone: {told(error)}") from None
        return True

    def close(self) -> None:
        hang_up(self._connection)


def hang_up(connection: amqp.Connection) -> None:
    with contextlib.suppress(OSError, AMQPError):
        connection.close()


def told(error: BaseException) -> str:
    """An error of the connection, without what it may hold of addresses and credentials."""
    code = getattr(error, "reply_code", 0)
    return f"{type(error).__name__} {code}" if code else type(error).__name__
