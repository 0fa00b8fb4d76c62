"""Lanes: the queues on our own border through which partners' messages reach this service (`lane`).

A lane is consumed as long as its trust lets deliveries in and its border isn't paused; a supervisor looks
every two seconds, so a new partner needs no restart.
"""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Final

import structlog

from services.common import logs
from services.federation.incoming import lane_depths
from services.federation.incoming.inbox import Inbox
from services.federation.incoming.intake import Intake
from services.federation.incoming.lane import DRAIN_SECONDS, Lane, is_of_the_connection
from services.federation.metrics import MEASURE_SECONDS
from services.federation.partners.borders import Borders
from services.federation.partners.topology import lane_of
from services.federation.partners.trusts import TrustBook

if TYPE_CHECKING:
    from services.common.context import Context

log = structlog.get_logger(__name__)

SUPERVISE_SECONDS: Final = 2.0


class Lanes:
    """All lanes of one service: one per partner whose trust lets deliveries in."""

    def __init__(self, context: Context, intake: Intake, inbox: Inbox, borders: Borders) -> None:
        self._context = context
        self._intake = intake
        self._inbox = inbox
        self._borders = borders
        self._lanes: dict[str, Lane] = {}
        self._measure_at = 0.0
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        if self._context.config.border_uri is None:
            log.warning("INTERDESK_BORDER_URI is not set: partners can't reach this service")
        self._thread = threading.Thread(target=self._supervise, name="lanes", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Takes nothing more; returns when what was taken is applied."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join(DRAIN_SECONDS)
        lanes, self._lanes = list(self._lanes.values()), {}
        for lane in lanes:
            lane.stop_taking()
        for lane in lanes:
            lane.stop()

    @property
    def open(self) -> list[str]:
        """The partners whose lanes are consumed."""
        return sorted(self._lanes)

    @property
    def connected(self) -> int:
        """How many connections they have."""
        return sum(lane.connected for lane in list(self._lanes.values()))

    def _supervise(self) -> None:
        logs.bind(self._context.account, self._context.service)
        while not self._stopping.is_set():
            try:
                self._follow(self._wanted())
                self._measure()
            except Exception as error:
                if not is_of_the_connection(error):
                    log.exception("the lanes could not be looked after; tried again")
            self._stopping.wait(SUPERVISE_SECONDS)

    def _measure(self) -> None:
        if self._lanes and time.monotonic() >= self._measure_at:
            self._measure_at = time.monotonic() + MEASURE_SECONDS
            lane_depths.measure(self._context, self.open)

    def _wanted(self) -> set[str]:
        if self._context.config.border_uri is None:
            return set()
        paused = self._borders.paused()
        trusts = TrustBook.of(self._context).trusts()
        return {trust.partner for trust in trusts if trust.receives and trust.partner not in paused}

    def _follow(self, wanted: set[str]) -> None:
        for partner in self._lanes.keys() - wanted:
            log.info("a lane is closed", lane=lane_of(self._context.service, partner))
            # Beside the supervisor: what a slow partner has left must not keep other lanes closed.
            threading.Thread(target=self._lanes.pop(partner).stop, daemon=True).start()
        for partner in sorted(wanted - self._lanes.keys()):
            log.info("a lane is opened", lane=lane_of(self._context.service, partner))
            lane = self._lanes[partner] = Lane(
                self._context, partner, self._intake, self._inbox, self._borders
            )
            lane.start()
