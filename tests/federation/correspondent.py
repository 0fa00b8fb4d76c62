"""A small correspondent: it says and hears notes in hand-over threads. What a text does to it is told in
`Talk`.

`Running` is its service as far as the border goes: the inside relay and a `Post`, in threads of this process.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from typing import Any

from services.common.context import Context
from services.common.outbox import Relay
from services.common.publishing import Outgoing
from services.common.store import Collection, Index, Record, Records, Saved, decide_again
from services.common.verdicts import Later, Park
from services.federation.border import Post
from services.federation.files.pulling import wake
from services.federation.messages.attachments import OFFERED
from services.federation.messages.threads import RESUMED, TYPES_OF_RESTORES
from services.federation.outgoing.letters import write
from services.federation.restoring import resuming
from services.federation.restoring.deployment import Deployment
from services.federation.sealing.envelope import Message
from services.federation.threads import Thread, open_thread, opened_by
from services.federation.verdicts import Verdict, done, refused
from tests.federation.files import TalkFiles, row_of

TALKS = Collection("talks", (Index(["partner", "thread_id"], unique=True),))
AT = "2026-01-05T09:00:00.000Z"
CORE = {
    "subject": "Talk",
    "category": "other",
    "impact": None,
    "requester": None,
    "desired_completion_at": None,
    "downtime_start_at": None,
    "downtime_end_at": None,
}


def note(text: str) -> dict[str, Any]:
    return {"id": 1, "text": text, "person": None, "medium": "default", "created_at": AT}


def opening(text: str) -> dict[str, Any]:
    return {
        "episode": [1, 1],
        "request_id": 1,
        "agreement": "agreement",
        "service_instance_id": 1,
        "origin": "origin",
        "core_version": 1,
        "core": CORE,
        "team": {"id": 1, "name": "Team"},
        "member": None,
        "notes": [note(text)],
    }


def _text(body: Mapping[str, Any]) -> str:
    return str(body["notes"][0]["text"] if "notes" in body else body["note"]["text"])


def _opened(context: Context, message: Message) -> Thread:
    return opened_by(message, incarnation=Deployment.of(context).incarnation)


class Talk:
    """The correspondent. A text that begins with `poison` raises, `later` waits until `open_up`, `no` is
    refused, as is a file whose name begins so.
    """

    def __init__(self) -> None:
        self.opened = threading.Event()
        self.mended = threading.Event()
        self.undone: list[str] = []
        self.flagged: list[str] = []
        self.remembered: list[str] = []
        self.files: TalkFiles | None = None

    def reset(self) -> None:
        self.opened.clear()
        self.mended.clear()
        self.undone.clear()
        self.flagged.clear()
        self.remembered.clear()

    def receive(self, context: Context, message: Message) -> Verdict:
        return self._hear(context, message)

    @decide_again
    def _hear(self, context: Context, message: Message) -> Verdict:
        if message.type in TYPES_OF_RESTORES:
            return self._found_again(context, message)
        if message.type == OFFERED:
            return self._take_offer(context, message)
        body = message.body
        text = _text(body)
        record = find(context, message.sender, message.thread)
        thread = thread_of(record) if record else _opened(context, message)
        verdict = refused("not_wanted") if text.startswith("no") else done()
        thread = thread.advance(message, verdict)
        if text.startswith("poison") and not self.mended.is_set():
            raise ValueError("a bug in the correspondent")
        if text.startswith("odd") and not self.mended.is_set():
            raise Park("odd_text", "somebody has to look at this")
        if text.startswith("later") and not self.opened.is_set():
            raise Later(0.2, "not_open")
        heard = [] if verdict.word == "refused" else [text]
        _keep(context, record, message.sender, thread, heard)
        return verdict

    def _take_offer(self, context: Context, message: Message) -> Verdict:
        record = find(context, message.sender, message.thread)
        assert record is not None
        code = "not_wanted" if message.body["file"]["name"].startswith("no") else None
        verdict = refused(code) if code else done()
        thread = thread_of(record).advance(message, verdict)
        _keep(context, record, message.sender, thread, [], [row_of(context, message, code)])
        wake(context, message.sender)
        return verdict

    def refused(self, context: Context, partner: str, row: Mapping[str, Any], code: str) -> None:
        self.undone.append(f"{row['sequence']} {code}")

    def discard(self, context: Context, message: Message) -> None:
        record = find(context, message.sender, message.thread)
        thread = thread_of(record) if record else _opened(context, message)
        _keep(context, record, message.sender, thread.advance(message, refused("discarded")), [])

    def unanswered(self, context: Context, row: Mapping[str, Any]) -> None:
        self.flagged.append(f"{row['sequence']} {row['state']}")

    def earlier(self, context: Context, incarnation: int) -> list[tuple[str, str]]:
        found = records(context).find({"thread.sent.incarnation": {"$lt": incarnation}})
        return [(record.state["partner"], record.state["thread_id"]) for record in found]

    @decide_again
    def resume(self, context: Context, partner: str, thread: str) -> None:
        record = find(context, partner, thread)
        assert record is not None
        if resuming.is_due(context, thread_of(record)):
            resumed, row = resuming.resumed(context, thread_of(record))
            _keep(context, record, partner, resumed, [], [row])

    def _found_again(self, context: Context, message: Message) -> Verdict:
        record = find(context, message.sender, message.thread)
        if record is None:
            return refused("unknown_thread")
        thread = thread_of(record)
        if message.type == RESUMED:
            thread, rows = resuming.answer(context, thread, message)
            _keep(context, record, message.sender, thread, [], rows)
            return done()
        thread = thread.advance(message)
        said = resuming.own_words(context, message)
        if said is not None and _text(said.body) not in self.remembered:
            self.remembered.append(_text(said.body))
        _keep(context, record, message.sender, thread, [])
        return done()


def records(context: Context) -> Records:
    return Records(context, TALKS)


def find(context: Context, partner: str, thread: str) -> Record | None:
    return records(context).find_one({"partner": partner, "thread_id": thread})


def thread_of(record: Record) -> Thread:
    return Thread.from_document(record.state["thread"])


def _keep(
    context: Context,
    record: Record | None,
    partner: str,
    thread: Thread,
    heard: list[str],
    rows: Sequence[Mapping[str, Any]] = (),
) -> None:
    before = record.state["heard"] if record else []
    state = {
        "partner": partner,
        "thread_id": thread.id,
        "thread": thread.to_document(),
        "heard": [*before, *heard],
    }
    if record:
        records(context).save(record, state, rows=rows)
    else:
        records(context).insert(context.new_uuid(), state, rows=rows)


class _NoEvents:
    def publish(self, *messages: Outgoing) -> None:
        assert not messages


def open_talk(context: Context, partner: str, text: str) -> str:
    """Opens a thread with a first note; gives its id."""
    incarnation = Deployment.of(context).incarnation
    thread = open_thread("handover", context.account, partner, context.new_uuid(), incarnation=incarnation)
    _say(context, partner, thread, None, "request.handed_over.v1", opening(text))
    return thread.id


def say(context: Context, partner: str, thread_id: str, text: str) -> None:
    say_body(context, partner, thread_id, "note.added.v1", {"episode": [1, 1], "note": note(text)})


@decide_again
def say_body(context: Context, partner: str, thread_id: str, type: str, body: dict[str, Any]) -> None:
    record = find(context, partner, thread_id)
    assert record is not None
    _say(context, partner, thread_of(record), record, type, body)


def _say(
    context: Context, partner: str, thread: Thread, record: Record | None, type: str, body: dict[str, Any]
) -> None:
    thread, row = write(context, thread, type=type, body=body)
    heard = record.state["heard"] if record else []
    state = {"partner": partner, "thread_id": thread.id, "thread": thread.to_document(), "heard": heard}
    if record:
        records(context).save(record, state, rows=[row])
    else:
        records(context).insert(context.new_uuid(), state, rows=[row])


class Running:
    """The service, as long as it runs. `context.wake` must be `Waker.wake` of the given waker."""

    def __init__(self, context: Context, talk: Talk, waker: Waker) -> None:
        self._waker = waker
        self.relay = Relay(
            context.database,
            context.account,
            "requests",
            _NoEvents(),
            context.clock,
            collections=[TALKS.name],
            crash=context.crash,
            sweep_seconds=context.config.sweep_seconds,
        )
        self.post = Post(context, talk, talk.files)
        self.relay.message_sink = self.post.outbox.offer
        self._thread = threading.Thread(target=self.relay.run, daemon=True)

    def start(self) -> None:
        self._waker.relay = self.relay
        self._thread.start()
        self.post.start()

    def stop(self) -> None:
        self._waker.relay = None
        self.post.stop()
        self.relay.stop()
        self._thread.join(10)


class Waker:
    """Wakes the relay while there is one."""

    relay: Relay | None = None

    def wake(self, saved: Saved) -> None:
        if self.relay is not None:
            self.relay.wake(saved)
