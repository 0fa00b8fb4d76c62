"""One account around the model: what the edge does for it, in memory.

An `Account` keeps documents and notes, turns a partner's references into local ids, knows where a service
instance leads, and checks every body that leaves against the schemas of the wire. Nothing here knows a rule.
"""

import json
from copy import copy
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from zlib import crc32

from services.federation.messages import check_outgoing
from services.requests.model import (
    Actor,
    Context,
    Event,
    Facts,
    HistoryEntry,
    Lead,
    Note,
    Period,
    Ref,
    Request,
    Step,
    Who,
    periods,
    recorded,
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

    def note(self, after: int) -> int:
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
    lines: dict[int, list[HistoryEntry]] = field(default_factory=dict)
    marks: dict[int, list[dict[str, Any]]] = field(default_factory=dict)
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
        twin.lines = {key: list(lines) for key, lines in self.lines.items()}
        twin.marks = {key: list(marks) for key, marks in self.marks.items()}
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
        for said in recorded(step, self.requests.get(step.request.id)):
            if said["mark"] is not None:
                self.marks.setdefault(step.request.id, []).append(said["mark"])
        self.requests[step.request.id] = step.request
        self.notes.setdefault(step.request.id, []).extend(step.notes)
        self.events.extend(step.events)
        self.lines.setdefault(step.request.id, []).extend(step.history)
        self.history.extend(f"{line.account}: {line.what} {line.text or ''}".strip() for line in step.history)
        for sent in step.outgoing:
            check_outgoing(f"{sent.type}.v1", json.loads(json.dumps(sent.body)))
        return step

    def periods(self, request: Request) -> list[Period]:
        """Who had it when, until a minute after the last step."""
        now = START + timedelta(minutes=self.minutes + 1)
        customer = request.above.partner if request.above else None
        return periods(self.lines[request.id], self.id, customer, now)

    def public_texts(self, request: Request) -> list[str]:
        return [note.text for note in self.notes[request.id] if note.public]
