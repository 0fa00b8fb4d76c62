"""One running account: its organizations and slas services as processes, asked over its bus."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from interdesk.local.accounts import AccountSpec
from interdesk.local.broker import Broker
from interdesk.local.database import Database
from interdesk.local.hosting import Hosting, hosts_of
from interdesk.local.local_account import LocalAccount
from services.common.actor import Actor
from tests.integration.common.conftest import BusCaller
from tests.waiting import wait_until

SERVICES = ("organizations", "slas")
SETTINGS = {
    "INTERDESK_SWEEP_SECONDS": "0.5",
    "INTERDESK_RETRY_MIN_SECONDS": "0.5",
    "INTERDESK_RETRY_MAX_SECONDS": "2",
    "INTERDESK_LEASE_SECONDS": "2",
    "INTERDESK_RPC_TIMEOUT_SECONDS": "20",
}
NAMES = {"gigatera": "GigaTera", "widget": "Widget Data Center"}
Record = dict[str, Any]


class Running:
    """See the module. `database` is that of slas."""

    def __init__(self, account: LocalAccount, mongo: Any) -> None:
        self.account = account
        self.id = account.id
        self.database = mongo[f"interdesk_{account.id}_slas"]
        self._directory = mongo[f"interdesk_{account.id}_organizations"]
        self._caller: BusCaller | None = None

    def start(self, *services: str, **settings: str) -> None:
        self.account.start(*(services or SERVICES), settings=settings)
        self.account.wait_ready(*(services or SERVICES))

    def close(self) -> None:
        if self._caller is not None:
            self._caller.close()
        self.account.kill(*SERVICES)

    @property
    def alive(self) -> bool:
        return self.account.processes["slas"].alive

    def ask(self, service: str, command: str, *arguments: Any, **options: Any) -> Any:
        """As the account's first administrator; with `actor` as somebody else."""
        if self._caller is None:
            environ = (self.account.directory / "env").read_text()
            uri = next(line for line in environ.splitlines() if line.startswith("AMQP_URI")).partition("=")[2]
            self._caller = BusCaller(uri.strip("\"'"), self.id)
        owner = self._directory["accounts"].find_one({})["owner_id"]
        roles = frozenset({"account_administrator", "service_level_manager", "specialist"})
        who = Actor(owner, self.id, roles, name="Administrator")
        return self._caller.call(service, command, *arguments, **{"actor": who, **options})

    def slas(self, command: str, *arguments: Any, **options: Any) -> Any:
        return self.ask("slas", command, *arguments, **options)

    @property
    def team_id(self) -> int:
        return int(self._directory["accounts"].find_one({})["service_desk_team_id"])

    def trusts(self, partner: str) -> bool:
        """Whether the slas service knows that the trust is active."""
        return self.database["copy_trust"].count_documents({"_id": partner, "status": "active"}) == 1

    def copies(self, thread_or_name: str) -> list[Record]:
        """The SLAs of a partner that have this name, or this thread."""
        found = self.database["slas"].find({"account": {"$ne": None}})
        return [sla for sla in found if thread_or_name in (sla["name"], sla["thread"]["id"])]

    def copy(self, thread_or_name: str) -> Record | None:
        return next(iter(self.copies(thread_or_name)), None)

    def delivered(self) -> bool:
        """Whether everything it said about agreements has its final receipt."""
        return all(row["state"] == "accepted" for row in self.database["outbox"].find())

    def instance(self, name: str) -> tuple[int, int]:
        """A new service with an instance and an offering: (instance, offering)."""
        service = self.slas("create_service", {"name": name})
        fields = {"name": name, "service_id": service["id"], "support_team_id": self.team_id}
        instance = self.slas("create_service_instance", fields)
        offering = self.slas("create_service_offering", {"name": name, "service_id": service["id"]})
        return instance["id"], offering["id"]

    def sla_for(self, customer: str, name: str, **fields: Any) -> Record:
        """The fields of an SLA for that account, and all that it needs."""
        organization = self.ask("organizations", "create_organization", {"name": NAMES[customer]})
        instance_id, offering_id = self.instance(name)
        return {
            "name": name,
            "service_instance_id": instance_id,
            "service_offering_id": offering_id,
            "customer_id": organization["id"],
            "customer_account_id": customer,
            "coverage": "service_instances",
            "status": "active",
            **fields,
        }


@contextmanager
def running_pair(broker: Broker, database: Database, directory: Path) -> Iterator[tuple[Running, Running]]:
    """(gigatera, widget), trusting each other."""
    specs = [AccountSpec(id, name, f"{id}.example", environ=SETTINGS) for id, name in NAMES.items()]
    hosting = Hosting(directory, hosts_of([spec.id for spec in specs], "service"), dies_with_parent=True)
    with database.administrator() as mongo:
        pair = []
        try:
            for spec in specs:
                account = LocalAccount(spec, directory / "accounts" / spec.id, hosting)
                account.prepare(broker, database, {})
                account.start(*SERVICES)
                pair.append(Running(account, mongo))
            for one in pair:
                one.account.wait_ready(*SERVICES)
            gigatera, widget = pair
            _trust(gigatera, widget)
            yield gigatera, widget
        finally:
            for one in pair:
                one.close()
            for name in mongo.list_database_names():
                if name.startswith(("interdesk_widget_", "interdesk_gigatera_")):
                    mongo.drop_database(name)


def _trust(one: Running, other: Running) -> None:
    made = one.ask("organizations", "invite", {"account_id": other.id})
    other.ask("organizations", "accept_invitation", {"invitation": made["invitation"]})
    wait_until(lambda: one.trusts(other.id) and other.trusts(one.id))
