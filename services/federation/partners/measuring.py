"""Measuring: the metrics that say how it stands with each partner, looked up from time to time.

All of it is found by an index, and none of it is asked by a scrape. Every replica measures the same: each of
these gauges is of the service's database, or of its lanes.
"""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING

from services.federation import metrics
from services.federation.partners import health
from services.federation.partners.trusts import OWNER, TrustBook

if TYPE_CHECKING:
    from services.common.context import Context


def measure(context: Context) -> None:
    """Has the metrics say how it stands with each partner. Raises Unavailable."""
    for trust in TrustBook.of(context).trusts():
        it = health.standing(context.database, context.service, trust.partner)
        age = (context.clock.now() - it.unanswered_since).total_seconds() if it.unanswered_since else 0.0
        expires_at = health.authority_expires_at(trust.border_ca)
        for gauge, value in (
            (metrics.PARKED, it.parked),
            (metrics.GAPS, it.gaps),
            (metrics.QUARANTINE_BYTES, it.quarantined_bytes),
            (metrics.REFUSED, it.refused),
            (metrics.UNRECEIPTED, it.unanswered),
            (metrics.UNRECEIPTED_SECONDS, age),
            (metrics.HEARD, it.heard_at.timestamp() if it.heard_at else 0.0),
            (metrics.AUTHORITY_EXPIRES, expires_at.timestamp() if expires_at else inf),
            (metrics.FAILING, int(it.failing is not None)),
            (metrics.PAUSED, int(it.paused is not None)),
        ):
            gauge.labels(context.account, context.service, trust.partner).set(value)
    if context.service == OWNER:
        _measure_keys(context)


def _measure_keys(context: Context) -> None:
    """By what the organizations service keeps: the others have copies without dates."""
    owner = context.account, context.service
    for partner, told_at in health.keys_told(context.database).items():
        metrics.KEYS_TOLD.labels(*owner, partner).set(told_at.timestamp())
    since = health.own_keys_since(context.database)
    if since is not None:
        metrics.OWN_KEYS.labels(*owner).set(since.timestamp())
