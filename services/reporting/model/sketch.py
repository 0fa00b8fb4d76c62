"""Percentiles of what was counted in parts: a histogram whose buckets grow by two percent each.

A value's bucket is known from the value alone, so histograms of days add up to that of a month, in any order.
A percentile is the value of the nearest rank, told as the middle of its bucket: it is off by one percent at
most, and by half a minute more as it is told in whole minutes. Source: DDSketch (Masson, Rim, Lee: VLDB
2019), section 2.
"""

import math
from collections.abc import Mapping
from typing import Final

RELATIVE_ERROR: Final = 0.01
_GROWTH: Final = (1 + RELATIVE_ERROR) / (1 - RELATIVE_ERROR)
_ZERO: Final = "0"

Sketch = Mapping[str, int]
"""{bucket: how many}; the buckets are words, for they stand in documents."""


def bucket(value: int) -> str:
    """The bucket of a whole number of minutes."""
    return _ZERO if value <= 0 else str(1 + math.ceil(math.log(value) / math.log(_GROWTH)))


def quantile(sketch: Sketch, share: float) -> int | None:
    """The value below or at which this share lies; None when nothing was counted."""
    total = sum(sketch.values())
    if not total:
        return None
    rank, passed = max(1, math.ceil(share * total)), 0
    for name in sorted(sketch, key=int):
        passed += sketch[name]
        if passed >= rank:
            break
    return _middle(name)


def _middle(name: str) -> int:
    if name == _ZERO:
        return 0
    return round(2 * _GROWTH ** (int(name) - 1) / (_GROWTH + 1))
