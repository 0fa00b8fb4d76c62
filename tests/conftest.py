"""Real parts for tests: one broker and one database for the whole run, a fresh vhost and database for a test.

Tests that kill a broker or a database start one of their own (`RabbitMQ(tmp_path)`, `Database(tmp_path,
durable=True)`).
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from typing import Any

import pymongo
import pymongo.database
import pytest
import requests
import structlog
from eventlet.patcher import is_monkey_patched
from hypothesis import settings
from xdist.remote import Producer
from xdist.scheduler import LoadFileScheduling

from interdesk.local.broker import Broker
from interdesk.local.database import Database
from interdesk.local.embedded_broker import EmbeddedBroker
from interdesk.local.rabbitmq import RabbitMQ
from interdesk.vhosts import ensure_vhosts

# How long an example takes says how busy the machine is.
settings.register_profile("interdesk", deadline=None)
settings.load_profile("interdesk")

# What is logged of an error shows where it was, without the values of every frame: to print those takes
# longer than most tests.
_renderer = structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
structlog.configure(processors=[*structlog.get_config()["processors"][:-1], _renderer])

TOLD = "told"
GREEN = "A test module imports what makes its process green (eventlet.monkey_patch): xdist would wait on."
SHARE_A_DEPLOYMENT = ("tests/faults", "tests/stories")
ON_BOTH_BROKERS = pytest.mark.parametrize(
    "broker", ["rabbitmq", "embedded_bus"], indirect=True, scope="module"
)


@pytest.fixture
def tell(request: pytest.FixtureRequest) -> Callable[[str], None]:
    """What a test tells with it stands at the end of the run, whichever process it ran in."""

    def tell(line: str) -> None:
        request.node.user_properties.append((TOLD, line))

    return tell


def pytest_collection_finish() -> None:
    if is_monkey_patched("thread"):
        raise pytest.UsageError(GREEN)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    told = [
        line
        for reports in terminalreporter.stats.values()
        for report in reports
        for name, line in getattr(report, "user_properties", ())
        if name == TOLD
    ]
    for line in dict.fromkeys(told):
        terminalreporter.write_line(line)


class ByDeployment(LoadFileScheduling):
    """Which process tests what: a file each, but what shares a running deployment is tested by one process,
    since to start one takes longer than most tests take.
    """

    def _split_scope(self, nodeid: str) -> str:
        file: str = super()._split_scope(nodeid)
        directory = file.rpartition("/")[0]
        return directory if directory in SHARE_A_DEPLOYMENT else file


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> ByDeployment:
    return ByDeployment(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files with slow tests come first: when one of them begins last, all but its process are idle."""
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: item.path not in slow)


@pytest.fixture(scope="session")
def embedded_bus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    """An embedded bus for the run, started when the first test asks for it."""
    with EmbeddedBroker(tmp_path_factory.mktemp("bus"), dies_with_parent=True).started() as bus:
        yield bus


@pytest.fixture(scope="session")
def rabbitmq(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    """A RabbitMQ node for the run, started when the first test asks for it."""
    with RabbitMQ(tmp_path_factory.mktemp("broker"), dies_with_parent=True).started() as broker:
        yield broker


@pytest.fixture(scope="session")
def broker(request: pytest.FixtureRequest) -> Broker:
    """The RabbitMQ node; with ON_BOTH_BROKERS the embedded bus too."""
    found: Broker = request.getfixturevalue(getattr(request, "param", "rabbitmq"))
    return found


@pytest.fixture(scope="session")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """A database server for the run: users enforced, not durable."""
    database = Database(tmp_path_factory.mktemp("database"), durable=False, dies_with_parent=True)
    try:
        database.start()
        database.wait_ready()
        yield database
    finally:
        database.kill()


@pytest.fixture
def vhost_uri(broker: Broker) -> Iterator[str]:
    """The AMQP URI of a fresh vhost, with a user who may do everything there. Gone after the test."""
    name, password = f"t-{secrets.token_hex(4)}", secrets.token_hex(8)
    vhosts = ensure_vhosts(broker.admin_uri, name, password)
    yield broker.amqp_uri(vhosts.inside, name, password)
    for path in (f"vhosts/{vhosts.inside}", f"vhosts/{vhosts.border}", f"users/{name}"):
        requests.delete(f"{broker.admin_uri}/api/{path}", timeout=30).raise_for_status()


@pytest.fixture
def mongo(database: Database) -> Iterator[pymongo.database.Database[dict[str, Any]]]:
    """A fresh database, as its administrator. Gone after the test."""
    with database.administrator() as client:
        fresh = client.get_database(f"test_{secrets.token_hex(6)}")
        yield fresh
        client.drop_database(fresh)
