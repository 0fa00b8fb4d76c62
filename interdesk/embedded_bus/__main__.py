"""The process of an embedded bus: `python -m interdesk.embedded_bus DIRECTORY`.

Reads `node.json` (ports, administrator's password) and the certificates in `tls/` of the directory, listens
on loopback, and keeps its files there. SIGTERM stops it in order.
"""

from __future__ import annotations

import warnings

warnings.filterwarnings("ignore", message="(?s).*Eventlet is deprecated")

import eventlet

eventlet.monkey_patch()

# ruff: noqa: E402  (everything after this is loaded as green)
import signal
import socket
import ssl
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from eventlet import wsgi
from marshmallow import fields

from interdesk.embedded_bus import keeping
from interdesk.embedded_bus.administration import Administration
from interdesk.embedded_bus.bus import Bus
from interdesk.embedded_bus.sessions import Session
from interdesk.embedded_bus.users import User
from interdesk.files import read_json
from interdesk.local.broker import NODE, NodeSchema

HOST = "127.0.0.1"
TICK_SECONDS = 0.1
ADMINISTRATOR = "admin"


def main(directory: Path) -> None:
    node = read_json(directory / NODE, fields.Nested(NodeSchema))
    if node is None:
        sys.exit(f"{directory} is no directory of a broker; `interdesk up --broker embedded` makes one")
    bus = keeping.restore(directory)
    bus.users[ADMINISTRATOR] = User.with_password(ADMINISTRATOR, node["password"], administrator=True)
    ports = node["ports"]
    tls = _tls(directory / "tls")
    listening = [
        eventlet.spawn(_listen, eventlet.listen((HOST, ports["amqp"])), lambda sock: _serve(bus, sock)),
        eventlet.spawn(_listen, eventlet.listen((HOST, ports["amqps"])), lambda sock: _serve(bus, sock, tls)),
        eventlet.spawn(
            wsgi.server,
            eventlet.listen((HOST, ports["management"])),
            Administration(bus, set(ports.values())),
            log_output=False,
        ),
    ]
    stopping = eventlet.Event()
    signal.signal(signal.SIGTERM, lambda *_: None if stopping.ready() else stopping.send())
    while not stopping.ready():
        bus.pass_time()
        keeping.keep_definitions(bus, directory)
        with eventlet.Timeout(TICK_SECONDS, False):
            stopping.wait()
    for each in listening:
        each.kill()
    for session in list(bus.sessions):
        session.hang_up()  # what it had not acked waits again
    while bus.sessions:
        eventlet.sleep(0.01)
    keeping.keep_definitions(bus, directory)
    keeping.keep_messages(bus, directory)


def _listen(listener: Any, serve: Callable[[Any], None]) -> None:
    while True:
        sock, _ = listener.accept()
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        eventlet.spawn(serve, sock)


def _serve(bus: Bus, sock: Any, tls: ssl.SSLContext | None = None) -> None:
    try:
        Session(bus, tls.wrap_socket(sock, server_side=True) if tls else sock).run()
    except OSError:
        sock.close()  # no TLS, or gone meanwhile


def _tls(directory: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(directory / "server.pem", directory / "server.key")
    return context


if __name__ == "__main__":
    main(Path(sys.argv[1]))
