"""The people and the requests of the table in tests/security/visibility.py, in one account."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from typing import Any

from services.common.clock import iso
from services.federation.messages.observations import ACTED, OBSERVED
from services.federation.partners.trusts import TrustBook
from services.federation.sealing.envelope import Message
from services.federation.threads import open_thread
from services.requests import model, store
from services.requests.actions import observed
from services.requests.actions.ruling import ruled
from services.requests.model import Category, Impact, Lead, Ref, Who
from tests.integration.gateway.account import Account, Client
from tests.integration.gateway.attached import uploaded
from tests.integration.gateway.events import followed
from tests.security.observed import first_word
from tests.unit.requests.federation import Federation

Made = dict[str, Any]

ROLES: dict[str, tuple[str, ...]] = {
    "account_administrator": ("account_administrator",),
    "auditor": ("auditor",),
    "specialist_of_the_team": ("specialist",),
    "specialist_of_another_team": ("specialist",),
    "service_level_manager": ("specialist", "service_level_manager"),
    "account_designer": ("account_designer",),
    "key_contact": ("key_contact",),
    "key_contact_of_another": ("key_contact",),
    "both": ("key_contact",),
}
#: Each organization, and the one that it is below.
ABOVE = {"Works": None, "Office": "Works", "Plant": "Works", "Hall": "Plant", "Shop": "Hall"}
ORGANIZATION = {
    **dict.fromkeys(("requester", "colleague", "key_contact"), "Office"),
    **dict.fromkeys(("key_contact_of_another", "both", "otto"), "Plant"),
    "carl": "Shop",
}
REPRESENTS = {
    "Gold": ("represents_gold", "both"),
    "Silver": ("represents_silver",),
    "Bronze": ("represents_bronze",),
}
PARTNER = "gigatera"
AGREEMENT = f"agreement/{PARTNER}/{uuid.uuid4()}"
ENDING = f"agreement/{PARTNER}/{uuid.uuid4()}"
PARTNERS_SLAS = {
    AGREEMENT: (9004, "represents_partners_sla"),
    ENDING: (9005, "represents_partners_sla"),
    f"agreement/{PARTNER}/{uuid.uuid4()}": (9006, "represents_bronze"),
}


@dataclass
class Request:
    """One of each kind. Files: of a public note, and of an internal one."""

    id: int
    file: str = ""
    internal_file: str = ""


@dataclass
class Cast:
    account: Account
    manager: Client
    clients: dict[str, Client] = field(default_factory=dict)
    ids: dict[str, int] = field(default_factory=dict)
    organizations: dict[str, int] = field(default_factory=dict)
    instances: dict[str, int] = field(default_factory=dict)
    slas: dict[str, int] = field(default_factory=dict)
    team: int = 0
    told: dict[int, Message] = field(default_factory=dict)
    copied: int = 0

    def person(self, name: str) -> None:
        person, self.clients[name] = self.account.person(name, *ROLES.get(name, ()))
        self.ids[name] = person["id"]
        if name in ORGANIZATION:
            place = {"organization_id": self.organizations[ORGANIZATION[name]]}
            self.manager.patch(f"people/{person['id']}", place)

    def instance(self, name: str) -> None:
        """A service with a service instance."""
        service = self.manager.post("services", {"name": name})["id"]
        fields = {"name": name, "service_id": service, "support_team_id": self.team}
        self.instances[name] = self.manager.post("service_instances", fields)["id"]

    def service_level(self, name: str, *representatives: str) -> None:
        """An SLA of the service instance of this name, for everybody."""
        service = self.manager.get(f"service_instances/{self.instances[name]}")["service"]["id"]
        offered = {"name": name, "service_id": service, "status": "available"}
        fields = {
            "name": name,
            "service_instance_id": self.instances[name],
            "service_offering_id": self.manager.post("service_offerings", offered)["id"],
            "coverage": "customer_account",
            "status": "active",
            "customer_representative_ids": [self.ids[each] for each in representatives],
        }
        self.slas[name] = self.manager.post("slas", fields)["id"]

    def partners_sla(self, thread: str, status: str) -> None:
        """What the slas service would tell of an SLA that a partner registered for the account."""
        id, represents = PARTNERS_SLAS[thread]
        self._sla(
            id,
            name="Hosting for Widget",
            status=status,
            account={"id": PARTNER, "name": "GigaTera"},
            partner=PARTNER,
            thread=thread,
            customer_representative_ids=[self.ids[represents]],
        )

    def customers_sla(self, representative: Made) -> None:
        """As above, of one that the account registered for the partner."""
        self.slas["for the partner"] = 9007
        self._sla(
            9007,
            name="Hosting for GigaTera",
            status="active",
            account=None,
            thread=f"agreement/widget/{uuid.uuid4()}",
            customer_account={"id": PARTNER, "name": "GigaTera"},
            represented_by=[representative],
        )

    def _sla(self, id: int, **told: Any) -> None:
        self.copied += 1
        saved = {"id": id, "version": self.copied, "record": told}
        self.account.contexts["requests"].copies.store("sla", saved)

    def trust(self, status: str = "active") -> None:
        """The partner understands what is said of requests that are shown."""
        self.copied += 1
        trust = {"name": "GigaTera", "status": status, "capabilities": [OBSERVED, ACTED]}
        saved = {"id": PARTNER, "version": self.copied, "record": trust}
        context = self.account.contexts["requests"]
        context.copies.store("trust", saved)
        TrustBook.of(context).forget()

    # -- requests --------------------------------------------------------------------------------------------

    def request(self, kind: str) -> int:
        """A new request of a kind; `followed` lets it come to affect what it does."""
        return int(
            {
                "own": lambda: self._asked("requester", "Gold"),
                "elsewhere": lambda: self._asked("otto", None),
                "other SLA": lambda: self._asked("carl", "Silver"),
                "across": lambda: self._asked("carl", "Gold"),
                "expired": lambda: self._asked("carl", "Bronze"),
                "handed over": self._handed_over,
                "handed to us": self._handed_to_us,
                "observed": lambda: self._observed(AGREEMENT),
                "unobserved": lambda: self._observed(ENDING),
            }[kind]()
        )

    def with_files(self, id: int) -> Request:
        """The request, with a file in a note to everybody and one in an internal note; of a partner's no
        file crosses.
        """
        if id in self.told:
            return Request(id, "attachments/0", "attachments/0")
        specialist = self.clients["specialist_of_the_team"]
        found = []
        for internal in (False, True):
            file = [{"key": uploaded(specialist)}]
            note = {"text": "See this", "internal": internal, "attachments": file}
            path = f"requests/{id}/notes"
            made = specialist.get(f"notes/{specialist.post(path, note)['id']}")
            found.append(made["attachments"][0]["uri"].removeprefix("/v1/"))
        return Request(id, *found)

    def sent(self) -> None:
        """There is no bus: what waits to be sent would fill a request that is tried by everybody."""
        nothing: Made = {"$set": {"outbox": []}}
        self.account.contexts["requests"].database["requests"].update_many({}, nothing)

    def _asked(self, who: str, sla: str | None) -> int:
        asked: Made = {"subject": "Findable", "category": "incident", "impact": "low"}
        if sla is not None:
            asked["service_instance_id"] = self.instances[sla]
        return int(self.clients[who].post("requests", asked)["id"])

    def _handed_over(self) -> int:
        """As when the requester chooses a service instance of the partner."""
        context = self.account.contexts["requests"]
        eve = Ref(self.ids["requester"], "requester")
        instance, team = Ref(9001, "Hosting", PARTNER), Ref(9002, "Operations", PARTNER)
        new = model.NewRequest(
            subject="Findable",
            category=Category.INCIDENT,
            impact=Impact.LOW,
            requested_by=eve,
            requested_for=eve,
            organization=Ref(self.organizations["Office"], "Office"),
            service_instance=instance,
        )
        facts = model.Facts(
            lead=Lead(PARTNER, AGREEMENT, instance, 21, team), service_desk_team=Ref(self.team, "Web")
        )
        actor = model.Actor(eve, frozenset({Who.REQUESTER}))
        saved = store.save(context, model.create(new, actor, facts, ruled(context)))
        self.affects(saved.request.id, "Gold")
        return saved.request.id

    def _handed_to_us(self) -> int:
        """As the partner's hand-over arrives."""
        context = self.account.contexts["requests"]
        there = Federation((("globalnet", "widget"),))
        there.create(
            "globalnet",
            subject="Findable",
            service_instance=there["globalnet"].leads["widget"].service_instance,
        )
        (letter,) = there.on_the_way
        thread = open_thread("handover", "widget", "globalnet", str(uuid.uuid4()))
        body = {**letter.message.body}
        body["core"] = {**body["core"], "origin": str(uuid.uuid4())}
        said = model.Incoming(letter.message.type, letter.message.id, "globalnet", thread.id, body)
        take = model.Take(Ref(self.team, "Web"), Ref(self.instances["Gold"], "Gold"))
        step = model.apply(None, said, ruled(context), take)
        saved = store.save(context, step, heard=thread)
        self.affects(saved.request.id, "Gold")
        return saved.request.id

    def _observed(self, agreement: str) -> int:
        """As the partner tells of a request that it holds."""
        number = len(self.told) + 1
        context = self.account.contexts["requests"]
        message = first_word(context, PARTNER, number, agreement)
        assert observed.hear(context, None, message).word == "accepted"
        found = context.database["observed_requests"].find_one({"remote_id": number})
        assert found is not None
        self.told[found["_id"]] = message
        return int(found["_id"])

    def affects(self, id: int, sla: str) -> None:
        """What the slas service would say of what is with a partner, or from one."""
        told = {
            "request_id": id,
            "n": 1_000,
            "next_target_at": "best_effort",
            "accountable_team_ids": [],
            "sla_ids": [self.slas[sla]],
            "resolution_target_at": iso(self.account.clock.now()),
        }
        self.account.caller.services["requests"].targets_said(told)


def cast_of(account: Account, names: list[str]) -> Cast:
    """Everybody of the table, and what they have to do with each other."""
    cast = Cast(account, account.client())
    for name, above in ABOVE.items():
        fields = {"name": name, **({"parent_id": cast.organizations[above]} if above else {})}
        cast.organizations[name] = cast.manager.post("organizations", fields)["id"]
    account.contexts["requests"].copies.fetch("organization")
    for name in (*names, "otto", "carl"):
        cast.person(name)
    members = [cast.ids["specialist_of_the_team"]]
    cast.team = cast.manager.post("teams", {"name": "Web", "members": members})["id"]
    for name, representatives in REPRESENTS.items():
        cast.instance(name)
        cast.service_level(name, *representatives)
    cast.trust()
    for thread in PARTNERS_SLAS:
        cast.partners_sla(thread, "active")
    # Who is no more what he was.
    gold = f"slas/{cast.slas['Gold']}"
    now = [cast.ids[each] for each in REPRESENTS["Gold"]]
    cast.manager.patch(gold, {"customer_representative_ids": [*now, cast.ids["represented_gold"]]})
    followed(account)
    cast.manager.patch(gold, {"customer_representative_ids": now})
    followed(account)
    return cast


def expire(cast: Cast, sla: str) -> None:
    """By its date, as time goes by."""
    today = cast.account.clock.now().date().isoformat()
    cast.manager.patch(f"slas/{cast.slas[sla]}", {"start_date": today, "expiry_date": today})
    cast.account.clock.step(days=2)
    cast.account.caller.services["slas"].move_due()
    assert cast.manager.get(f"slas/{cast.slas[sla]}")["status"] == "expired"
    followed(cast.account)
