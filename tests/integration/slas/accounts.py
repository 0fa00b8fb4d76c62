"""Two accounts' sla services on a real database, without a bus: the provider gigatera, its customer widget.

What organizations would answer is in `Neighbours`; what the border would carry is carried by `Side.deliver`,
seal by seal, so that a test decides when a word arrives.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pymongo.database

from services.common.actor import Actor
from services.common.clock import SteppedClock
from services.common.context import Context
from services.common.copies import Copies
from services.federation.partners.capabilities import OWN
from services.federation.sealing.envelope import Message, open_sealed
from services.federation.sealing.rings import OwnRing, PartnerRing
from services.federation.verdicts import Verdict
from services.slas import store
from services.slas.actions import hearing, services
from tests.configs import NAMES, SECRET, config_of
from tests.integration.neighbours import Neighbours

KINDS = ("account", "organization", "team", "person", "site", "trust", "keyring")


@dataclass
class Side:
    """One account's sla service."""

    context: Context
    directory: Neighbours
    ring: OwnRing
    partner_rings: dict[str, PartnerRing] = field(default_factory=dict)
    delivered: set[str] = field(default_factory=set)

    @property
    def account(self) -> str:
        return self.context.account

    def actor(self, *roles: str, teams: tuple[int, ...] = (), person: int = 1) -> Actor:
        return Actor(person, self.account, frozenset(roles), frozenset(teams), 1, "Somebody")

    @property
    def manager(self) -> Actor:
        return self.actor("specialist", "service_level_manager")

    def written(self) -> list[dict[str, Any]]:
        """The messages to partners that were saved, each thread's in order."""
        agreements = [*self.slas(), *self.flsas()]
        return [row for each in agreements for row in each["outbox"] if row["kind"] == "message"]

    def open(self, row: dict[str, Any], sender: str) -> Message:
        ring = self.partner_rings[sender]
        return open_sealed(row["sealed"], exchange_sender=sender, own_account=self.account, ring=ring)

    def deliver(self, other: Side) -> list[tuple[str, Verdict]]:
        """Brings what is written and not yet delivered to the other side; (type, verdict) of each."""
        verdicts = []
        for row in self.written():
            if row["id"] not in self.delivered:
                verdict = hearing.receive(other.context, other.open(row, self.account))
                self.delivered.add(row["id"])
                verdicts.append((row["type"], verdict))
        return verdicts

    def slas(self) -> list[dict[str, Any]]:
        return list(self.context.database["slas"].find({}))

    def flsas(self) -> list[dict[str, Any]]:
        return list(self.context.database["flsas"].find({}))

    def document(self, collection: str, id: int) -> dict[str, Any]:
        found = self.context.database[collection].find_one({"_id": id})
        assert found is not None
        return found


def side_of(account: str, database: pymongo.database.Database[dict[str, Any]], clock: SteppedClock) -> Side:
    config = config_of(account)
    store.ensure_indexes(database)
    directory = Neighbours(account)
    copies = Copies(database, directory, dict.fromkeys(KINDS, "organizations"), account)
    context = Context(config, "slas", database, clock=clock, copies=copies, rpc=directory)
    directory.keep("account", account, name=NAMES[account], organization_id=1, service_desk_team_id=1)
    directory.keep("organization", 1, name=NAMES[account])
    directory.keep("team", 1, name=f"{NAMES[account]} Service Desk", member_ids=[1])
    directory.keep("team", 2, name=f"{NAMES[account]} Operations", member_ids=[2])
    directory.keep("person", 1, name="Ann", organization_id=1)
    directory.keep("person", 2, name="Bob", organization_id=1)
    ring = OwnRing.generate(account)
    directory.keep("keyring", account, **ring.to_document(SECRET))
    return Side(context, directory, ring)


def trust(side: Side, partner: str, status: str) -> None:
    side.directory.keep("trust", partner, name=NAMES[partner], status=status, capabilities=OWN)
    side.context.copies.refresh("trust", partner)
    side.context.kept.clear()


@dataclass(frozen=True)
class Hosting:
    """A service of gigatera's, with what an SLA about it needs."""

    service_id: int
    instance_id: int
    offering_id: int
    customer_id: int

    @property
    def for_widget(self) -> dict[str, Any]:
        return {
            "name": "Hosting for Widget",
            "service_instance_id": self.instance_id,
            "service_offering_id": self.offering_id,
            "customer_id": self.customer_id,
            "customer_account_id": "widget",
            "coverage": "service_instances",
            "status": "active",
        }


def own_instance(side: Side, name: str, **fields: Any) -> int:
    service = services.create_service(side.context, side.manager, {"name": name})
    made = services.create_service_instance(
        side.context,
        side.manager,
        {"name": name, "service_id": service["id"], "support_team_id": 2, **fields},
    )
    return int(made["id"])
