"""What a running service is made of besides its own code, once per nameko container.

`ServiceParts` is a shared extension: every other extension that declares it gets the same one. It makes, when
they are first asked for, the database client, the publisher, the relay, the RPC client and the `Context` of
actions. It holds what readiness asks: whether the service drains, and a list of checks that others may add
to.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any, Generic, TypeVar, overload

import pymongo
import structlog
from nameko.extensions import SharedExtension
from pymongo.errors import PyMongoError

from services.common import logs
from services.common.clock import Clock, clock_of
from services.common.config import Config
from services.common.context import Context
from services.common.copies import Copies
from services.common.crash import CrashPoints
from services.common.database import Document, connect, open_database
from services.common.errors import Unavailable
from services.common.ids import IntegerIds
from services.common.metrics import BROKER_CONNECTIONS
from services.common.outbox import Relay, event_exchange
from services.common.publishing import Publisher
from services.common.rpc import RpcClient
from services.common.store import Collection

log = structlog.get_logger(__name__)

CONFIG_KEY = "interdesk"  # where a container's config holds our Config
WAITS_UNTIL = "waits_until"  # where a worker's data holds how long its caller waits
START_RETRY_SECONDS = 1.0
STOP_SECONDS = 10.0

T = TypeVar("T")


class MadeOnce(Generic[T]):
    """An attribute that is made when it is first asked for. As `functools.cached_property`, but for green
    threads too: while one makes it the others wait, though all are one thread of the system. (The lock of
    the library's lets them in, and a service would get two relays.)
    """

    def __init__(self, make: Callable[[Any], T]) -> None:
        self._make = make
        self._name = make.__name__
        self.__doc__ = make.__doc__

    @overload
    def __get__(self, parts: None, owner: type) -> MadeOnce[T]: ...
    @overload
    def __get__(self, parts: ServiceParts, owner: type) -> T: ...
    def __get__(self, parts: ServiceParts | None, owner: type) -> T | MadeOnce[T]:
        if parts is None:
            return self
        with parts.making:
            made: dict[str, Any] = parts.__dict__
            if self._name not in made:
                made[self._name] = self._make(parts)
            value: T = made[self._name]
            return value


class ServiceParts(SharedExtension):
    """The parts of one service. Others add to `checks` (each gives a problem's text, or nothing) and to
    `measures` (each sets what `/metrics` is to show) in their setup.
    """

    def __init__(self) -> None:
        super().__init__()
        self.making = threading.RLock()
        self.draining = threading.Event()
        self.checks: list[Callable[[], str | None]] = []
        self.measures: list[Callable[[], None]] = []
        # Both are told when extensions are bound, which is before anything is set up.
        self.collections: list[Collection] = []
        self.copy_owners: dict[str, str] = {}
        self._relay_thread: threading.Thread | None = None

    @MadeOnce
    def config(self) -> Config:
        config = self.container.config[CONFIG_KEY]
        assert isinstance(config, Config)
        return config

    @MadeOnce
    def clock(self) -> Clock:
        if self.config.clock_file is not None:
            log.warning("the clock is moved by a file: this is a replay", file=str(self.config.clock_file))
        return clock_of(self.config.clock_file)

    @MadeOnce
    def service(self) -> str:
        return str(self.container.service_name)

    def _started(self) -> None:
        # nameko looks at every attribute of an extension while it binds. Nothing may be made by that, least
        # of all before every extension has said what it has.
        if not self.container.started:
            raise AttributeError("the parts of a service are made when its container starts")

    @MadeOnce
    def client(self) -> pymongo.MongoClient[Document]:
        self._started()
        return connect(self.config, self.service)

    @MadeOnce
    def publisher(self) -> Publisher:
        self._started()
        return Publisher(
            self.config.amqp_uri,
            declare=[event_exchange(self.service)],
            timeout_seconds=self.config.rpc_timeout_seconds,
            name=f"{self.config.account}.{self.service}",
        )

    @MadeOnce
    def rpc(self) -> RpcClient:
        self._started()
        return RpcClient(self.publisher, self.config.account, self.service, self.config.rpc_timeout_seconds)

    @MadeOnce
    def relay(self) -> Relay:
        self._started()
        return Relay(
            open_database(self.client, self.config, self.service),
            self.config.account,
            self.service,
            self.publisher,
            self.clock,
            collections=self._swept(),
            crash=self.crash,
            sweep_seconds=self.config.sweep_seconds,
        )

    @MadeOnce
    def crash(self) -> CrashPoints:
        return CrashPoints(self.config.crash_at)

    @MadeOnce
    def context(self) -> Context:
        """What actions get."""
        self._started()
        database = open_database(self.client, self.config, self.service)
        return Context(
            config=self.config,
            service=self.service,
            database=database,
            clock=self.clock,
            ids=IntegerIds(database),
            copies=Copies(database, self.rpc, self.copy_owners, self.config.account),
            rpc=self.rpc,
            crash=self.crash,
            wake=self.relay.wake,
            sweeps=frozenset(self._swept()),
        )

    def ensure_indexes(self) -> None:
        """Makes the indexes of the collections; waits for the database as long as it takes."""
        database = open_database(self.client, self.config, self.service)
        for collection in self.collections:
            while not self.draining.is_set():
                try:
                    collection.ensure(database)
                    break
                except Unavailable as error:
                    log.warning("waiting for the database", collection=collection.name, error=str(error))
                    self.draining.wait(START_RETRY_SECONDS)

    def problems(self) -> list[str]:
        """What keeps this service from being ready; nothing when all is well."""
        if self.draining.is_set():
            return ["draining: this service is shutting down"]
        found = [self._database_problem(), *(check() for check in self.checks)]
        return [problem for problem in found if problem]

    def measure(self) -> None:
        """What is looked at when somebody asks for it: it costs nothing meanwhile."""
        publishing = "publisher" in vars(self) and self.publisher.connected
        self.count_connections("publisher", int(publishing))
        for measure in self.measures:
            measure()

    def count_connections(self, use: str, count: int) -> None:
        BROKER_CONNECTIONS.labels(self.config.account, self.service, use).set(count)

    def start(self) -> None:
        logs.bind(self.config.account, self.service)
        if self._swept():
            self._relay_thread = threading.Thread(target=self._run_relay, name="relay", daemon=True)
            self._relay_thread.start()

    def stop(self) -> None:
        """Sends what is still to be sent, then closes the connections. All workers have ended by now."""
        self.draining.set()
        if self._relay_thread is not None:
            self.relay.stop()
            self._relay_thread.join(STOP_SECONDS)
        if "publisher" in vars(self):
            self.publisher.close(STOP_SECONDS)
        if "client" in vars(self):
            self.client.close()

    def _swept(self) -> list[str]:
        return [collection.name for collection in self.collections if collection.records]

    def _run_relay(self) -> None:
        logs.bind(self.config.account, self.service)
        self.relay.run()

    def _database_problem(self) -> str | None:
        try:
            self._ping()
        except PyMongoError as error:
            return f"database: it does not answer ({type(error).__name__})"
        return None

    def _ping(self) -> Any:
        with pymongo.timeout(2):
            return self.client[self.config.database_name(self.service)].command("ping")
