"""Two accounts' organizations services on a real database, without a bus: they trust each other, and what the
border would carry is carried by `Desk.deliver`, seal by seal. What the slas service would tell is told by
`Desk.agrees`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from services.common.actor import Actor
from services.common.context import Context
from services.federation.incoming.handling import checked
from services.federation.partners.capabilities import OWN
from services.federation.partners.trusts import TrustBook
from services.federation.sealing.envelope import Message, open_sealed
from services.federation.sealing.rings import PartnerRing
from services.federation.verdicts import Verdict
from services.organizations import partner, store
from services.organizations.actions.contact_cards import cards, linking
from services.organizations.actions.records import editing
from services.organizations.actions.trusting.inviting import BLANK
from services.organizations.actions.trusting.keyrings import keep_partner_ring, own_ring
from tests.configs import NAMES

Document = dict[str, Any]


@dataclass
class Desk:
    """One account's organizations service."""

    context: Context
    administrator: Actor
    other: str
    delivered: set[str] = field(default_factory=set)
    versions: int = 1

    @property
    def account(self) -> str:
        return self.context.account

    @property
    def own_id(self) -> int:
        """The organization that the account is."""
        return int(self.context.database["accounts"].find_one({})["organization_id"])  # type: ignore[index]

    def trusts(self, desk: Desk, opener: str, **fields: Any) -> None:
        """A trust with the other account, as if it had been agreed long ago."""
        keep_partner_ring(self.context, PartnerRing.from_wire(desk.account, own_ring(desk.context).to_wire()))
        thread = f"trust/{opener}/019b0000-0000-7000-8000-0000000000aa"
        accepted = {"incarnation": 1, "sequence": 1, "hash": "5f" * 32}
        places = {"sent": accepted, "applied": accepted, "before": accepted, "remarks": []}
        state = {
            **BLANK,
            "name": NAMES[desk.account],
            "domain": f"{desk.account}.example",
            "status": "active",
            "role": "inviting",
            "keys": PartnerRing.from_wire(desk.account, own_ring(desk.context).to_wire()).to_document()[
                "keys"
            ],
            "capabilities": OWN,
            "thread": {"id": thread, "kind": "trust", "partner": desk.account, **places},
            **fields,
        }
        store.records(self.context, store.TRUSTS).insert(desk.account, state)

    def trust_is(self, **fields: Any) -> None:
        trusts = store.records(self.context, store.TRUSTS)
        record = trusts.get(self.other)
        trusts.save(record, {**record.state, **fields})
        linking.follow(self.context, self.other)

    def agrees(self, kind: str, id: int, **record: Any) -> None:
        """The slas service has saved an agreement."""
        self.versions += 1
        saved = {"id": id, **record}
        self.context.copies.store(kind, {"id": id, "version": self.versions, "record": saved})
        linking.follow_agreement(self.context, saved)

    def edit(self, **fields: Any) -> None:
        """The account's own organization is changed, and the event of it is handled."""
        editing.update_organization(self.context, self.administrator, self.own_id, fields)
        cards.follow_organization(self.context, self.own_id)

    def said(self) -> list[Document]:
        """The message rows that were saved, of each thread in its order."""
        kept = [self.context.database[name] for name in (store.CARDS, store.ORGANIZATIONS, store.TRUSTS)]
        rows = [row for collection in kept for document in collection.find() for row in document["outbox"]]
        return [row for row in rows if row["kind"] == "message"]

    def types(self) -> list[str]:
        return [row["type"] for row in self.said()]

    def open(self, row: Document) -> Message:
        ring = TrustBook.of(self.context).ring(self.other)
        sealed = open_sealed(row["sealed"], exchange_sender=self.other, own_account=self.account, ring=ring)
        return checked("organizations", sealed)

    def hears(self, row: Document) -> Verdict:
        return partner.receive(self.context, self.open(row))

    def deliver(self, other: Desk) -> list[tuple[str, Verdict]]:
        """Brings what was said and not yet delivered to the other; (type, verdict) of each."""
        heard = []
        for row in self.said():
            if row["id"] not in self.delivered:
                self.delivered.add(row["id"])
                heard.append((row["type"], other.hears(row)))
        return heard

    def named(self) -> dict[str, Document]:
        """The organizations of the other account that are known here, by their names."""
        found = self.context.database[store.ORGANIZATIONS].find({"account.id": self.other})
        return {each["name"]: dict(each) for each in found}

    def theirs(self) -> Document:
        """The one organization of the other account that is known here."""
        (found,) = self.context.database[store.ORGANIZATIONS].find({"account.id": self.other})
        return dict(found)
