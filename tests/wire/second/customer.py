"""Requests that are handed over to a partner, as its customer."""

from __future__ import annotations

from typing import Any

from tests.wire.second.requests import MEMBER, TEAM, Request, Requests
from tests.wire.second.sealing import Json
from tests.wire.second.threads import SUPERSEDED, Refused, Thread, new_id

_CORE = dict.fromkeys(
    ("impact", "requester", "desired_completion_at", "downtime_start_at", "downtime_end_at")
)


class Customer(Requests):
    """Keeps the agreements that are offered; hands over, answers, reopens and closes."""

    def __init__(self, *parts: Any, **options: Any) -> None:
        super().__init__(*parts, **options)
        self.agreements: dict[str, Json] = {}  # by thread

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
