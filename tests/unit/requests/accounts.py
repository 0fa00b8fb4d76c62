"""Accounts that talk to each other, without a bus: the model of each, joined by ordered threads.

An `Account` does what the edge does around the model: it keeps documents and notes, turns a partner's
references into local ids, knows where a service instance leads, and checks every body against the schemas of
the wire. A `Federation` carries messages: each has a place in its thread and direction, may be delivered
late, twice and in any order, and is applied in its place only. Nothing here knows a rule.
"""

import json
from collections.abc import Callable
from copy import copy
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zlib import crc32

from services.federation.messages import check_outgoing
from services.requests import model
from services.requests.model import (
    Actor,
    Category,
    CompletionReason,
    Context,
    Event,
    Facts,
    Incoming,
    Lead,
    Note,
    Outgoing,
    Ref,
    Request,
    Sent,
    Status,
    Step,
    Take,
    Turn,
    Who,
)

START = datetime(2024, 5, 6, 8, tzinfo=UTC)

#: Own records, by the same ids in each account: two accounts' ids mean different things.
DESK = Ref(1, "Service Desk")
SUPPORT = Ref(2, "Support")
NETWORK = Ref(3, "Network")
REQUESTER = Ref(11, "Robin")
SPECIALIST = Ref(12, "Sam")
COLLEAGUE = Ref(13, "Kim")
INSTANCE = Ref(21, "Payroll")


@dataclass
class Counter:
    """Ids of one account: `message` is a text that sorts as made, the rest are integers."""

    account: str
    last: int = 0

    def _next(self) -> int:
        self.last += 1
        return self.last

    def message(self) -> str:
        return f"{self.account}-{self._next():04}"

    def unique(self) -> str:
        """Tells nobody who made it."""
        return f"{crc32(self.account.encode()):08x}{self._next():08x}"

    def request(self) -> int:
        return 100 + self._next()

    def note(self) -> int:
        return 1000 + self._next()


@dataclass
class Account:
    """One account's side. `leads` tells to which partners its agreements lead."""

    id: str
    leads: dict[str, Lead] = field(default_factory=dict)
    requests: dict[int, Request] = field(default_factory=dict)
    notes: dict[int, list[Note]] = field(default_factory=dict)
    events: list[Event] = field(default_factory=list)
    history: list[str] = field(default_factory=list)
    incarnation: int = 1
    minutes: int = 0
    ids: Counter = field(default_factory=lambda: Counter(""))
    introduced: dict[tuple[str, str, int], int] = field(default_factory=dict)
    decline: str | None = None

    def __post_init__(self) -> None:
        self.ids = Counter(self.id)

    def copy(self) -> "Account":
        twin = copy(self)
        twin.requests, twin.ids = dict(self.requests), copy(self.ids)
        twin.notes = {key: list(notes) for key, notes in self.notes.items()}
        twin.events, twin.history = list(self.events), list(self.history)
        twin.introduced = dict(self.introduced)
        return twin

    def context(self) -> Context:
        self.minutes += 1
        return Context(self.id, self.incarnation, START + timedelta(minutes=self.minutes), self.ids)

    def local(self, partner: str, kind: str, ref: dict[str, Any] | None) -> Ref | None:
        """A partner's reference as this account's own."""
        if ref is None:
            return None
        local_id = self.introduced.setdefault((partner, kind, ref["id"]), 5000 + len(self.introduced))
        return Ref(local_id, ref["name"], partner)

    def localized(self, partner: str, body: dict[str, Any]) -> dict[str, Any]:
        def note(one: dict[str, Any]) -> dict[str, Any]:
            return {**one, "person": self.local(partner, "person", one["person"])}

        turned = dict(body)
        for key, kind in (("team", "team"), ("member", "person")):
            if key in body:
                turned[key] = self.local(partner, kind, body[key])
        if body.get("note"):
            turned["note"] = note(body["note"])
        if "notes" in body:
            turned["notes"] = [note(one) for one in body["notes"]]
        return turned

    def by_thread(self, thread: str) -> Request | None:
        for request in self.requests.values():
            if (request.above and request.above.thread == thread) or request.link_of(thread):
                return request
        return None

    def lead_of(self, request: Request | None, changes: dict[str, Any]) -> Lead | None:
        instance = changes.get("service_instance", request.service_instance if request else None)
        return next((lead for lead in self.leads.values() if lead.service_instance == instance), None)

    def facts(self, request: Request | None, changes: dict[str, Any]) -> Facts:
        return Facts(
            lead=self.lead_of(request, changes),
            team_of_instance=SUPPORT if changes.get("service_instance") == INSTANCE else None,
            service_desk_team=DESK,
            public_notes=tuple(note for note in self.notes.get(request.id, []) if note.public)
            if request
            else (),
        )

    def actor(self, who: Who = Who.SPECIALIST) -> Actor:
        person = REQUESTER if who is Who.REQUESTER else SPECIALIST
        return Actor(person, frozenset({who}), frozenset({DESK.id, SUPPORT.id, NETWORK.id}))

    def keep(self, step: Step) -> Step:
        """What one save does."""
        self.requests[step.request.id] = step.request
        self.notes.setdefault(step.request.id, []).extend(step.notes)
        self.events.extend(step.events)
        self.history.extend(f"{line.account}: {line.what} {line.text or ''}".strip() for line in step.history)
        for sent in step.outgoing:
            check_outgoing(f"{sent.type}.v1", json.loads(json.dumps(sent.body)))
        return step

    def public_texts(self, request: Request) -> list[str]:
        return [note.text for note in self.notes[request.id] if note.public]


class Disagreement(AssertionError):
    """Something does not hold that must, see `agreement`."""


#: A message on its way: (thread, recipient) is a direction, `sequence` its place there.
@dataclass(frozen=True)
class Letter:
    thread: str
    sender: str
    recipient: str
    sequence: int
    message: Outgoing
    incarnation: int = 1


#: What a test may do to an arriving message to take one rule away; None drops it.
Bend = Callable[[Request | None, Incoming], "tuple[Request | None, Incoming] | None"]


@dataclass(frozen=True)
class Backup:
    """One account as it was: its records, its places in the threads, and what it had sent that was not there
    yet.
    """

    account: Account
    places: dict[tuple[str, str], int]
    outbox: list[Letter]
    incarnations: dict[str, int]


class Federation:
    """Accounts and the letters between them. `widget` gives to `gigatera` and `globalnet`, gigatera to
    globalnet.
    """

    def __init__(self, agreements: tuple[tuple[str, str], ...] = ()) -> None:
        names = ("widget", "gigatera", "globalnet")
        self.accounts = {name: Account(name) for name in names}
        for customer, provider in agreements or (
            ("widget", "gigatera"),
            ("widget", "globalnet"),
            ("gigatera", "globalnet"),
            ("globalnet", "widget"),
        ):
            self._agree(self.accounts[customer], self.accounts[provider])
        self.on_the_way: list[Letter] = []
        self.sent: dict[tuple[str, str], int] = {}
        self.applied: dict[tuple[str, str], int] = {}
        self.waiting: dict[tuple[str, str], dict[int, Letter]] = {}
        self.all_sent: list[Letter] = []
        self.discarded: list[Letter] = []
        self.undo_refused = True
        self.kept_backup: Backup | None = None
        self.restored = False
        self.bend: Bend | None = None
        self.bend_outgoing: Callable[[Step], tuple[Outgoing, ...]] = lambda step: step.outgoing

    @staticmethod
    def _agree(customer: Account, provider: Account) -> None:
        organization = customer.local(provider.id, "organization", {"id": 1, "name": provider.id})
        instance = customer.local(provider.id, "service_instance", {"id": INSTANCE.id, "name": INSTANCE.name})
        team = customer.local(provider.id, "team", {"id": SUPPORT.id, "name": SUPPORT.name})
        assert instance is not None
        assert team is not None
        customer.leads[provider.id] = Lead(
            provider.id,
            f"agreement/{provider.id}/{customer.id}",
            instance,
            INSTANCE.id,
            team,
            organization,
        )

    def copy(self) -> "Federation":
        twin = copy(self)
        twin.accounts = {name: account.copy() for name, account in self.accounts.items()}
        twin.on_the_way, twin.all_sent = list(self.on_the_way), list(self.all_sent)
        twin.sent, twin.applied = dict(self.sent), dict(self.applied)
        twin.waiting = {key: dict(letters) for key, letters in self.waiting.items()}
        return twin

    def __getitem__(self, name: str) -> Account:
        return self.accounts[name]

    # -- what people do --------------------------------------------------------------------------------------

    def create(self, name: str, who: Who = Who.SPECIALIST, **new: Any) -> Request:
        account = self[name]
        fields = {
            "subject": "Printer on fire",
            "category": Category.INCIDENT,
            "impact": model.Impact.LOW,
            "requested_by": REQUESTER,
            "requested_for": REQUESTER,
            **new,
        }
        step = model.create(fields, account.actor(who), account.facts(None, fields), account.context())  # type: ignore[arg-type]
        return self._posted(account, step).request

    def edit(
        self, name: str, request_id: int | None = None, who: Who = Who.SPECIALIST, **changes: Any
    ) -> Step:
        """An edit of the account's request (its only one, or the one named)."""
        account = self[name]
        request = self.request(name, request_id)
        facts = account.facts(request, changes)
        if "facts" in changes:
            facts = replace(facts, **changes.pop("facts"))
        step = model.edit(request, changes, account.actor(who), facts, account.context())  # type: ignore[arg-type]
        return self._posted(account, step)

    def request(self, name: str, request_id: int | None = None) -> Request:
        requests = self[name].requests
        if request_id is not None:
            return requests[request_id]
        assert len(requests) == 1, f"{name} has {len(requests)} requests"
        return next(iter(requests.values()))

    def post(self, name: str, step: Step) -> Step:
        """A step of this account, made by a test itself."""
        return self._posted(self[name], step)

    def _posted(self, account: Account, step: Step) -> Step:
        account.keep(step)
        for message in self.bend_outgoing(step):
            self._post(account, message)
        return step

    def _post(self, account: Account, message: Outgoing) -> None:
        way = (message.thread, message.partner)
        self.sent[way] = self.sent.get(way, 0) + 1
        letter = Letter(
            message.thread, account.id, message.partner, self.sent[way], message, account.incarnation
        )
        self.on_the_way.append(letter)
        self.all_sent.append(letter)

    # -- the way ---------------------------------------------------------------------------------------------

    def deliver(self, letter: Letter, *, keep_copy: bool = False) -> list[Step]:
        """One copy arrives: applied in its place, kept when it is early, forgotten when it was applied
        before.
        """
        if not keep_copy:
            self.on_the_way.remove(letter)
        way = (letter.thread, letter.recipient)
        if letter.sequence <= self.applied.get(way, 0):
            return []
        self.waiting.setdefault(way, {})[letter.sequence] = letter
        return self._apply_in_order(way)

    def _apply_in_order(self, way: tuple[str, str]) -> list[Step]:
        steps = []
        while (place := self.applied.get(way, 0) + 1) in self.waiting.get(way, {}):
            self.applied[way] = place
            step = self._apply(self.waiting[way].pop(place))
            if step is not None:
                steps.append(step)
        return steps

    def _apply(self, letter: Letter) -> Step | None:
        account = self[letter.recipient]
        message = letter.message
        body = account.localized(letter.sender, json.loads(json.dumps(message.body)))
        incoming = Incoming(message.type, message.id, letter.sender, letter.thread, body)
        request = account.by_thread(letter.thread)
        if self.bend is not None:
            bent = self.bend(request, incoming)
            if bent is None:
                return None
            request, incoming = bent
        step = model.apply(request, incoming, account.context(), self._take(account, body))
        self._keeps_its_result(account.by_thread(letter.thread), step.request)
        return self._posted(account, step)

    @staticmethod
    def _keeps_its_result(before: Request | None, after: Request) -> None:
        """Rule 4: nobody else's word changes how and when an account completed a request."""
        if before is None or before.live or after.live or before.above is None or after.above is None:
            return
        if before.above.episode == after.above.episode:
            one = (before.completion_reason, before.completed_at)
            other = (after.completion_reason, after.completed_at)
            if one != other:
                raise Disagreement(f"{after.account} had the result {one}, and now {other}")

    @staticmethod
    def _take(account: Account, body: dict[str, Any]) -> Take:
        origin = body.get("origin")
        loop = any(
            request.live and request.core.origin == origin and request.above is None
            for request in account.requests.values()
        )
        return Take(SUPPORT, INSTANCE, "loop" if loop else account.decline)

    def refuse(self, letter: Letter, code: str = "discarded") -> None:
        """The recipient refuses the message that is next in its thread; the sender undoes it."""
        self.on_the_way.remove(letter)
        way = (letter.thread, letter.recipient)
        assert letter.sequence == self.applied.get(way, 0) + 1
        self.applied[way] = letter.sequence
        account, sender = self[letter.recipient], self[letter.sender]
        message = letter.message
        body = account.localized(letter.sender, message.body)
        incoming = Incoming(message.type, message.id, letter.sender, letter.thread, body)
        request, take = account.by_thread(letter.thread), self._take(account, body)
        self._posted(account, model.discarded(request, incoming, take, account.context()))
        if self.undo_refused:
            self.refused(sender, message, code)
        self._apply_in_order(way)

    def refused(self, sender: Account, message: Outgoing, code: str) -> Step:
        request = sender.by_thread(message.thread)
        assert request is not None
        sent = Sent(message.type, message.id, message.partner, message.thread, message.body)
        return self._posted(sender, model.refused(request, sent, code, sender.context()))

    def settle(self) -> None:
        """Everything on its way arrives, in order, and what follows from it, until nothing is in flight."""
        while self.on_the_way:
            self.deliver(self.on_the_way[0])

    def next_letters(self) -> list[Letter]:
        """Those next in their thread and not there yet, of the kinds whose refusal undoes something."""
        return [
            letter
            for letter in self.on_the_way
            if letter.sequence == self.applied.get((letter.thread, letter.recipient), 0) + 1
            and letter.sequence not in self.waiting.get((letter.thread, letter.recipient), {})
            and letter.message.type not in ("note.added", "request.core_changed", "request.restated")
        ]

    def in_flight(self, type_: str) -> Letter:
        """The one letter of this type on its way."""
        letters = [letter for letter in self.on_the_way if letter.message.type == type_]
        assert len(letters) == 1, [letter.message.type for letter in self.on_the_way]
        return letters[0]

    # -- backups ---------------------------------------------------------------------------------------------

    def backup(self, name: str) -> "Backup":
        places = {way: place for way, place in self.applied.items() if way[1] == name}
        outbox = [letter for letter in self.all_sent if letter.sender == name and not self._has(letter)]
        incarnations = {other: account.incarnation for other, account in self.accounts.items()}
        return Backup(self[name].copy(), places, outbox, incarnations)

    def _has(self, letter: Letter) -> bool:
        return letter.sequence <= self.applied.get((letter.thread, letter.recipient), 0)

    def can_restore(self, backup: "Backup") -> bool:
        """A hand-over that was first given after the backup is unknown to its giver: that is an operator's
        matter.
        """
        now = self[backup.account.id]
        return all(
            backup.account.by_thread(link.thread)
            for request in now.requests.values()
            for link in request.below
        )

    def restore(self, backup: "Backup") -> None:
        """handover.md section 7: a new incarnation, what was missed is sent again, and both sides restate."""
        name, lost = backup.account.id, self[backup.account.id]
        account = backup.account.copy()
        account.ids, account.minutes, account.introduced = lost.ids, lost.minutes, lost.introduced
        account.incarnation = lost.incarnation + 1
        self.accounts[name] = account
        self.restored = True
        self.on_the_way = [
            letter for letter in self.on_the_way if name not in (letter.sender, letter.recipient)
        ]
        unheard = [
            letter.message
            for letter in backup.outbox
            if letter.incarnation == lost.incarnation and not self._has(letter)
        ]
        for way in {(letter.thread, letter.recipient) for letter in self.all_sent if letter.sender == name}:
            self.sent[way] = self.applied[way] = 0
            self.waiting.pop(way, None)
        for letter in self.all_sent:
            if letter.recipient == name and letter.incarnation == self[letter.sender].incarnation:
                way = (letter.thread, name)
                same = backup.incarnations[letter.sender] == letter.incarnation
                self.applied[way] = backup.places.get(way, 0) if same else 0
                self.waiting.pop(way, None)
                if not self._has(letter):
                    self.on_the_way.append(letter)
        for message in unheard:
            self._post(account, message)
        for side in self.accounts.values():
            for thread, partner in self._threads(side):
                if name in (side.id, partner):
                    request = side.by_thread(thread)
                    assert request is not None
                    self._posted(side, model.state_again(request, thread, side.context()))

    @staticmethod
    def _threads(account: Account) -> list[tuple[str, str]]:
        found = []
        for request in account.requests.values():
            found += [(link.thread, link.partner) for link in request.below]
            if request.above is not None:
                found.append((request.above.thread, request.above.partner))
        return found

    # -- shorthands for tests --------------------------------------------------------------------------------

    def give(self, customer: str, provider: str, **changes: Any) -> Step:
        return self.edit(
            customer, service_instance=self[customer].leads[provider].service_instance, **changes
        )

    def partners_team(self, customer: str, provider: str) -> Ref:
        return self[customer].leads[provider].team

    def complete(self, name: str, reason: str = "solved", note: str = "Done.", **changes: Any) -> Step:
        return self.edit(
            name, status=Status.COMPLETED, completion_reason=CompletionReason(reason), note=note, **changes
        )


def at(turn: Turn, **how: Any) -> Federation:
    """Widget's request, registered by its network team (member Sam), at this turn with gigatera; all is
    quiet.
    """
    federation = Federation()
    federation.create("widget", team=NETWORK, member=SPECIALIST)
    federation.give("widget", "gigatera")
    federation.settle()
    federation.edit("gigatera", status=Status.IN_PROGRESS)
    match turn:
        case Turn.ASKED:
            federation.edit("gigatera", status=Status.WAITING_FOR_CUSTOMER, note="Which printer?")
        case Turn.RETURNED:
            federation.complete("gigatera", note="Put out.")
        case Turn.REFUSED:
            decline(federation, "gigatera")
    federation.settle()
    return federation


def decline(federation: Federation, name: str) -> None:
    """Declines until nobody of the account is left: first the member, then the team."""
    request = federation.request(name)
    while request.live and model.place(request) is not model.Place.WITH_PROVIDER:
        federation.edit(name, status=Status.DECLINED, note=f"Not ours: {request.note_count}")
        request = federation.request(name)


def turn(federation: Federation, customer: str = "widget", provider: str = "gigatera") -> Turn:
    """Table 3's state."""
    links = [link for link in federation.request(customer).below if link.partner == provider]
    return links[0].turn if links else Turn.ENDED


def sent_by(step: Step) -> list[str]:
    return [f"{message.type.removeprefix('request.')} → {message.partner}" for message in step.outgoing]
