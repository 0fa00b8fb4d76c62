"""Requests that a partner hands over, as their provider."""

from __future__ import annotations

from typing import Any

from tests.wire.second.requests import MEMBER, TEAM, Request, Requests
from tests.wire.second.sealing import Json
from tests.wire.second.threads import SUPERSEDED, Thread, new_id, now_text

INSTANCE = 33


class Provider(Requests):
    """Offers agreements, and takes, works on and ends what is handed over under them."""

    def __init__(self, *parts: Any, **options: Any) -> None:
        super().__init__(*parts, **options)
        self.offered: dict[str, Json] = {}  # by thread

    def offer(self, name: str) -> Thread:
        """Offers an active agreement to the whole of the partner's account."""
        sla = {"id": 12, "name": name, "status": "active", "coverage": "customer_account"}
        days = {"start_date": "2026-01-01", "notice_date": None, "expiry_date": None}
        body: Json = {
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
