"""One account on real parts: its services as processes, a caller, its databases."""

from __future__ import annotations

import json
import os
import secrets
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest
from kombu import Connection, Consumer, Exchange, Queue
from pymongo import MongoClient

from interdesk.local.database import Database
from interdesk.local.ports import free_ports
from interdesk.local.processes import Process, spawn
from services.common import bus_json, rpc
from services.common.actor import Actor
from services.common.database import CODEC
from services.common.publishing import Publisher
from services.common.rpc import RpcClient
from tests.integration.common.records import Account

SERVED = Path(__file__).with_name("served.py")


class BusCaller:
    """A caller outside nameko: the services' own RPC client, and a thread that takes the answers."""

    def __init__(self, uri: str, account: str) -> None:
        self.person = Actor(7, account, frozenset({"specialist"}), name="Howard Tanner")
        self.administrator = Actor(1, account, frozenset({"account_administrator"}), name="Ann Admin")
        self.publisher = Publisher(uri, timeout_seconds=5)
        self.client = RpcClient(self.publisher, account, "tests", timeout_seconds=15)
        self._uri = uri
        self._over = threading.Event()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()
        assert self._ready.wait(10)

    def call(self, service: str, method: str, *args: Any, actor: Any = None, **options: Any) -> Any:
        return self.client.call(service, method, actor or self.person, *args, **options)

    def close(self) -> None:
        self._over.set()
        self._thread.join(5)
        self.publisher.close()

    def _listen(self) -> None:
        with Connection(self._uri) as connection:
            reply_to = self.client.reply_to
            exchange = Exchange(rpc.EXCHANGE, type="topic", durable=True)
            queue = Queue(f"reply-{reply_to}", exchange, reply_to, exclusive=True, auto_delete=True)
            with Consumer(connection, [queue], callbacks=[self._take], accept=[bus_json.NAME], no_ack=True):
                self._ready.set()
                while not self._over.is_set():
                    try:
                        connection.drain_events(timeout=0.1)
                    except TimeoutError:
                        continue

    def _take(self, body: Any, message: Any) -> None:
        self.client.deliver(message.properties.get("correlation_id"), body)


@dataclass
class Deployment:
    """An account with its own vhost and databases; services are started by name."""

    amqp_uri: str
    mongo_uri: str
    directory: Path
    account: str
    ports: dict[str, int] = field(default_factory=dict)
    processes: list[Process] = field(default_factory=list)

    def start(self, *services: str, ready: bool = True, **settings: str) -> Process:
        """A process with those services. `settings`: INTERDESK_ variables without the prefix; `also`: what
        is different in a second account that the process hosts too (JSON).
        """
        for service in services:
            self.ports.setdefault(service, free_ports(1)[0])
        environ = {
            **{name: value for name, value in os.environ.items() if name == "PYTHONPATH"},
            "AMQP_URI": self.amqp_uri,
            "MONGO_URI": self.mongo_uri,
            "INTERDESK_ACCOUNT": self.account,
            "INTERDESK_DOMAIN": "widget.example",
            "INTERDESK_SWEEP_SECONDS": "0.5",
            "INTERDESK_LOG_FORMAT": "text",
            **{
                f"INTERDESK_{service.upper()}_ADDRESS": f"127.0.0.1:{self.ports[service]}"
                for service in services
            },
            **{f"INTERDESK_{name.upper()}": value for name, value in settings.items() if name != "also"},
            "ALSO": settings.get("also", ""),
        }
        name = "-".join(services)
        process = spawn(
            name, [sys.executable, SERVED, *services], log=self.directory / f"{name}.log", environ=environ
        )
        self.processes.append(process)
        if ready:
            process.wait_ready(lambda: all(self.ready(service) for service in services), 30)
        return process

    def get(self, service: str, page: str) -> tuple[int, str]:
        """Status and text of a page of its HTTP; (0, "") when nobody listens."""
        try:
            with urlopen(f"http://127.0.0.1:{self.ports[service]}/{page}", timeout=5) as answer:
                return answer.status, answer.read().decode()
        except OSError as error:
            code = getattr(error, "code", 0)
            return code, error.read().decode() if code else ""  # type: ignore[attr-defined]

    def ready(self, service: str) -> bool:
        return self.get(service, "readyz")[0] == 200

    def problems(self, service: str) -> list[str]:
        return json.loads(self.get(service, "readyz")[1])["problems"]

    def database(self, service: str) -> Any:
        client: MongoClient[Any] = MongoClient(self.mongo_uri, serverSelectionTimeoutMS=5000)
        return client.get_database(f"interdesk_{self.account}_{service}", codec_options=CODEC)

    def stop(self) -> None:
        for process in self.processes:
            process.kill()
        client: MongoClient[Any] = MongoClient(self.mongo_uri)
        for name in client.list_database_names():
            if name.startswith(f"interdesk_{self.account}_"):
                client.drop_database(name)


@pytest.fixture
def deployment(vhost_uri: str, database: Database, tmp_path: Path) -> Iterator[Deployment]:
    account = f"w{secrets.token_hex(4)}"
    made = Deployment(vhost_uri, database.uri(), tmp_path, account)
    yield made
    made.stop()


@pytest.fixture
def caller(deployment: Deployment) -> Iterator[BusCaller]:
    caller = BusCaller(deployment.amqp_uri, deployment.account)
    yield caller
    caller.close()


@pytest.fixture
def account(mongo: Any) -> Account:
    return Account(mongo)
