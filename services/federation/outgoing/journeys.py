"""Journeys: how long what we say is on its way, counted from the save that decided it, by our own clock.

`delivered` measures until a partner's border has it. `Journeys` measures until the partner has applied it, of
what matters most to people: that a request is handed over, and that it comes back. That is known to the
process that kept the message and heard its answer; of several replicas each so measures a share of its own,
which costs no query. What outlives its process is told by the age of what has no answer.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

import structlog

from services.federation.metrics import DELIVERY_SECONDS, HANDOVER_SECONDS, RETURN_SECONDS
from services.federation.verdicts import ACCEPTED

if TYPE_CHECKING:
    from prometheus_client import Histogram

    from services.common.context import Context

log = structlog.get_logger(__name__)

# So many are remembered; then the oldest is not measured.
REMEMBERED: Final = 10_000

MEASURED: Final[Mapping[str, Histogram]] = {
    "request.handed_over.v1": HANDOVER_SECONDS,
    "request.reopened.v1": HANDOVER_SECONDS,
    "request.waiting_for_customer.v1": RETURN_SECONDS,
    "request.completed.v1": RETURN_SECONDS,
    "request.declined.v1": RETURN_SECONDS,
}

Place = tuple[str, int, int]


class Journeys:
    """Of the hand-overs and returns that one process keeps and hears the answers of."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._begun: OrderedDict[Place, tuple[Histogram, datetime]] = OrderedDict()

    def begin(self, rows: Iterable[Mapping[str, Any]]) -> None:
        """These are about to be sent the first time."""
        for row in rows:
            if (histogram := MEASURED.get(row["type"])) is not None:
                self._begun[row["thread"], row["incarnation"], row["sequence"]] = histogram, row["at"]
        while len(self._begun) > REMEMBERED:
            self._begun.popitem(last=False)

    def end(self, partner: str, place: Place, verdict: str) -> None:
        """A final answer came. Only what was accepted has arrived."""
        histogram, at = self._begun.pop(place, (None, None))
        if histogram is not None and at is not None and verdict == ACCEPTED:
            _observe(self._context, histogram, partner, at)


def delivered(context: Context, partner: str, rows: Iterable[Mapping[str, Any]]) -> None:
    """The partner's border has confirmed these, which had not been sent before. The log says so, with the
    trace of the save: by it one finds what asked for a message, and on the other side what came of it.
    """
    for row in rows:
        log.info(
            "a message was sent",
            partner=partner,
            type=row["type"],
            thread=row["thread"],
            sequence=row["sequence"],
            request=row.get("request_id"),
            traceparent=row.get("traceparent"),
        )
        _observe(context, DELIVERY_SECONDS, partner, row["at"])


def _observe(context: Context, histogram: Histogram, partner: str, since: datetime) -> None:
    seconds = (context.clock.now() - since).total_seconds()
    histogram.labels(context.account, context.service, partner).observe(max(0.0, seconds))
