"""Connections across a border (where they may lead: addresses.py).

Whatever a partner's broker does, or does not do, it costs us a bounded time: connecting, the handshake and
every confirm are under a watchdog, because socket time-outs alone don't end a wait for a broker that holds
the line and says nothing. The watchdog is eventlet's, as everything here runs in green threads.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final

import eventlet

from services.common.errors import Unavailable
from services.common.publishing import Job, Outgoing, Wire

WATCHDOG_SECONDS: Final = 15.0
CONFIRM_SECONDS: Final = 10.0
FAREWELL_SECONDS: Final = 3.0
IDLE_SECONDS: Final = 60.0


@contextmanager
def watchdog(seconds: float = WATCHDOG_SECONDS) -> Iterator[None]:
    """Ends what takes longer. Raises Unavailable `partner_silent`."""
    timeout = eventlet.Timeout(seconds)
    try:
        yield
    except eventlet.Timeout as expired:
        if expired is not timeout:
            raise
        raise Unavailable("partner_silent", "The broker holds the line and says nothing.") from None
    finally:
        timeout.cancel()


class Line:
    """A connection to publish over to one border, made when needed, closed when idle. For one thread.

    `publish` raises Unavailable (`partner_silent`, `partner_unreachable`, `broker_refused`, `unroutable`);
    then it is not known which of the messages arrived.
    """

    def __init__(
        self, uri: str, tls: Mapping[str, Any] | None, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._uri = uri
        self._tls = tls
        self._monotonic = monotonic
        self._wire: Wire | None = None
        self._used = 0.0

    @property
    def is_open(self) -> bool:
        return self._wire is not None

    def publish(self, messages: Sequence[Outgoing]) -> None:
        """Returns when all are confirmed."""
        job = Job(messages)
        try:
            with watchdog():
                self._open().send([job], CONFIRM_SECONDS)
        except Unavailable:
            self.close()
            raise
        except Exception as error:
            # Whatever the connection died of; the error may hold the address, so only its name is told.
            self.close()
            raise Unavailable("partner_unreachable", f"Delivering failed: {type(error).__name__}.") from None
        self._used = self._monotonic()
        if job.error is not None:
            raise job.error

    def breathe(self) -> None:
        """Between messages: keeps the heartbeat going, closes what was idle for long or is dead."""
        if self._wire is None:
            return
        if self._monotonic() - self._used > IDLE_SECONDS or not self._alive():
            self.close()

    def close(self) -> None:
        wire, self._wire = self._wire, None
        if wire is not None:
            with contextlib.suppress(Unavailable), watchdog(FAREWELL_SECONDS):
                wire.close()

    def _open(self) -> Wire:
        if self._wire is not None and not self._wire.alive():
            self.close()
        if self._wire is None:
            self._wire = Wire(self._uri, (), CONFIRM_SECONDS, ssl=self._tls)
        return self._wire

    def _alive(self) -> bool:
        assert self._wire is not None
        try:
            with watchdog(FAREWELL_SECONDS):
                return self._wire.alive()
        except Unavailable:
            return False
