"""How many messages wait in each lane that this service consumes, asked of the broker from time to time.

Over a connection of its own, made for the look and closed after it: on a lane's own connection the answer
would come after the deliveries that are on their way, and those may have to wait their turn (share.py).
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Final

from amqp.exceptions import NotFound
from kombu import Connection

from services.federation.metrics import LANE_MESSAGES
from services.federation.partners.addresses import tls_of
from services.federation.partners.connections import FAREWELL_SECONDS, watchdog
from services.federation.partners.topology import lane_of

if TYPE_CHECKING:
    from services.common.context import Context

_CONNECT_SECONDS: Final = 4


def measure(context: Context, partners: Iterable[str]) -> None:
    """Has the metric say how deep the lanes of these partners are; of one that is gone, that it is empty.

    Raises what connections raise when the broker is away: then the metric stays as it was.
    """
    config = context.config
    with watchdog():
        connection = border_connection(context, connect_timeout=_CONNECT_SECONDS)
        try:
            connection.connect()
            for partner in partners:
                waiting = _waiting(connection, lane_of(context.service, partner))
                LANE_MESSAGES.labels(config.account, context.service, partner).set(waiting)
        finally:
            with contextlib.suppress(Exception), watchdog(FAREWELL_SECONDS):
                connection.close()


def border_connection(context: Context, **options: Any) -> Connection:
    """A connection to our own border, not made yet."""
    config = context.config
    uri = config.border_uri or ""
    ca = config.border_ca_file.read_text() if config.border_ca_file else None
    return Connection(uri, ssl=tls_of(uri, ca), **options)


def _waiting(connection: Connection, lane: str) -> int:
    channel = connection.channel()  # anew for each: the broker closes it when the lane is gone
    try:
        return int(channel.queue_declare(lane, passive=True).message_count)
    except NotFound:
        return 0
    finally:
        with contextlib.suppress(Exception):
            channel.close()
