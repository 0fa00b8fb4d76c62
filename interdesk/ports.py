"""Free TCP ports on loopback that stay ours while a process restarts.

They are taken below the range that the system hands to outgoing connections: else a connection of somebody's
could sit on a broker's port when the broker comes back.
"""

from __future__ import annotations

import random
import socket

_FIRST, _LAST = 20_000, 31_999
_given: set[int] = set()


def free_ports(count: int) -> list[int]:
    """Distinct ports that nobody listens on now and that this process has not given away before."""
    ports: list[int] = []
    for _ in range(100 * count):
        if len(ports) == count:
            return ports
        port = random.randint(_FIRST, _LAST)  # noqa: S311
        if port not in _given and _is_free(port):
            _given.add(port)
            ports.append(port)
    raise OSError(f"no {count} free ports between {_FIRST} and {_LAST}")


def accepts(port: int, timeout_seconds: float = 1.0) -> bool:
    """Does somebody accept connections on this port?"""
    try:
        socket.create_connection(("127.0.0.1", port), timeout_seconds).close()
    except OSError:
        return False
    return True


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
