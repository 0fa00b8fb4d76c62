"""How far the wall clock of a zone is from UTC, as periods in which that does not change.

`zoneinfo` tells the offset at an instant, not when it changes. So it is asked at steps, and where two answers
differ the change is looked for between them, to the second. No zone has changed its offset twice within six
days since 1970 (which the tests hold against every zone), so a quarter of a day is a short step.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from itertools import pairwise
from zoneinfo import ZoneInfo

STEP_SECONDS = 6 * 3600
_SECOND = timedelta(seconds=1)

Period = tuple[int, int, int]
"""(first second of UTC since 1970, the second after the last, seconds that the wall clock is ahead of UTC)"""


@lru_cache(maxsize=4096)
def offsets(zone: str, year: int) -> tuple[Period, ...]:
    """The periods of a year of UTC, in order, without gaps. Raises ZoneInfoNotFoundError."""
    clock = ZoneInfo(zone)
    start, end = (int(datetime(each, 1, 1, tzinfo=UTC).timestamp()) for each in (year, year + 1))
    asked = [(at, _ahead(clock, at)) for at in (*range(start, end, STEP_SECONDS), end - 1)]
    changes = [
        _change(clock, earlier, later, ahead)
        for (earlier, ahead), (later, after) in pairwise(asked)
        if ahead != after
    ]
    return tuple((one, other, _ahead(clock, one)) for one, other in pairwise((start, *changes, end)))


def _change(clock: ZoneInfo, earlier: int, later: int, ahead: int) -> int:
    """The first second at which the wall clock is not `ahead` as it was."""
    while later - earlier > 1:
        between = (earlier + later) // 2
        if _ahead(clock, between) == ahead:
            earlier = between
        else:
            later = between
    return later


def _ahead(clock: ZoneInfo, at: int) -> int:
    offset = datetime.fromtimestamp(at, clock).utcoffset()
    assert offset is not None  # a ZoneInfo always has one
    return offset // _SECOND
