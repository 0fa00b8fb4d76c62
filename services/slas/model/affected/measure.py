"""By which of its affected SLAs a request's time is measured: the most stringent one.

That is the one whose resolution would fall due first, had no clock ever stood; of those without one, the one
with the earliest response. So the measure stays the same while clocks stand and run, and two periods of one
request are counted alike. Those that are affected no more measure only where no other is left.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime
from typing import Final

from services.slas.model.affected.affecting import NOT_AFFECTED
from services.slas.model.affected.following import Affected
from services.slas.model.clocks import RESOLUTION, RESPONSE

_NEVER: Final = datetime.max.replace(tzinfo=UTC)


def most_stringent(affected: Collection[Affected]) -> Affected | None:
    """None when there is none at all."""
    return min(affected, key=_stringency, default=None)


def _stringency(affected: Affected) -> tuple[bool, datetime, datetime, int]:
    unstopped = affected.clock.run_on(affected.clock.started_at)
    return (
        affected.accountability == NOT_AFFECTED,
        unstopped.target_at(RESOLUTION) or _NEVER,
        unstopped.target_at(RESPONSE) or _NEVER,
        affected.sla_id,
    )
