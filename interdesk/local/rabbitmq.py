"""A private RabbitMQ node, run from the installed `rabbitmq-server` in a directory of its own.

What it promises
- Everything of the node lies in its directory: data, logs, cookie, configuration, certificates. Several nodes
  run at once, beside one that the system may run. Root and ordinary users can run it alike.
- All its listeners (AMQP, AMQP over TLS, management HTTP API, Erlang distribution, epmd) are on loopback.
- Name, ports, certificate authority and administrator stay the same over restarts, so clients reconnect by
  themselves.
- `kill()` is a crash of the broker (SIGKILL); `start()` then goes on with its data. `stop()` is orderly.

What it can't promise: RabbitMQ 3.10 registers a new quorum queue on disk up to 2 s after it was declared.
Killed within that time, the queue comes back without its log: consuming from it hangs for a minute and then
fails with INTERNAL_ERROR, until it is deleted and declared again.

How
- Debian's wrapper in /usr/sbin is passed by: it changes user and reads the system's configuration.
- The start script is told that it runs under a service manager, so that it replaces itself by the Erlang
  machine: the pid that we start is the broker's own, and SIGTERM stops it in order.
- Each node has its own epmd (Erlang's port mapper): a shared one would outlive it, and belong to nobody.
- The administrator is created at the first boot from the configuration; everything else goes through the
  management API, because `rabbitmqctl` costs most of a second a call.
"""

from __future__ import annotations

import datetime
import os
import secrets
import shutil
import socket
from pathlib import Path

import requests

from interdesk.files import write_private
from interdesk.local.broker import Broker
from interdesk.local.certificates import ensure_certificates
from interdesk.local.ports import accepts
from interdesk.local.processes import StartFailed

SERVER = Path("/usr/lib/rabbitmq/bin/rabbitmq-server")
_PROTOCOL_HEADER = b"AMQP\x00\x00\x09\x01"


def is_installed() -> bool:
    """Can a private broker be run on this machine?"""
    return SERVER.exists() and shutil.which("epmd") is not None


class RabbitMQ(Broker):
    """One node."""

    title = "RabbitMQ, a private node in the run directory"
    port_names = ("amqp", "amqps", "management", "distribution", "epmd")

    def start(self) -> None:
        if not is_installed():
            raise StartFailed(f"RabbitMQ is not installed (looked for {SERVER}); or use --broker embedded")
        if self.running:
            return
        self._write_configuration()
        environ = self._environment()
        if not self._is_alive("epmd"):
            command = ["epmd", "-port", str(self.ports["epmd"]), "-address", "127.0.0.1"]
            self._spawn("epmd", command, environ)
        # The node would start an epmd of its own if ours does not listen yet.
        self._processes["epmd"].wait_ready(lambda: accepts(self.ports["epmd"]), 10)
        self._spawn("node", [SERVER], environ)

    def stop(self, deadline_seconds: float = 30) -> None:
        """Some 6 s when in order (5 s are the management plugin's). Ends epmd too."""
        super().stop(deadline_seconds)
        if "epmd" in self._processes:
            self._processes.pop("epmd").kill()  # it keeps nothing, and does not heed SIGTERM
            self._save()

    def _answers(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self.ports["amqp"]), 2) as connection:
                connection.settimeout(2)
                connection.sendall(_PROTOCOL_HEADER)
                if connection.recv(1) != b"\x01":
                    return False
            # That may have been a stranger on our port: ask the node itself (only ours knows the password).
            port = self.ports["amqp"]
            return requests.get(f"{self.admin_uri}/api/health/checks/port-listener/{port}", timeout=5).ok
        except (OSError, requests.RequestException):
            return False

    def _environment(self) -> dict[str, str]:
        here = self.directory
        ours = {
            "HOME": here,
            "RUNNING_UNDER_SYSTEMD": "true",  # see the docstring: the script replaces itself
            "RABBITMQ_NODENAME": f"{self.name}@localhost",
            "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1",
            "RABBITMQ_NODE_PORT": self.ports["amqp"],
            "RABBITMQ_DIST_PORT": self.ports["distribution"],
            "RABBITMQ_MNESIA_BASE": here / "data",
            "RABBITMQ_LOG_BASE": here / "log",
            "RABBITMQ_CONFIG_FILE": here / "rabbitmq.conf",
            "RABBITMQ_CONF_ENV_FILE": here / "empty",
            "RABBITMQ_ADVANCED_CONFIG_FILE": here / "absent",
            "RABBITMQ_ENABLED_PLUGINS_FILE": here / "enabled_plugins",
            "RABBITMQ_PID_FILE": here / "pid",
            "RABBITMQ_GENERATED_CONFIG_DIR": here / "generated",
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": (
                "+S 1:1 +sbwt none -kernel inet_dist_use_interface {127,0,0,1}"
            ),
            "ERL_EPMD_PORT": self.ports["epmd"],
            "ERL_EPMD_ADDRESS": "127.0.0.1",
        }
        kept = {name: os.environ[name] for name in ("PATH", "LANG", "LC_ALL", "TMPDIR") if name in os.environ}
        return kept | {name: str(value) for name, value in ours.items()}

    def _write_configuration(self) -> None:
        here = self.directory
        ensure_certificates(here / "tls", self.name, datetime.datetime.now(datetime.UTC))
        cookie = here / ".erlang.cookie"
        if not cookie.exists():
            write_private(cookie, secrets.token_hex(20), mode=0o400)
        (here / "empty").touch()
        (here / "enabled_plugins").write_text("[rabbitmq_management].\n")
        write_private(here / "rabbitmq.conf", self._configuration())

    def _configuration(self) -> str:
        tls = self.directory / "tls"
        return f"""\
listeners.tcp.local = 127.0.0.1:{self.ports["amqp"]}
listeners.ssl.local = 127.0.0.1:{self.ports["amqps"]}
ssl_options.cacertfile = {tls / "ca.pem"}
ssl_options.certfile = {tls / "server.pem"}
ssl_options.keyfile = {tls / "server.key"}
ssl_options.verify = verify_none
ssl_options.versions.1 = tlsv1.3
ssl_options.versions.2 = tlsv1.2
management.tcp.ip = 127.0.0.1
management.tcp.port = {self.ports["management"]}
default_user = admin
default_pass = {self.password}
default_user_tags.administrator = true
disk_free_limit.absolute = 100MB
raft.wal_max_size_bytes = 33554432
log.file.level = info
"""
