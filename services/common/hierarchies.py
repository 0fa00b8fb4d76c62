"""The lock of a hierarchy whose edges stand in many documents.

A save keeps one document right. Two edits at the same time of two documents may each be fine and close a
circle together, so whoever draws an edge holds the one lock of that hierarchy while he looks and saves. The
lock is a lease (leases.py): a holder that stalls for longer than it lasts, and then still saves, is not
stopped. So whoever follows edges ends also on a circle.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from services.common.errors import Unavailable
from services.common.leases import Lease

if TYPE_CHECKING:
    from services.common.context import Context

LOCK_SECONDS: Final = 15.0
WAIT_SECONDS: Final = 10.0


@contextmanager
def locked(context: Context, name: str) -> Iterator[None]:
    """Holds the lock of the hierarchy `name` of this service. Raises Unavailable `hierarchy_busy` when others
    hold it for long.
    """
    lease = Lease(context.database, name, context.new_uuid(), LOCK_SECONDS, context.clock)
    ends_at = time.monotonic() + WAIT_SECONDS
    while not lease.acquire():
        if time.monotonic() > ends_at:
            text = f"Others are changing the {name} just now; try again later."
            raise Unavailable("hierarchy_busy", text)
        time.sleep(0.02)
    try:
        yield
    finally:
        lease.release()
