"""Deciding again when another save came first."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import ParamSpec, TypeVar

from services.common.errors import Conflict, Stale

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


@contextmanager
def making() -> Iterator[None]:
    """Around the making of a record that another process may make at the same moment: `Stale` when the other
    was first, so that the action looks at what it made.
    """
    try:
        yield
    except Conflict as conflict:
        raise Stale() from conflict
