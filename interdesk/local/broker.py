"""A broker that the runner starts in a directory of its own: what RabbitMQ (rabbitmq.py) and the embedded bus
(embedded_broker.py) have in common.

Name, ports, certificate authority and administrator stay the same over restarts, so clients reconnect by
themselves. All listeners are on loopback: AMQP, AMQP over TLS, and RabbitMQ's management HTTP API or the part
of it that Interdesk asks for.
"""

from __future__ import annotations

import secrets
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar, Self
from urllib.parse import quote

from marshmallow import Schema, fields

from interdesk.files import private_directory, read_json, write_json
from interdesk.local.ports import free_ports
from interdesk.local.processes import Process, ProcessSchema, StartFailed, spawn

NODE = "node.json"


class NodeSchema(Schema):
    """What a broker is called, listens on and runs as: the file `node.json`."""

    name = fields.String(required=True)
    ports = fields.Dict(keys=fields.String(), values=fields.Integer(), required=True)
    password = fields.String(required=True)
    processes = fields.Dict(keys=fields.String(), values=fields.Nested(ProcessSchema), required=True)


class Broker(ABC):
    """`title`: what people are told that it is. `port_names`: what it listens on; `amqp`, `amqps` and
    `management` among them. Its own process has the role `node`.
    """

    title: ClassVar[str]
    port_names: ClassVar[tuple[str, ...]] = ("amqp", "amqps", "management")

    def __init__(self, directory: Path, *, dies_with_parent: bool = False) -> None:
        self.directory = private_directory(directory.absolute())
        self._dies_with_parent = dies_with_parent
        known = read_json(self.directory / NODE, fields.Nested(NodeSchema))
        if known is None:
            ports = dict(zip(self.port_names, free_ports(len(self.port_names)), strict=True))
            name = f"interdesk-{secrets.token_hex(4)}"
            known = {"name": name, "ports": ports, "password": secrets.token_hex(24), "processes": {}}
            write_json(self.directory / NODE, known)
        self.name: str = known["name"]
        self.ports: dict[str, int] = known["ports"]
        self.password: str = known["password"]
        self._processes = {
            role: Process.from_document(document) for role, document in known["processes"].items()
        }

    @abstractmethod
    def start(self) -> None:
        """Starts it; returns before it is ready. Nothing happens when it runs already. Raises StartFailed."""

    def wait_ready(self, deadline_seconds: float = 60) -> None:
        """Waits until it speaks AMQP and its management API listens. Raises StartFailed."""
        node = self._processes.get("node")
        if node is None:
            raise StartFailed("the broker was not started")
        node.wait_ready(self._answers, deadline_seconds)

    def stop(self, deadline_seconds: float = 30) -> None:
        """Orderly; then by force."""
        if "node" in self._processes:
            self._processes.pop("node").stop(deadline_seconds)
        self._save()

    def kill(self) -> None:
        """SIGKILL: a crash, for tests."""
        if "node" in self._processes:
            self._processes.pop("node").kill()
            self._save()

    @contextmanager
    def started(self) -> Iterator[Self]:
        """Started and ready as long as it is needed. Nothing of it is kept, so in the end a crash will do: an
        orderly stop takes 6 s. Raises StartFailed.
        """
        try:
            self.start()
            self.wait_ready()
            yield self
        finally:
            self.kill()
            self.stop()

    @property
    def running(self) -> bool:
        return self._is_alive("node")

    @property
    def processes(self) -> list[Process]:
        """Those of this node that were started, alive or not."""
        return list(self._processes.values())

    def amqp_uri(self, vhost: str, user: str, password: str) -> str:
        return (
            f"amqp://{quote(user)}:{quote(password)}@127.0.0.1:{self.ports['amqp']}/{quote(vhost, safe='')}"
        )

    def amqps_address(self, vhost: str) -> str:
        """The address that partners are told: no credentials in it."""
        return f"amqps://localhost:{self.ports['amqps']}/{quote(vhost, safe='')}"

    @property
    def admin_uri(self) -> str:
        """The management HTTP API, with the administrator's credentials."""
        return f"http://admin:{self.password}@127.0.0.1:{self.ports['management']}"

    @property
    def ca_file(self) -> Path:
        return self.directory / "tls" / "ca.pem"

    @property
    def ca_pem(self) -> str:
        """The certificate authority that partners pin. Made when the broker first starts."""
        return self.ca_file.read_text()

    @abstractmethod
    def _answers(self) -> bool:
        """Whether it is ready."""

    def _is_alive(self, role: str) -> bool:
        return role in self._processes and self._processes[role].alive

    def _spawn(self, role: str, command: list[Any], environ: Mapping[str, str]) -> None:
        self._processes[role] = spawn(
            "broker" if role == "node" else f"broker's {role}",
            command,
            log=self.directory / f"{role}.log",
            environ=environ,
            directory=self.directory,
            dies_with_parent=self._dies_with_parent,
        )
        self._save()

    def _save(self) -> None:
        processes = {role: process.to_document() for role, process in self._processes.items()}
        node = {"name": self.name, "ports": self.ports, "password": self.password, "processes": processes}
        write_json(self.directory / NODE, node)
