"""How many connections to the database a service has, and how many of them work just now."""

from __future__ import annotations

from typing import Any

from pymongo.monitoring import ConnectionPoolListener

from services.common.metrics import DATABASE_CONNECTIONS, DATABASE_CONNECTIONS_LIMIT


class Pooled(ConnectionPoolListener):
    """Of one service's client, all servers of the database together."""

    def __init__(self, account: str, service: str, most: int) -> None:
        """`most`: how many there may be to a server."""
        self._open = DATABASE_CONNECTIONS.labels(account, service, "open")
        self._used = DATABASE_CONNECTIONS.labels(account, service, "used")
        DATABASE_CONNECTIONS_LIMIT.labels(account, service).set(most)

    def connection_created(self, event: Any) -> None:
        self._open.inc()

    def connection_closed(self, event: Any) -> None:
        self._open.dec()

    def connection_checked_out(self, event: Any) -> None:
        self._used.inc()

    def connection_checked_in(self, event: Any) -> None:
        self._used.dec()

    def _untold(self, event: Any) -> None:
        """Nothing is counted by it; pymongo wants every method there is."""

    pool_created = pool_ready = pool_cleared = pool_closed = _untold
    connection_ready = connection_check_out_started = connection_check_out_failed = _untold
