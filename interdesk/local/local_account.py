"""One account of a local deployment: its files, its addresses, its processes, its administrator's API.

Files in `accounts/<id>/`, all private: `env` (what its services are configured with), `secret` (encrypts its
keys at rest), `token` (its first administrator's), `mongo-users.json`, `known.json` (ports and broker
password, kept so that they stay the same), `state/` (how far each service's database has come).
"""

from __future__ import annotations

import base64
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import requests
from marshmallow import Schema, fields

from interdesk.api import Api
from interdesk.files import private_directory, read_json, read_text, write_json, write_private
from interdesk.local.accounts import AccountSpec
from interdesk.local.broker import Broker
from interdesk.local.database import Database
from interdesk.local.environment import write_env_file
from interdesk.local.hosting import Host, Hosting
from interdesk.local.ports import free_ports
from interdesk.local.processes import Process
from interdesk.services import SERVICES, STORING
from interdesk.vhosts import ensure_vhosts
from interdesk.waiting import wait_for


class _KnownSchema(Schema):
    ports = fields.Dict(keys=fields.String(), values=fields.Integer(), required=True)
    broker_password = fields.String(required=True)


_USERS = fields.Dict(keys=fields.String(), values=fields.Dict(keys=fields.String(), values=fields.String()))


class LocalAccount:
    """See the module. Its services' addresses are known before they run."""

    def __init__(self, spec: AccountSpec, directory: Path, hosting: Hosting) -> None:
        self.spec = spec
        self.id = spec.id
        self.directory = private_directory(directory)
        self._hosting = hosting
        known = read_json(self.directory / "known.json", fields.Nested(_KnownSchema))
        if known is None:
            ports = dict(zip(SERVICES, free_ports(len(SERVICES)), strict=True))
            known = {"ports": ports, "broker_password": secrets.token_urlsafe(24)}
            write_json(self.directory / "known.json", known)
        if missing := [name for name in SERVICES if name not in known["ports"]]:  # made by an earlier version
            known["ports"] |= dict(zip(missing, free_ports(len(missing)), strict=True))
            write_json(self.directory / "known.json", known)
        if spec.port is not None:
            known["ports"]["gateway"] = spec.port
        self.addresses: dict[str, str] = {
            service: f"127.0.0.1:{port}" for service, port in known["ports"].items()
        }
        self._broker_password: str = known["broker_password"]

    @property
    def url(self) -> str:
        """Of its gateway; the API is below it at `/v1`."""
        return f"http://{self.addresses['gateway']}"

    @property
    def state_dir(self) -> Path:
        """Where each of its services notes how far its database has come."""
        return self.directory / "state"

    @property
    def metrics(self) -> dict[str, str]:
        """By service, where its metrics are."""
        return {service: f"http://{address}/metrics" for service, address in self.addresses.items()}

    @property
    def admin_token(self) -> str:
        """Of its first administrator. Raises FileBroken."""
        return read_text(self.directory / "token", "the administrator's token")

    def api(self, token: str | None = None, *, patience_seconds: float = 0) -> Api:
        """The public API as the person with this token; as the first administrator without one."""
        return Api(self.url, token or self.admin_token, patience_seconds=patience_seconds)

    def prepare(self, broker: Broker | None, database: Database | None, external: Mapping[str, str]) -> None:
        """Makes what its services need on broker and database, and its files. Again does no harm.

        `external` holds AMQP_URI or MONGO_URI where the deployment runs no broker or no database of its own.
        Raises BrokerRefused, PyMongoError.
        """
        self._ensure_file("secret", lambda: base64.urlsafe_b64encode(secrets.token_bytes(32)).decode())
        self._ensure_file("token", lambda: secrets.token_urlsafe(32))
        environ = {
            "INTERDESK_ACCOUNT": self.id,
            "INTERDESK_NAME": self.spec.name,
            "INTERDESK_DOMAIN": self.spec.domain,
            "INTERDESK_SECRET_FILE": str(self.directory / "secret"),
            "INTERDESK_FOUNDING_TOKEN_FILE": str(self.directory / "token"),
            "INTERDESK_STATE_DIR": str(self.state_dir),
            "INTERDESK_PUBLIC_URL": self.url,
            **{
                f"INTERDESK_{service.upper()}_ADDRESS": address for service, address in self.addresses.items()
            },
            **external,
            **(self._on_broker(broker) if broker else {}),
            **(self._on_database(database) if database else {}),
            **self.spec.environ,
        }
        write_env_file(self.directory / "env", environ)

    def hosts(self, *services: str) -> list[Host]:
        """The processes that run these services (all, when none is named), each once."""
        found = {
            host.name: host
            for host in (self._hosting.host_of(self.id, service) for service in services or SERVICES)
        }
        return list(found.values())

    @property
    def processes(self) -> dict[str, Process]:
        """By service, the process that runs it. Several services may share one."""
        running = self._hosting.processes
        by_service = {service: self._hosting.host_of(self.id, service).name for service in SERVICES}
        return {service: running[name] for service, name in by_service.items() if name in running}

    def start(self, *services: str, settings: Mapping[str, str] | None = None) -> None:
        """Starts the processes of these services (all, when none is named), those that do not run.

        `settings` override the environment for this start, e.g. `{"INTERDESK_CRASH_AT":
        "requests.after_save"}`.
        """
        for host in self.hosts(*services):
            self._hosting.start(host, settings)

    def stop(self, *services: str) -> list[Process]:
        """Ends them in order. Gives those that had to be killed."""
        return self._hosting.stop(self.hosts(*services))

    def kill(self, *services: str) -> None:
        """SIGKILL: a crash."""
        self._hosting.kill(self.hosts(*services))

    def problem(self, service: str) -> str | None:
        """Why this service is not ready; None when it is."""
        try:
            answer = requests.get(f"http://{self.addresses[service]}/readyz", timeout=5)
        except requests.RequestException as problem:
            return f"does not answer ({type(problem).__name__})"
        return None if answer.ok else answer.text.strip()[:300]

    def wait_ready(self, *services: str, deadline_seconds: float = 60) -> None:
        """Waits until these services (all, when none is named) are ready. Raises StartFailed."""
        for service in services or SERVICES:
            self._wait_one(service, deadline_seconds)

    def connect(
        self, other: LocalAccount, options: Mapping[str, Any] | None = None, deadline_seconds: float = 60
    ) -> None:
        """A trust between the two, by invitation and acceptance over the public API; waits until it is
        active.

        `options`: what this account allows the other. Raises ApiError, TimeoutError.
        """
        allowed = {"options": dict(options)} if options else {}
        mine, its = (each.api(patience_seconds=deadline_seconds) for each in (self, other))
        with mine as ours, its as theirs:
            made = ours.post("trusts/invite", {"account_id": other.id, **allowed})
            theirs.post("trusts/accept", {"invitation": made["invitation"]})
            _wait_active(ours, other.id, deadline_seconds)
            _wait_active(theirs, self.id, deadline_seconds)

    def _wait_one(self, service: str, deadline_seconds: float) -> None:
        process = self.processes.get(service)
        if process is None:
            raise LookupError(f"{service} of {self.id} was not started")
        last: list[str | None] = [None]

        def ready() -> bool:
            last[0] = self.problem(service)
            return last[0] is None

        process.wait_ready(ready, deadline_seconds, lambda: f" ({service}: {last[0]})")

    def _ensure_file(self, name: str, make: Any) -> None:
        path = self.directory / name
        if not path.exists():
            write_private(path, make() + "\n")

    def _on_broker(self, broker: Broker) -> dict[str, str]:
        vhosts = ensure_vhosts(broker.admin_uri, self.id, self._broker_password)
        return {
            "AMQP_URI": broker.amqp_uri(vhosts.inside, self.id, self._broker_password),
            "INTERDESK_BORDER_URI": broker.amqp_uri(vhosts.border, self.id, self._broker_password),
            "INTERDESK_BORDER_ADDRESS": broker.amqps_address(vhosts.border),
            "INTERDESK_BORDER_CA_FILE": str(broker.ca_file),
            "INTERDESK_BROKER_ADMIN_URI": broker.admin_uri,
        }

    def _on_database(self, database: Database) -> dict[str, str]:
        path = self.directory / "mongo-users.json"
        users = database.ensure_account_users(self.id, STORING, read_json(path, _USERS))
        write_json(path, users)
        return {
            "MONGO_URI": database.uri_without_login,
            "INTERDESK_MONGO_USERS_FILE": str(path),
        }


def _wait_active(api: Api, partner: str, deadline_seconds: float) -> None:
    def active() -> bool:
        return bool(api.get(f"trusts/{partner}")["status"] == "active")

    wait_for(active, f"the trust of {api.url} with {partner} is active", deadline_seconds, 0.5)
