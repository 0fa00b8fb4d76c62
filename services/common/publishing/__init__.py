"""Publishing to a broker: confirmed, bounded in time, by one connection that everybody in a service shares.

What it promises
    `publish` returns when the broker has confirmed every message, or raises `Unavailable` after at most
    `timeout_seconds`; then it is not known whether they arrived. It never blocks for ever, also not on a
    broker that holds its connections open and says nothing (kombu's own publish would). A message marked
    `mandatory` that no queue takes raises `Unroutable`.

How
    One thread owns the connection. Callers queue their messages and wait; the thread takes whatever has come
    together, writes it all, and waits once for the broker's confirms: many callers cost little more than one.
    Before it writes it looks whether the broker has closed the connection, and makes a new one if so. When a
    confirm does not come in time, the connection is thrown away and every caller in that batch is told.

Threads, queues and events are those of the standard library: green under eventlet, real without it.
"""

from services.common.publishing.messages import Job, Outgoing, Unroutable
from services.common.publishing.publisher import Publisher
from services.common.publishing.wire import Wire

__all__ = ["Job", "Outgoing", "Publisher", "Unroutable", "Wire"]
