"""Crash points: named places where a process can be told to kill itself, so that tests can show what a crash
costs.

`INTERDESK_CRASH_AT=requests.after_save` ends the process by SIGKILL the first time it passes that point;
`requests.after_save:3` the third time. A point is `<service>.<place>`. `NAMES` lists those that a process can
come to: a test kills a service at each of them. `here` refuses a place that is not listed.
"""

from __future__ import annotations

import os
import signal
from typing import NoReturn

# Those that keep records and talk to partners, and those that only keep records, so far.
SERVICES = ("requests", "slas", "organizations")
WITHOUT_BORDER = ("notifications",)

PLACES = (
    # a save and what follows it (common/store, common/outbox)
    "before_save",
    "after_save",
    "after_publish",
    "after_message_sink",
    "after_mark",
    # an event that is handled (common/entrypoints/settling.py)
    "after_event",
    # a command that is answered (common/entrypoints/commands.py)
    "before_reply",
    # what a partner sent (federation/incoming/inbox.py)
    "before_inbox_store",
    "after_inbox_store",
    "after_inbox_ack",
    "after_apply",
    "after_receipt",
    # what goes to a partner (federation/outgoing/outbox.py)
    "before_deliver",
    "after_deliver",
    "after_delivery_mark",
)

# What a service without a border comes to; it says nothing to others either.
HEARING = ("before_save", "after_save", "after_event", "before_reply")

NAMES = (
    *(f"{service}.{place}" for service in SERVICES for place in PLACES),
    *(f"{service}.{place}" for service in WITHOUT_BORDER for place in HEARING),
)


class CrashPoints:
    """The crash points of one service's process. Without a setting they cost a comparison."""

    def __init__(self, crash_at: str | None = None) -> None:
        point, _, count = (crash_at or "").partition(":")
        if point and point not in NAMES:
            raise ValueError(f"no crash point is called {point!r}")
        self._point = point
        self._left = int(count or 1)

    def here(self, name: str) -> None:
        """Ends this process without farewell when `name` is the point it was told, for the nth time."""
        if name.partition(".")[2] not in _KNOWN:
            raise ValueError(f"no crash point is called {name!r}; list its place in services/common/crash.py")
        if name == self._point:
            self._left -= 1
            if self._left == 0:
                _die()


_KNOWN = frozenset(PLACES)


def _die() -> NoReturn:
    os.kill(os.getpid(), signal.SIGKILL)
    raise SystemExit("unreachable")
