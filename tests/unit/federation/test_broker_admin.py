"""The management API of a broker, as far as its connections go."""

from __future__ import annotations

from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

from services.federation.partners.topology import BrokerAdmin


class ClosesEarly(BaseHTTPRequestHandler):
    """Answers the first request of a connection, and closes it when the second has come."""

    protocol_version = "HTTP/1.1"
    answered = False

    def do_PUT(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        if self.answered:
            self.close_connection = True
            return
        self.answered = True
        self.send_response(204)
        self.end_headers()

    def log_message(self, format: str, *arguments: object) -> None:
        """Nobody reads it."""


def test_what_met_a_connection_that_was_closed_is_asked_again() -> None:
    with ThreadingHTTPServer(("127.0.0.1", 0), ClosesEarly) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        with BrokerAdmin(f"http://127.0.0.1:{server.server_port}") as admin:
            for _ in range(3):
                admin.set_password("home", "guest", "pass-1")
        server.shutdown()
