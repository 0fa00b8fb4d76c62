"""The way to the database: one client per service, majority writes, bounded waits, one error."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC
from functools import cache
from typing import Any

import pymongo
from bson.codec_options import CodecOptions
from prometheus_client import Counter
from pymongo.collection import Collection
from pymongo.database import Database
from pymongo.errors import (
    BulkWriteError,
    ConnectionFailure,
    ExecutionTimeout,
    NetworkTimeout,
    WriteConcernError,
)
from pymongo.monitoring import (
    CommandFailedEvent,
    CommandListener,
    CommandStartedEvent,
    CommandSucceededEvent,
)
from pymongo.write_concern import WriteConcern

from services.common.config import Config
from services.common.database_pool import Pooled
from services.common.errors import NotFound, Unavailable
from services.common.metrics import DATABASE_COMMANDS

Document = dict[str, Any]

# An answer takes milliseconds. These bound what a caller waits when it does not come.
SELECTION_MILLISECONDS = 5_000
CONNECT_MILLISECONDS = 3_000
SOCKET_MILLISECONDS = 20_000
MAJORITY_MILLISECONDS = 10_000

_DUPLICATE = 11000

MAJORITY = WriteConcern(w="majority", wtimeout=MAJORITY_MILLISECONDS)
# For follow-up writes that a crash may lose without harm: they are made again.
REPEATABLE = WriteConcern(w=1)
CODEC: CodecOptions[Document] = CodecOptions(tz_aware=True, tzinfo=UTC)


@cache
def _counter(account: str, service: str, command: str, collection: str) -> Counter:
    return DATABASE_COMMANDS.labels(account, service, command, collection)


class Counting(CommandListener):
    """Counts what one service asks of the database: rounds to it are what most things here cost."""

    def __init__(self, account: str, service: str) -> None:
        self._owner = (account, service)

    def started(self, event: CommandStartedEvent) -> None:
        name = event.command_name
        collection = event.command.get("collection" if name == "getMore" else name)
        label = collection if isinstance(collection, str) else ""
        _counter(*self._owner, name, label).inc()

    def succeeded(self, event: CommandSucceededEvent) -> None:
        """Nothing more is counted."""

    def failed(self, event: CommandFailedEvent) -> None:
        """Nothing more is counted."""


def connect(config: Config, service: str) -> pymongo.MongoClient[Document]:
    """A client as that service's user. Make it after eventlet has patched; it connects when it is used."""
    user = config.mongo_users.get(service)
    login: dict[str, Any] = {"username": user.user, "password": user.password} if user else {}
    most = config.workers * 2 + 10
    return pymongo.MongoClient(
        config.mongo_uri,
        maxPoolSize=most,
        appname=f"{config.account}.{service}",
        event_listeners=[Counting(config.account, service), Pooled(config.account, service, most)],
        serverSelectionTimeoutMS=SELECTION_MILLISECONDS,
        connectTimeoutMS=CONNECT_MILLISECONDS,
        socketTimeoutMS=SOCKET_MILLISECONDS,
        **login,
    )


def open_database(client: pymongo.MongoClient[Document], config: Config, service: str) -> Database[Document]:
    """A service's database, with the promises every service counts on: majority writes, aware times."""
    return client.get_database(config.database_name(service), codec_options=CODEC, write_concern=MAJORITY)


@contextmanager
def answering() -> Iterator[None]:
    """Turns "the database does not answer" into `Unavailable("database_silent")`."""
    try:
        yield
    except (ConnectionFailure, NetworkTimeout, ExecutionTimeout, WriteConcernError) as error:
        raise Unavailable(
            "database_silent", "The database does not answer just now; try again later."
        ) from error


def find_among(
    databases: Mapping[str, Database[Document]], collection: str, filter: Mapping[str, Any]
) -> tuple[str, Document]:
    """The one document of a collection that each service has, and the service that has it.

    Raises NotFound, Unavailable.
    """
    for service, database in databases.items():
        with answering():
            document = database[collection].find_one(filter)
        if document is not None:
            return service, document
    raise NotFound()


def insert_missing(collection: Collection[Document], documents: Sequence[Document]) -> None:
    """Inserts those that are not there yet (by `_id`); the others stay as they are. Not atomic, safe to
    repeat.
    """
    try:
        collection.insert_many(documents, ordered=False)
    except BulkWriteError as error:
        problems = [each for each in error.details["writeErrors"] if each["code"] != _DUPLICATE]
        if problems or error.details.get("writeConcernErrors"):
            raise
