"""Requests on both sides of a hand-over: their notes and core, and where both sides stand (section 9 of
docs/partner-protocol.md).
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from typing import Any

from tests.wire.second.sealing import Json
from tests.wire.second.talk import Talk
from tests.wire.second.threads import SUPERSEDED, Thread, now_text

TEAM = {"id": 8, "name": "Second desk"}
MEMBER = {"id": 71, "name": "Sam Second"}


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


class Requests(Talk):
    """What a provider and a customer do alike."""

    def __init__(self, *parts: Any, **options: Any) -> None:
        super().__init__(*parts, **options)
        self.requests: dict[str, Request] = {}
        self._numbers = itertools.count(501)

    def hear(self, thread: Thread, message: Json) -> str | None:
        name = message["type"].rpartition(".v")[0].replace(".", "_")
        remark: str | None = getattr(self, f"_hear_{name}")(thread, message)
        return remark

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

    def _begin(self, request: Request, body: Json) -> None:
        """A new episode, as its provider."""
        raise NotImplementedError

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
