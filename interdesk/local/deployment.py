"""A local deployment: brokers, database and the service processes of some accounts, in one run directory.

Tests, the demo and `interdesk up` use the same: ::

    with LocalDeployment(directory, [AccountSpec("widget", …), AccountSpec("gigatera", …)]) as deployment:
        deployment.accounts["widget"].connect(deployment.accounts["gigatera"])

- `up()` starts what does not run, and returns when every service is ready. Once more does no harm: it starts
  what died.
- `down()` ends everything in order; the data stays, and `up()` goes on with it. `down(discard=True)` ends it
  at once, for data that is thrown away.
- `LocalDeployment.open(directory)` finds what another process started there.
- Accounts with broker "shared" share one broker (a vhost pair each); those with "own" have one each. Brokers
  are RabbitMQ nodes, or the embedded bus (`interdesk.embedded_bus`).
- With `mongo_uri`, or `amqp_uri` (one account only), that server is used instead of one of our own.

In the directory: `state.json` (what it is made of), `processes.json`, `brokers/<name>/`, `database/`,
`accounts/<id>/`, `logs/`. A lock file keeps two commands from changing it at the same time.
"""

from __future__ import annotations

import fcntl
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, get_args

from marshmallow import INCLUDE, Schema, fields, validate

from interdesk.files import private_directory, read_json, write_json
from interdesk.local.accounts import AccountSpec, AccountSpecSchema, AccountsRefused, checked
from interdesk.local.broker import Broker
from interdesk.local.database import Database
from interdesk.local.embedded_broker import EmbeddedBroker
from interdesk.local.hosting import Hosting, Mode, hosts_of
from interdesk.local.local_account import LocalAccount
from interdesk.local.processes import Process
from interdesk.local.rabbitmq import RabbitMQ, is_installed

Report = Callable[[str], None]
BrokerKind = Literal["rabbitmq", "embedded"]
BROKERS: Mapping[BrokerKind, type[Broker]] = {"rabbitmq": RabbitMQ, "embedded": EmbeddedBroker}
_VERSION = 1


def broker_here() -> BrokerKind:
    """What a new deployment runs on: RabbitMQ where it is installed, else the embedded bus."""
    return "rabbitmq" if is_installed() else "embedded"


class NothingHere(Exception):
    """There is no deployment in that directory."""


class OtherVersion(Exception):
    """The deployment in that directory was made by a version of Interdesk that keeps it otherwise."""


class InUse(Exception):
    """Another command is at work in this directory, or a deployment of other accounts is up there."""


class LocalDeployment:
    """See the module. `durable`: what the database acknowledged survives a crash of it."""

    def __init__(
        self,
        directory: Path,
        accounts: Sequence[AccountSpec],
        *,
        processes: Mode = "service",
        broker: BrokerKind = "rabbitmq",
        durable: bool = True,
        dies_with_parent: bool = True,
        amqp_uri: str | None = None,
        mongo_uri: str | None = None,
    ) -> None:
        specs = checked(list(accounts))
        if amqp_uri and len(specs) != 1:
            raise AccountsRefused("AMQP_URI is one account's vhost: it can't be used to run several accounts")
        self.directory = private_directory(directory.absolute())
        self.mode = processes
        self.broker_kind = broker
        self._durable = durable
        self._external = {"AMQP_URI": amqp_uri, "MONGO_URI": mongo_uri}
        self._specs = specs
        hosts = hosts_of([spec.id for spec in specs], processes)
        self.hosting = Hosting(self.directory, hosts, dies_with_parent=dies_with_parent)
        self.accounts = {
            spec.id: LocalAccount(spec, self.directory / "accounts" / spec.id, self.hosting) for spec in specs
        }
        names = [] if amqp_uri else sorted({_broker_name(spec) for spec in specs})
        self.brokers = {
            name: BROKERS[broker](self.directory / "brokers" / name, dies_with_parent=dies_with_parent)
            for name in names
        }
        self.database = (
            None
            if mongo_uri
            else Database(self.directory / "database", durable, dies_with_parent=dies_with_parent)
        )

    @staticmethod
    def open(directory: Path, *, dies_with_parent: bool = False) -> LocalDeployment:
        """The deployment that was made in this directory. Raises NothingHere, OtherVersion, FileBroken."""
        state = _state(directory)
        if state is None:
            raise NothingHere(f"no deployment in {directory}")
        return LocalDeployment(
            directory,
            state["accounts"],
            processes=state["processes"],
            broker=state["broker"],
            durable=state["durable"],
            dies_with_parent=dies_with_parent,
            amqp_uri=state["external"]["AMQP_URI"],
            mongo_uri=state["external"]["MONGO_URI"],
        )

    def __enter__(self) -> LocalDeployment:
        try:
            self.up()
        except BaseException:
            self.down(discard=True)
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.down(discard=True)

    def broker_of(self, account: str) -> Broker:
        """The broker that this account is on. Raises KeyError when it is not one of ours."""
        return self.brokers[_broker_name(self.accounts[account].spec)]

    def up(self, report: Report = lambda line: None, deadline_seconds: float = 120) -> None:
        """Starts what does not run and waits until all is ready. Raises StartFailed, InUse."""
        with self._alone():
            self._take_over()
            report("starting broker and database")
            self._start_servers()
            report("preparing accounts")
            external = {name: uri for name, uri in self._external.items() if uri}
            for account in self.accounts.values():
                broker = self.broker_of(account.id) if self.brokers else None
                account.prepare(broker, self.database, external)
            report("starting services")
            for account in self.accounts.values():
                account.start()
            for account in self.accounts.values():
                account.wait_ready(deadline_seconds=deadline_seconds)
                report(f"{account.id} is ready at {account.url}")

    def down(self, report: Report = lambda line: None, *, discard: bool = False) -> list[Process]:
        """Ends everything; gives the service processes that did not end by themselves. Raises InUse."""
        with self._alone():
            report("stopping services")
            killed: list[Process] = []
            if discard:
                self.hosting.kill(self.hosting.hosts.values())
            else:
                killed = self.hosting.stop(self.hosting.hosts.values())
            report("stopping broker and database")
            self._stop_servers(discard)
            return killed

    @property
    def processes(self) -> dict[str, Process]:
        """Every process of the deployment by name, alive or not."""
        found = dict(self.hosting.processes)
        for name, broker in self.brokers.items():
            for process in broker.processes:
                found[f"{process.name} {name}"] = process
        if self.database is not None and self.database.process is not None:
            found["database"] = self.database.process
        return found

    def _start_servers(self) -> None:
        for broker in self.brokers.values():
            broker.start()
        if self.database is not None:
            self.database.start()
            self.database.wait_ready()
        for broker in self.brokers.values():
            broker.wait_ready()

    def _stop_servers(self, discard: bool) -> None:
        if discard:
            for broker in self.brokers.values():
                broker.kill()
            if self.database is not None:
                self.database.kill()
        # An orderly end takes seconds of waiting each: all at the same time.
        servers: list[Broker | Database] = [*self.brokers.values()]
        if self.database is not None:
            servers.append(self.database)
        with ThreadPoolExecutor(max_workers=max(1, len(servers))) as pool:
            for ending in [pool.submit(server.stop) for server in servers]:
                ending.result()

    def _take_over(self) -> None:
        """Writes what the deployment is made of, unless another one is up here:

        nobody could stop that then.
        """
        state: dict[str, Any] = {
            "version": _VERSION,
            "processes": self.mode,
            "broker": self.broker_kind,
            "durable": self._durable,
            "external": self._external,
            "accounts": [spec.to_document() for spec in self._specs],
        }
        known = _state(self.directory)
        if known not in (None, {**state, "accounts": self._specs}):
            before = LocalDeployment.open(self.directory)
            if any(process.alive for process in before.processes.values()):
                raise InUse(f"another deployment is up in {self.directory}; `interdesk down` stops it")
        write_json(self.directory / "state.json", state)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        with (self.directory / "lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as problem:
                raise InUse(f"another command is starting or stopping {self.directory}") from problem
            yield


class _VersionSchema(Schema):
    class Meta:
        unknown = INCLUDE

    version = fields.Integer(required=True)


class _StateSchema(_VersionSchema):
    """What a deployment is made of."""

    processes = fields.String(required=True, validate=validate.OneOf(get_args(Mode)))
    broker = fields.String(load_default="rabbitmq", validate=validate.OneOf(get_args(BrokerKind)))
    durable = fields.Boolean(required=True)
    external = fields.Dict(keys=fields.String(), values=fields.String(allow_none=True), required=True)
    accounts = fields.List(fields.Nested(AccountSpecSchema), required=True)


def _state(directory: Path) -> dict[str, Any] | None:
    """What the directory's deployment is made of; None where there is none. Raises OtherVersion,
    FileBroken.
    """
    path = directory / "state.json"
    known = read_json(path, fields.Nested(_VersionSchema))
    if known is not None and known["version"] != _VERSION:
        raise OtherVersion(
            f"{directory} was made by another version of Interdesk (it is of form {known['version']}, this "
            f"version knows {_VERSION}); use that version for it, or another --directory"
        )
    state: dict[str, Any] | None = read_json(path, fields.Nested(_StateSchema))
    return state


def _broker_name(spec: AccountSpec) -> str:
    return "shared" if spec.broker == "shared" else spec.id
