"""A server that stands for an account, or a broker; a place on a broker."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from interdesk.local.broker import Broker
from tests.integration.interdesk.places import Place
from tests.integration.interdesk.scripted import Scripted


@pytest.fixture
def server() -> Iterator[Scripted]:
    server = Scripted()
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    yield server
    server.over.set()
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def place(broker: Broker) -> Iterator[Place]:
    made = Place(broker)
    yield made
    made.close()
