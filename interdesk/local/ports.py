"""Free TCP ports on loopback that stay ours while a process restarts.

They are taken below the range that the system hands to outgoing connections: else a connection of somebody's
could sit on a broker's port when the broker comes back.

Between choosing a port and the server's listening on it there are seconds, in which another deployment
chooses too. So each port that was given away is held: a socket is bound to it that allows others to bind as
well. A server does (they all set SO_REUSEADDR, or they could not restart), whoever looks for a free port
does not.
"""

from __future__ import annotations

import random
import socket

_FIRST, _LAST = 20_000, 31_999
_held: dict[int, socket.socket] = {}


def free_ports(count: int) -> list[int]:
    """Distinct ports that nobody has, held until this process ends. Raises OSError when there are none."""
    ports: list[int] = []
    for _ in range(100 * count):
        if len(ports) == count:
            return ports
        port = random.randint(_FIRST, _LAST)  # noqa: S311
        if port not in _held and _hold(port):
            ports.append(port)
    raise OSError(f"no {count} free ports between {_FIRST} and {_LAST}")


def accepts(port: int, timeout_seconds: float = 1.0) -> bool:
    """Does somebody accept connections on this port?"""
    try:
        socket.create_connection(("127.0.0.1", port), timeout_seconds).close()
    except OSError:
        return False
    return True


def _hold(port: int) -> bool:
    """Holds the port for this process; False when it is somebody's."""
    with socket.socket() as probe:  # without SO_REUSEADDR: refused where anybody is bound
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    holder = socket.socket()
    holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        holder.bind(("127.0.0.1", port))
    except OSError:
        holder.close()
        return False
    _held[port] = holder
    return True
