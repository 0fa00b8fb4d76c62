"""A crash that can be caught: what a process that is killed leaves, without the kill."""

from __future__ import annotations

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
