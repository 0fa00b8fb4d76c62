"""Ports of a deployment: nobody else's, and still there for the server when it starts, and starts again."""

import socket
import subprocess
import sys

from interdesk.local.ports import accepts, free_ports

TRY_TO_TAKE = """
import sys
from interdesk.local import ports
ports._FIRST = ports._LAST = int(sys.argv[1])
try:
    print(ports.free_ports(1))
except OSError:
    print("taken")
"""


def test_a_port_that_was_given_is_given_to_no_other_process() -> None:
    (port,) = free_ports(1)
    other = subprocess.run(
        [sys.executable, "-c", TRY_TO_TAKE, str(port)], capture_output=True, text=True, timeout=60
    )
    assert other.stdout.strip() == "taken", other.stderr


def test_a_server_may_listen_on_a_port_that_is_held_for_it_and_do_so_again() -> None:
    (port,) = free_ports(1)
    for _ in range(2):
        with socket.create_server(("127.0.0.1", port)):
            assert accepts(port)


def test_ports_are_distinct() -> None:
    assert len(set(free_ports(30))) == 30
