"""Accounts' requests services on a real database, without a bus: widget, its provider gigatera, and
globalnet below.

What organizations and slas would answer is in `Surroundings`; what the border would carry is carried by
`Desk.deliver`, seal by seal, so that a test decides when a word arrives.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pymongo.database

from services.common.actor import Actor
from services.common.clock import SteppedClock
from services.common.context import Context
from services.common.copies import Copies
from services.common.errors import Invalid, NotFound
from services.common.listing import ListQuery
from services.federation.sealing.envelope import Message, open_sealed
from services.federation.sealing.rings import OwnRing, PartnerRing
from services.federation.verdicts import Verdict
from services.requests import partner, queries, store
from services.requests.actions import desk
from services.requests.service import HELD
from tests.configs import NAMES, SECRET, config_of
from tests.integration.neighbours import Neighbours

SERVICE_DESK, OPERATIONS = 1, 2
OWN_INSTANCE = 10


@dataclass
class Surroundings(Neighbours):
    """The account's other services, as far as requests asks them."""

    services = ("organizations", "slas")

    leads: dict[int, dict[str, Any]] = field(default_factory=dict)  # partner's service instance → agreement
    agreements: dict[tuple[str, str], dict[str, Any]] = field(
        default_factory=dict
    )  # (partner, thread) → agreement
    first_lines: dict[int, dict[str, Any]] = field(default_factory=dict)  # partner's FLSA → where it leads

    def _first_line(self, flsa: int) -> dict[str, Any]:
        if flsa not in self.first_lines:
            raise Invalid("no_agreement", "nothing can be handed over under it now")
        return self.first_lines[flsa]

    def _agreement_for(self, target: int, own: int | None, requester: int | None) -> dict[str, Any]:
        if target not in self.leads:
            text = "no active SLA allows it"
            raise Invalid("no_agreement", text, [("service_instance_id", text)])
        return self.leads[target]

    def _agreement(self, partner: str, thread: str) -> dict[str, Any]:
        if (partner, thread) not in self.agreements:
            raise NotFound("unknown_agreement")
        return self.agreements[partner, thread]


@dataclass
class Desk:
    """One account's requests service, and its people."""

    context: Context
    around: Surroundings
    ring: OwnRing
    partner_rings: dict[str, PartnerRing] = field(default_factory=dict)
    delivered: set[str] = field(default_factory=set)

    @property
    def account(self) -> str:
        return self.context.account

    @property
    def specialist(self) -> Actor:
        """Sam, of the operations team."""
        return Actor(2, self.account, frozenset({"specialist"}), frozenset({OPERATIONS}), 1, "Sam")

    @property
    def end_user(self) -> Actor:
        return Actor(3, self.account, frozenset(), frozenset(), 1, "Una")

    def create(self, actor: Actor | None = None, **fields: Any) -> int:
        fields = {"subject": "It is slow", "category": "incident", "impact": "low", **fields}
        return desk.create_request(self.context, actor or self.specialist, fields).id

    def edit(self, id: int, actor: Actor | None = None, **fields: Any) -> dict[str, Any]:
        desk.update_request(self.context, actor or self.specialist, id, fields)
        return self.see(id, actor)

    def see(self, id: int, actor: Actor | None = None) -> dict[str, Any]:
        return queries.get_request(self.context.database, id, actor or self.specialist)

    def listed(self, predefined: str, actor: Actor | None = None) -> list[int]:
        query = ListQuery.parse([], queries.REQUESTS, predefined)
        page = queries.list_requests(self.context.database, query, actor or self.specialist)
        return [item["id"] for item in page.items]

    def notes(self, id: int, actor: Actor | None = None) -> list[str]:
        query = ListQuery.parse([], queries.NOTES, None)
        page = queries.list_notes_of_request(self.context.database, id, query, actor or self.specialist)
        return [item["text"] for item in page.items]

    def written(self) -> list[dict[str, Any]]:
        """The messages to partners that were saved, each thread's in order."""
        found = self.context.database["requests"].find({}, {"outbox": 1})
        return [row for request in found for row in request["outbox"] if row["kind"] == "message"]

    def open(self, row: dict[str, Any], sender: str) -> Message:
        ring = self.partner_rings[sender]
        return open_sealed(row["sealed"], exchange_sender=sender, own_account=self.account, ring=ring)

    def waiting(self, other: Desk) -> list[dict[str, Any]]:
        rows = [row for row in self.written() if row["partner"] == other.account]
        return [row for row in rows if row["id"] not in self.delivered]

    def deliver(self, other: Desk) -> list[tuple[str, Verdict]]:
        """Brings what is written and not yet delivered to the other account; (type, verdict) of each."""
        verdicts = []
        for row in self.waiting(other):
            verdicts.append((row["type"], partner.receive(other.context, other.open(row, self.account))))
            self.delivered.add(row["id"])
        return verdicts

    def crossed(self) -> int:
        """The one request here that came over the border."""
        (document,) = self.context.database["requests"].find({"above": {"$ne": None}}, {"_id": 1})
        return int(document["_id"])

    def told(self) -> list[str]:
        """What requesters were told of, by the events that wait to be relayed."""
        found = self.context.database["requests"].find({}, {"outbox": 1})
        rows = [row for request in found for row in request["outbox"] if row["kind"] == "event"]
        return [row["body"]["about"] for row in rows if row["type"] == "request.requester_told"]


def desk_of(account: str, database: pymongo.database.Database[dict[str, Any]], clock: SteppedClock) -> Desk:
    config = config_of(account)
    store.ensure_indexes(database)
    around = Surroundings(account)
    copies = Copies(database, around, HELD, account)
    context = Context(config, "requests", database, clock=clock, copies=copies, rpc=around)
    around.keep("account", account, name=NAMES[account], service_desk_team_id=SERVICE_DESK)
    around.keep("organization", 1, name=NAMES[account])
    around.keep("team", SERVICE_DESK, name=f"{NAMES[account]} Service Desk", member_ids=[1])
    around.keep("team", OPERATIONS, name=f"{NAMES[account]} Operations", member_ids=[2], coordinator_id=2)
    for id, name in ((1, "Dora"), (2, "Sam"), (3, "Una")):
        around.keep("person", id, name=name, organization_id=1)
    around.keep(
        "service_instance", OWN_INSTANCE, name=f"{NAMES[account]} Hosting", support_team_id=OPERATIONS
    )
    ring = OwnRing.generate(account)
    around.keep("keyring", account, **ring.to_document(SECRET))
    context.copies.refresh("keyring", account)
    return Desk(context, around, ring)


def agree(provider: Desk, customer: Desk, instance: int) -> None:
    """The provider's hosting may be put on the customer's requests, as its service instance `instance`."""
    thread = f"agreement/{provider.account}/{'0' * 8}-0000-4000-8000-{instance:012d}"
    whose = {"id": provider.account, "name": NAMES[provider.account]}
    team = customer.around.call(
        "organizations",
        "introduce",
        None,
        provider.account,
        "team",
        OPERATIONS,
        f"{whose['name']} Operations",
    )
    firm = customer.around.call(
        "organizations", "introduce", None, provider.account, "organization", 1, whose["name"]
    )
    name = f"{whose['name']} Hosting"
    customer.around.keep("service_instance", instance, name=name, account=whose, remote_id=OWN_INSTANCE)
    customer.around.leads[instance] = {
        "agreement": thread,
        "partner": whose,
        "service_instance_id": instance,
        "remote_service_instance_id": OWN_INSTANCE,
        "support_team_id": team["id"],
        "supplier_id": firm["id"],
    }
    provider.around.agreements[customer.account, thread] = {
        "status": "active",
        "service_instance_id": OWN_INSTANCE,
        "support_team_id": OPERATIONS,
    }
    for one, other in ((provider, customer), (customer, provider)):
        one.partner_rings[other.account] = PartnerRing.from_wire(other.account, other.ring.to_wire())
