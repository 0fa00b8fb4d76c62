"""A crash that can be caught: what a process that is killed leaves, without the kill. And what others do just
then.
"""

from __future__ import annotations

from collections.abc import Callable

from services.common.crash import CrashPoints


class Crash(Exception):
    pass


class Crashing(CrashPoints):
    """Ends at the nth place it comes to."""

    def __init__(self, nth: int) -> None:
        super().__init__()
        self.left = nth

    def here(self, name: str) -> None:
        self.left -= 1
        if self.left == 0:
            raise Crash(name)


class Meanwhile(CrashPoints):
    """What others do, once, at the nth place that is come to."""

    def __init__(self, nth: int, others: Callable[[], object]) -> None:
        super().__init__()
        self.left = nth
        self.others = others

    def here(self, name: str) -> None:
        self.left -= 1
        if self.left == 0:
            self.others()
