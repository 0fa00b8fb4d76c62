"""What follows from a word: section 9 of docs/partner-protocol.md, as a provider and as a customer."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from typing import Any

from tests.wire.second.sealing import Json
from tests.wire.second.talk import Talk
from tests.wire.second.threads import Refused, Thread, new_id, now_text

TEAM = {"id": 8, "name": "Second desk"}
MEMBER = {"id": 71, "name": "Sam Second"}
INSTANCE = 33
SUPERSEDED = "superseded"
_CORE = dict.fromkeys(
    ("impact", "requester", "desired_completion_at", "downtime_start_at", "downtime_end_at")
)


@dataclass
class Request:
    """A request on our side of a hand-over; as a customer (`ours`), with what the provider says of it."""

    id: int
    thread: Thread
    ours: bool
    agreement: str
    episode: list[int]
    core: Json
    core_version: int = 1
    origin: str = ""
    status: str = "assigned"
    open: bool = True
    remote_id: int | None = None
    question: str | None = None
    answered: str | None = None
    reason: str | None = None
    completed_at: str | None = None
    notes: dict[tuple[str, int], str] = field(default_factory=dict)

    @property
    def live(self) -> bool:
        return self.status not in ("completed", "declined", "withdrawn")


class Desk(Talk):
    """Agreements and requests."""

    def __init__(self, *parts: Any, **options: Any) -> None:
        super().__init__(*parts, **options)
        self.requests: dict[str, Request] = {}
        self.offered: dict[str, Json] = {}  # as a provider, by thread
        self.agreements: dict[str, Json] = {}  # as a customer
        self._numbers = itertools.count(501)

    def hear(self, thread: Thread, message: Json) -> str | None:
        name = message["type"].rpartition(".v")[0].replace(".", "_")
        remark: str | None = getattr(self, f"_hear_{name}")(thread, message)
        return remark

    # -- agreements -----------------------------------------------------------------------------------

    def offer(self, name: str) -> Thread:
        """Offers an active agreement to the whole of the partner's account."""
        sla = {"id": 12, "name": name, "status": "active", "coverage": "customer_account"}
        days = {"start_date": "2026-01-01", "notice_date": None, "expiry_date": None}
        body = {
            "sla": {**sla, **days},
            "service": {"id": 5, "name": name},
            "service_offering": {"id": 6, "name": name},
            "service_instance": {"id": INSTANCE, "name": name, "status": "in_production"},
            "support_team": TEAM,
            "first_line_team": None,
            "provider": {"id": 1, "name": self.account.title()},
            "customer": {"id": 2, "name": self.partner},
            "representatives": [],
        }
        thread = self.open("agreement")
        self.offered[thread.id] = body
        self.say(thread, "agreement.offered.v1", body)
        return thread

    def _hear_agreement_offered(self, thread: Thread, message: Json) -> str | None:
        self.agreements[thread.id] = message["body"]
        return None

    _hear_agreement_changed = _hear_agreement_offered

    def _hear_agreement_activated(self, thread: Thread, message: Json) -> str | None:
        if thread.id not in self.agreements:
            raise Refused("unknown_agreement")
        self.agreements[thread.id]["sla"]["status"] = message["body"]["sla"]["status"]
        return None

    _hear_agreement_ended = _hear_agreement_activated

    # -- the provider ---------------------------------------------------------------------------------

    def _hear_request_handed_over(self, thread: Thread, message: Json) -> str | None:
        body, request = message["body"], self.requests.get(thread.id)
        first = request is None
        if request is None:
            request = Request(next(self._numbers), thread, False, "", [0, 0], {})
            self.requests[thread.id] = request
        elif body["episode"] <= request.episode:
            return SUPERSEDED
        self._begin(request, body)
        if first:
            taken = {"episode": request.episode, "request_id": request.id, "status": "assigned"}
            self.say(thread, "request.taken.v1", {**taken, "team": TEAM, "member": None})
        code = self._unfit(request, body)
        if code is not None:
            request.status = "declined"
            self._state(request, "declined", None, code=code)
        return None

    def _unfit(self, request: Request, body: Json) -> str | None:
        """Why what was handed over is declined at once."""
        agreed = self.offered.get(body["agreement"])
        if agreed is None:
            return "unknown_agreement"
        if agreed["sla"]["status"] != "active":
            return "agreement_not_active"
        if body["service_instance_id"] != agreed["service_instance"]["id"]:
            return "wrong_service_instance"
        others = (each for each in self.requests.values() if each is not request and each.live)
        return "loop" if any(each.origin == body["origin"] for each in others) else None

    def _hear_request_reopened(self, thread: Thread, message: Json) -> str | None:
        request = self._known(thread)
        if message["body"]["episode"] <= request.episode:
            return SUPERSEDED
        self._begin(request, message["body"])
        self._note(request, message["body"]["note"])
        return None

    def _begin(self, request: Request, body: Json) -> None:
        request.episode, request.agreement, request.remote_id = (
            body["episode"],
            body["agreement"],
            body["request_id"],
        )
        request.core, request.core_version, request.origin = (
            body["core"],
            body["core_version"],
            body["origin"],
        )
        request.status, request.open, request.question, request.reason = "assigned", True, None, None
        for note in body["notes"]:
            self._note(request, note)

    def _hear_request_answered(self, thread: Thread, message: Json) -> str | None:
        request, body = self._known(thread), message["body"]
        self._note(request, body["note"])
        if not self._in(request, body) or request.question != body["question"] or request.question is None:
            return SUPERSEDED
        request.status, request.question = "assigned", None
        return None

    def _hear_request_recalled(self, thread: Thread, message: Json) -> str | None:
        request, body = self._known(thread), message["body"]
        self._note(request, body["note"])
        if body["episode"] < request.episode or (body["episode"] == request.episode and not request.open):
            return SUPERSEDED
        request.episode, request.open, request.question = body["episode"], False, None
        if request.live:
            request.status, request.reason = "completed", "withdrawn"
        return None

    _hear_request_closed = _hear_request_recalled

    def work(self, request: Request, status: str = "in_progress") -> None:
        request.status, request.question = status, None
        self._state(request, "progressed", status=status, waiting_until=None)

    def ask(self, request: Request, text: str) -> None:
        request.status, request.question = "waiting_for_customer", new_id()
        self._state(request, "waiting_for_customer", text, id=request.question, question=request.question)

    def complete(self, request: Request, text: str) -> None:
        request.status, request.reason, request.completed_at = "completed", "solved", now_text()
        request.question = None
        done = {"completion_reason": request.reason, "completed_at": request.completed_at}
        self._state(request, "completed", text, **done)

    def decline(self, request: Request, text: str) -> None:
        request.status = "declined"
        self._state(request, "declined", text, code=None)

    def _state(
        self, request: Request, verb: str, text: str | None = None, id: str | None = None, **says: Any
    ) -> None:
        """A statement of our own status."""
        noted = {} if verb == "progressed" else {"note": text and self._own_note(request, text)}
        body = {"episode": request.episode, "team": TEAM, "member": MEMBER, **noted, **says}
        self.say(request.thread, f"request.{verb}.v1", body, id=id)

    # -- the customer ---------------------------------------------------------------------------------

    def hand_over(self, agreement: str, subject: str, text: str) -> Request:
        thread = self.open("handover")
        core = {"subject": subject, "category": "incident", **_CORE, "impact": "low"}
        request = Request(next(self._numbers), thread, True, agreement, [1, 1], core, origin=new_id())
        self.requests[thread.id] = request
        given = self._give(request)
        self.say(thread, "request.handed_over.v1", {**given, "notes": [self._own_note(request, text)]})
        return request

    def answer(self, request: Request, text: str) -> None:
        request.answered = request.question
        body = {"episode": request.episode, "question": request.question, "team": TEAM, "member": MEMBER}
        note = self._own_note(request, text)
        self.say(request.thread, "request.answered.v1", {**body, "note": note})
        request.status, request.question = "assigned", None

    def reopen(self, request: Request, text: str) -> None:
        request.episode = [request.episode[0], request.episode[1] + 1]
        request.status = "assigned"
        note = self._own_note(request, text)
        self.say(request.thread, "request.reopened.v1", {**self._give(request), "note": note, "notes": []})

    def close(self, request: Request) -> None:
        """Ends the episode: it is completed here."""
        verb = "closed" if request.status == "completed" else "recalled"
        request.open = False
        self.say(request.thread, f"request.{verb}.v1", {"episode": request.episode, "note": None})

    def _give(self, request: Request) -> Json:
        return {
            "episode": request.episode,
            "request_id": request.id,
            "agreement": request.agreement,
            "service_instance_id": self.agreements[request.agreement]["service_instance"]["id"],
            "origin": request.origin,
            "core_version": request.core_version,
            "core": request.core,
            "team": TEAM,
            "member": MEMBER,
        }

    def _hear_statement(self, thread: Thread, message: Json) -> str | None:
        """`taken`, `progressed`, `waiting_for_customer`, `completed` and `declined`: the last one is true."""
        request, body = self._known(thread), message["body"]
        self._note(request, body.get("note"))
        request.remote_id = body.get("request_id", request.remote_id)
        if not self._in(request, body):
            return SUPERSEDED
        verb = message["type"].split(".")[1]
        request.status = body.get("status", verb)
        request.question = body.get("question")
        request.reason, request.completed_at = body.get("completion_reason"), body.get("completed_at")
        return None

    _hear_request_taken = _hear_request_progressed = _hear_statement
    _hear_request_waiting_for_customer = _hear_statement
    _hear_request_completed = _hear_request_declined = _hear_statement

    # -- both -----------------------------------------------------------------------------------------

    def add_note(self, request: Request, text: str) -> None:
        body = {"episode": request.episode, "note": self._own_note(request, text)}
        self.say(request.thread, "note.added.v1", body)

    def _hear_note_added(self, thread: Thread, message: Json) -> str | None:
        self._note(self._known(thread), message["body"]["note"])
        return None

    def _hear_request_core_changed(self, thread: Thread, message: Json) -> str | None:
        request, body = self._known(thread), message["body"]
        if not self._in(request, body) or (not request.ours and body["core_version"] <= request.core_version):
            return SUPERSEDED
        request.core |= body["core"]
        request.core_version = request.core_version + 1 if request.ours else body["core_version"]
        if request.ours:  # it was a proposal, and this is what became of it
            told = {"episode": request.episode, "core_version": request.core_version, "core": body["core"]}
            self.say(thread, "request.core_changed.v1", told)
        return None

    def _hear_request_restated(self, thread: Thread, message: Json) -> str | None:
        request, body = self._known(thread), message["body"]
        if body["by"] == "provider":
            if self._in(request, body):
                request.status, request.question = body["status"], body["question"]
            return None
        if body["episode"] > request.episode and body["open"]:
            self._begin(request, {**body, "notes": []})
        elif not body["open"] and request.open:
            request.open = False
            request.status = "withdrawn" if request.live else request.status
        elif request.question is not None and request.question == body["answered"]:
            request.status, request.question = "assigned", None
        done = request.status == "completed"
        told = {
            "by": "provider",
            "episode": request.episode,
            "request_id": request.id,
            "status": request.status,
            "question": request.question,
            "completion_reason": request.reason if done else None,
            "completed_at": request.completed_at if done else None,
        }
        self.say(thread, "request.restated.v1", {**told, "team": TEAM, "member": MEMBER})
        return None

    def _known(self, thread: Thread) -> Request:
        return self.requests[thread.id]

    def _in(self, request: Request, body: Json) -> bool:
        return bool(request.open and body["episode"] == request.episode)

    def _note(self, request: Request, note: Json | None) -> None:
        if note is not None:
            request.notes[self.partner, note["id"]] = note["text"]

    def _own_note(self, request: Request, text: str) -> Json:
        number = next(self._numbers)
        request.notes[self.account, number] = text
        said = {"id": number, "text": text, "person": MEMBER, "medium": "default"}
        return {**said, "created_at": now_text()}
