"""The local database: SecantusDB (speaks MongoDB's protocol, keeps its data on WiredTiger) as a process of
its own.

What it promises, measured with SecantusDB 0.7.0b3
- Everything lies in its directory; it listens on loopback only; its port stays the same over restarts.
- `durable=True` (`--sync-on-commit`): what was acknowledged survives SIGKILL. Without it the last writes may
  be lost, and writes are some four times as fast: for tests that kill no database.
- Users are enforced: each service of an account reads and writes its own database and no other; the account's
  reader (the gateway) only reads, and only that account's. A role that changes counts from a user's next
  connection.
- Opening a directory takes 0.3 s. Stopping in order takes up to 2 s (it waits for its connections' threads).

How users come to be
SecantusDB knows no first user: who connects to a server without `--auth` may do everything. So the very first
start runs without it, on loopback, empty, for the time of one `createUser` (some 10 ms); then it is killed
and started with `--auth`, as at every later start. (Killed, not stopped: that start always syncs, so nothing
is lost, and it saves 2 s.) All other users are made by the administrator while the server runs.

What to keep from it
- findAndModify: it scans the collection.
- Retryable writes: it remembers the last 10,000 and sorts them all at every write, which takes more time than
  the writes. Our writes may all be done again without them; on MongoDB they stay on.
- Streaming heartbeats: each client's keeps a thread of the server waking four times a second.
- Being a replica set: clients then send a session and a cluster time with each command, which both
  sides spend time on. Nothing here needs one.
Its cache is bounded here; the default would be 1 GB.
"""

from __future__ import annotations

import secrets
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pymongo
from marshmallow import Schema, fields
from pymongo.errors import PyMongoError

from interdesk.database_users import Users, ensure_account_users, ensure_user, users_of
from interdesk.files import private_directory, read_json, write_json
from interdesk.local.ports import accepts, free_ports
from interdesk.local.processes import Process, ProcessSchema, StartFailed, spawn

_SERVER = Path(sys.executable).with_name("secantusd-py")
_ADMIN = "admin"
_OPTIONS = "authSource=admin&retryWrites=false&serverMonitoringMode=poll"


class _ServerSchema(Schema):
    port = fields.Integer(required=True)
    password = fields.String(required=True)
    founded = fields.Boolean(required=True)
    process = fields.Nested(ProcessSchema, allow_none=True)


class Database:
    """One server. Port, administrator and process are kept in `server.json` of its directory."""

    def __init__(
        self, directory: Path, durable: bool, *, cache_size: str = "128M", dies_with_parent: bool = False
    ) -> None:
        self.directory = private_directory(directory.absolute())
        self.durable = durable
        self._cache_size = cache_size
        self._dies_with_parent = dies_with_parent
        known = read_json(self.directory / "server.json", fields.Nested(_ServerSchema))
        if known is None:
            known = {"port": free_ports(1)[0], "password": secrets.token_hex(24), "founded": False}
            write_json(self.directory / "server.json", known)
        self.port: int = known["port"]
        self._password: str = known["password"]
        self._founded: bool = known["founded"]
        process = known.get("process")
        self._process = Process.from_document(process) if process else None

    def start(self) -> None:
        """Starts the server; returns before it is ready (but for the very first time, some 0.5 s).

        Nothing happens when it runs already. Raises StartFailed.
        """
        if self.running:
            return
        if not self._founded:
            self._found()
        self._spawn("--auth", *(["--sync-on-commit"] if self.durable else []))

    def wait_ready(self, deadline_seconds: float = 30) -> None:
        """Waits until the administrator can log in. Raises StartFailed."""
        if self._process is None:
            raise StartFailed("the database was not started")
        self._process.wait_ready(lambda: accepts(self.port) and self._pings(), deadline_seconds)

    def stop(self, deadline_seconds: float = 20) -> None:
        """Orderly; after the time by force."""
        if self._process is not None:
            self._process.stop(deadline_seconds)
            self._remember(None)

    def kill(self) -> None:
        """SIGKILL: a crash, for tests."""
        if self._process is not None:
            self._process.kill()
            self._remember(None)

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.alive

    @property
    def process(self) -> Process | None:
        return self._process

    def uri(self, user: str | None = None, password: str | None = None) -> str:
        """For pymongo. Without a user: the administrator, who may do everything."""
        user, password = (_ADMIN, self._password) if user is None else (user, password or "")
        return f"mongodb://{quote(user)}:{quote(password)}@{self.address}/?{_OPTIONS}"

    @property
    def uri_without_login(self) -> str:
        """For who brings users of their own: a deployment's services."""
        return f"mongodb://{self.address}/?{_OPTIONS}"

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    def ensure_account_users(
        self, account: str, services: Iterable[str], known: Users | None = None
    ) -> dict[str, dict[str, str]]:
        """`database_users.ensure_account_users` as the administrator, while the server runs. `known` (an
        earlier answer) keeps its passwords.
        """
        users = users_of(account, services, known)
        with self.administrator() as client:
            ensure_account_users(client, account, users)
        return users

    def administrator(self) -> pymongo.MongoClient[dict[str, Any]]:
        """A client that may do everything; the caller closes it."""
        return pymongo.MongoClient(self.uri(), serverSelectionTimeoutMS=5000)

    def _found(self) -> None:
        """The very first start: makes the administrator. See the module's docstring."""
        self._spawn("--sync-on-commit")
        assert self._process is not None
        self._process.wait_ready(lambda: accepts(self.port), 30)
        with pymongo.MongoClient[dict[str, Any]](self.address, serverSelectionTimeoutMS=10_000) as client:
            ensure_user(client, _ADMIN, self._password, [("root", "admin")])
        self.kill()
        self._founded = True
        self._remember(None)

    def _spawn(self, *options: str) -> None:
        command: list[str | Path] = [_SERVER, "--host", "127.0.0.1", "--port", str(self.port)]
        command += ["--storage-path", self.directory / "data", "--cache-size", self._cache_size]
        command += ["--standalone", "--log-level", "WARNING", *options]
        self._remember(
            spawn(
                "database",
                command,
                log=self.directory / "server.log",
                directory=self.directory,
                dies_with_parent=self._dies_with_parent,
            )
        )

    def _remember(self, process: Process | None) -> None:
        self._process = process
        known = {"port": self.port, "password": self._password, "founded": self._founded}
        document = process.to_document() if process else None
        write_json(self.directory / "server.json", known | {"process": document})

    def _pings(self) -> bool:
        try:
            with pymongo.MongoClient[dict[str, Any]](self.uri(), serverSelectionTimeoutMS=1000) as client:
                client.admin.command("ping")
        except PyMongoError:
            return False
        return True
