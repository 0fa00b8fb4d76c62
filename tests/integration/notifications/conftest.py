"""An account's organizations and notifications services as processes, and a voice that says what the other
services would say.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from interdesk.local.accounts import AccountSpec
from interdesk.local.broker import Broker
from interdesk.local.database import Database
from interdesk.local.environment import read_env_file
from interdesk.local.hosting import Hosting, hosts_of
from interdesk.local.local_account import LocalAccount
from services.common.clock import SystemClock
from services.common.database import CODEC
from services.common.ids import new_uuid
from services.common.outbox import event_exchange
from services.common.outbox.events import outgoing
from services.common.publishing import Publisher
from services.common.store import event_row

SERVICES = ("organizations", "notifications")
Document = dict[str, Any]


@dataclass
class Desk:
    """See the module. `owner` is its first administrator, `database` that of notifications."""

    account: LocalAccount
    database: Any
    owner: int
    publisher: Publisher

    def start(self, **settings: str) -> None:
        self.account.start("notifications", settings=settings)
        self.account.wait_ready("notifications")

    @property
    def alive(self) -> bool:
        process = self.account.processes.get("notifications")
        return process is not None and process.alive

    def say(self, service: str, type: str, body: Document) -> None:
        clock = SystemClock()
        row = {**event_row(type, body, id=new_uuid(clock)), "at": clock.now()}
        self.publisher.publish(outgoing(service, row))

    def known(self, request_id: int) -> Document | None:
        """The newest situation of a request that was heard."""
        found = self.database["tellings"].find_one({"_id": request_id}) or {}
        situation: Document | None = found.get("situation")
        return situation

    def entries(self, request_id: int) -> list[Document]:
        return list(self.database["inbox_entries"].find({"request_id": request_id}).sort([("_id", 1)]))


@pytest.fixture(scope="module")
def desk(broker: Broker, database: Database, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    directory: Path = tmp_path_factory.mktemp("notifications")
    spec = AccountSpec("widget", "Widget Data Center", "widget.example")
    hosting = Hosting(directory, hosts_of([spec.id], "service"), dies_with_parent=True)
    account = LocalAccount(spec, directory / "accounts" / spec.id, hosting)
    account.prepare(broker, database, {})
    uri = read_env_file(account.directory / "env")["AMQP_URI"]
    exchanges = [event_exchange(service) for service in ("requests", "slas")]
    publisher = Publisher(uri, declare=exchanges, timeout_seconds=5)
    with database.administrator() as mongo:
        try:
            account.start(*SERVICES)
            account.wait_ready(*SERVICES)
            founded: Any = mongo["interdesk_widget_organizations"]["accounts"].find_one({})
            told = mongo.get_database("interdesk_widget_notifications", codec_options=CODEC)
            yield Desk(account, told, founded["owner_id"], publisher)
        finally:
            publisher.close()
            account.kill(*SERVICES)
            for name in mongo.list_database_names():
                if name.startswith("interdesk_widget_"):
                    mongo.drop_database(name)
