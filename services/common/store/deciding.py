"""Deciding again when another save came first."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from services.common.errors import Stale

MAX_DECISIONS = 20

P = ParamSpec("P")
R = TypeVar("R")


def decide_again(action: Callable[P, R]) -> Callable[P, R]:
    """An action that loads, decides and saves once: when the save is `Stale`, all of it is done again (20
    times).
    """

    @wraps(action)
    def deciding(*args: P.args, **kwargs: P.kwargs) -> R:
        for tried in range(1, MAX_DECISIONS):
            try:
                return action(*args, **kwargs)
            except Stale:
                if tried > 2:  # many at one record: stop marching in step
                    time.sleep(random.uniform(0, 0.005 * tried))  # noqa: S311
        return action(*args, **kwargs)

    return deciding
