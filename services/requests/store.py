"""The documents of this service, their collections and indexes.

requests   `_id` an integer; the fields of `model.Request` under their own names (see `documents`), and
           beside them
           `threads`       both positions of every hand-over thread: applying a partner's message is one save
           `live`          not completed; what most lists begin with
           `crossing`      it came from, or was given to, another account
           `open_with`     the partners with whom an episode is open; absent without any
           `wait_ends_at`  when it goes back to `assigned` by itself: never while a provider has it
           `next_target_at`, `accountable_team_ids`  what the account's clocks last said of it while it is
                           open, of the situation `targets_of` (`actions.targets`); its `TARGETS`, `sla_ids`
           `search`        the terms it is found by; for `observers`, `look_at` see `observations`
notes      `_id` an integer; the fields of `model.Note` and `request_id`. A note is saved in the same save
           as its request (as a `copy` row, see `common.store`) and stands here right after.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from pymongo.database import Database

from services.common import attachments
from services.common.context import Context
from services.common.copies import collection_name
from services.common.database import answering
from services.common.errors import naming
from services.common.idempotency import KEYS
from services.common.listing import terms
from services.common.store import Collection, Index, Record, Records, copy, copy_row, event_row
from services.federation.outgoing.letters import write
from services.federation.restoring.deployment import Deployment
from services.federation.restoring.resuming import resumed
from services.federation.threads import Thread, open_thread
from services.requests import observations
from services.requests.documents import decode, encode
from services.requests.model import HistoryEntry, Note, Outgoing, Place, Request, Step, place, recorded

Document = dict[str, Any]

VERSION: Final = ".v1"
"""Of every message type that this service says."""

REQUESTS: Final = Collection(
    "requests",
    (
        Index(["live", "_id"]),
        Index(["status", "_id"]),
        Index(["team.id", "_id"]),
        Index(["team.id", "live", "_id"]),
        Index(["member.id", "_id"]),
        Index(["member.id", "live", "_id"]),
        Index(["requested_by.id", "_id"]),
        Index(["requested_for.id", "_id"]),
        Index(["created_by.id", "_id"]),
        Index(["organization.id", "_id"]),
        Index(["service_instance.id", "_id"]),
        Index(["supplier.id", "_id"]),
        Index(["core.category", "_id"]),
        Index(["core.impact", "_id"]),
        Index(["core.subject", "_id"]),
        Index(["crossing", "_id"]),
        Index(["created_at", "_id"]),
        Index(["updated_at", "_id"]),
        Index(["completed_at", "_id"]),
        Index(["next_target_at", "_id"]),
        Index(["accountable_team_ids", "live", "_id"]),
        Index(["sla_ids", "_id"]),
        Index(["below.agreement", "_id"]),
        Index(["source_id", "_id"]),
        Index("source", sparse=True),
        Index("supplier_request_id", sparse=True),
        Index("origin_key", unique=True, sparse=True),
        Index("core.origin"),
        Index("wait_ends_at", sparse=True),
        Index("flags.kind", sparse=True),
        Index("threads.id", unique=True, sparse=True),
        Index("threads.partner", sparse=True),
        Index("open_with", sparse=True),
        Index("look_at", sparse=True),
        Index("search"),
    ),
)
TARGETS: Final = ("response_target_at", "resolution_target_at", "requester_resolution_target_at")
_SAID_BY_CLOCKS: Final = (*TARGETS, "next_target_at", "accountable_team_ids", "targets_of", "sla_ids")
# Few requests have these, and only theirs are in their sparse indexes: null would be in them, too.
_SELDOM: Final = ("source", "supplier_request_id")
NOTES: Final = Collection(
    "notes",
    (
        Index(["request_id", "_id"]),
        Index(["person.id", "_id"]),
        Index(["medium", "_id"]),
        Index(["created_at", "_id"]),
        Index(["visibility", "_id"]),
        Index("attachments.id", sparse=True),
    ),
    records=False,
)
# A partner's record is found by its own id there, an SLA by its representatives, and who is below whom.
_FOUND_BY: Final = {
    **dict.fromkeys(("team", "person"), Index(["remote_id", "account.id"])),
    "sla": Index(["customer_representative_ids", "status"]),
    "organization": Index("parent_id"),
}
COPIES: Final = tuple(Collection(collection_name(kind), (by,), False) for kind, by in _FOUND_BY.items())
COLLECTIONS: Final = (REQUESTS, NOTES, KEYS, *COPIES, *attachments.COLLECTIONS, *observations.COLLECTIONS)


@dataclass(frozen=True)
class Stored:
    """A request with its threads, as it was loaded."""

    record: Record
    request: Request
    threads: Mapping[str, Thread]


def requests(context: Context) -> Records:
    return Records(context, REQUESTS)


def load(context: Context, id: int, version: int | None = None) -> Stored:
    """Raises NotFound, PreconditionFailed when it is not in that version."""
    return _stored(requests(context).get(id, version))


def find(context: Context, filter: Mapping[str, Any]) -> Stored | None:
    record = requests(context).find_one(filter)
    return None if record is None else _stored(record)


def find_by_thread(context: Context, partner: str, thread: str) -> Stored | None:
    """The request of a thread; a thread is looked up only together with its partner."""
    stored = find(context, {"threads.id": thread})
    return stored if stored is not None and stored.threads[thread].partner == partner else None


def save(
    context: Context,
    step: Step,
    stored: Stored | None = None,
    heard: Thread | None = None,
    resumes: str | None = None,
    also: Sequence[Mapping[str, Any]] = (),
) -> Stored:
    """One save of all of a step: the request, its notes, history and events, and the messages to partners,
    each with its place in its thread and its seal. `heard` is the thread after the partner's message that
    the step applied, `resumes` the thread that is resumed before anything else is said in it, `also` rows
    that are kept with it.

    Raises Stale, Conflict, and Unavailable while the account has no keys or its outbox is full.
    """
    threads = dict(stored.threads) if stored else {}
    if heard is not None:
        threads[heard.id] = heard
    messages = []
    if resumes is not None:
        threads[resumes], row = resumed(context, threads[resumes], request_id=step.request.id)
        messages.append(row)
    for said in step.outgoing:
        thread = threads.get(said.thread) or _opened(context, said.thread, said.partner)
        threads[said.thread], row = write(
            context, thread, id=said.id, type=said.type + VERSION, body=said.body, **_about(step, said)
        )
        messages.append(row)
    rows = [
        *(copy_row(NOTES.name, note_document(step.request.id, note)) for note in step.notes),
        *(*messages, *also),
        *(event_row(event.type, event.facts) for event in step.events),
        *(event_row("request.recorded", body) for body in recorded(step, stored.request if stored else None)),
    ]
    state = _state(step.request, threads.values(), stored.record.state if stored else {})
    history = [_entry(entry) for entry in step.history]
    kept = requests(context)
    with naming({"origin_key": "sourceID"}):
        if stored is None:
            record = kept.insert(step.request.id, state, rows=rows, history=history)
        else:
            record = kept.save(stored.record, state, rows=rows, history=history)
    return Stored(record, replace(step.request, version=record.version), threads)


def public_notes(context: Context, stored: Stored) -> tuple[Note, ...]:
    """The request's public notes so far, oldest first; those too that a crash has left with the request."""
    left = [row["document"] for row in stored.record.waiting if row["type"] == NOTES.name]
    with answering():
        kept = list(context.database[NOTES.name].find({"request_id": stored.request.id}))
    notes = {document["_id"]: read_note(document) for document in (*left, *kept)}
    return tuple(sorted((note for note in notes.values() if note.public), key=lambda note: note.n))


def note_of(context: Context, stored: Stored, partner: str, id: int) -> Document | None:
    """The document of the note that the partner calls so; it stands in `notes` from now on."""
    copy(context.database, [row for row in stored.record.waiting if row["type"] == NOTES.name])
    with answering():
        found = context.database[NOTES.name].find({"request_id": stored.request.id, "source": [partner, id]})
        return next(iter(found), None)


def has_note(context: Context, stored: Stored, id: int) -> bool:
    """Whether the request as it was loaded has this note; if so, it stands in `notes` from now on."""
    copy(context.database, [row for row in stored.record.waiting if row["type"] == NOTES.name])
    with answering():
        return context.database[NOTES.name].find_one({"_id": id}, {"_id": 1}) is not None


def document_of(stored: Stored) -> Document:
    """The request's document, as it lies in the database but for what waits in it."""
    return {"_id": stored.record.id, "version": stored.record.version, **stored.record.state}


def origin_key(source: str, source_id: str) -> str:
    """What is unique among requests that name the record of another system that they were made from."""
    return json.dumps([source, source_id])


def note_document(request_id: int, note: Note) -> Document:
    document: Document = encode(note)
    return {"_id": document.pop("id"), "request_id": request_id, **document}


def read_note(document: Mapping[str, Any]) -> Note:
    return decode(Note, {**document, "id": document["_id"]})


def read_request(document: Mapping[str, Any]) -> Request:
    """The request of a document as it lies in the database."""
    return decode(Request, {**document, "id": document["_id"]})


def ensure_indexes(database: Database[Document]) -> None:
    for collection in COLLECTIONS:
        collection.ensure(database)


def _stored(record: Record) -> Stored:
    request = decode(Request, {**record.state, "id": record.id, "version": record.version})
    threads = [Thread.from_document(document) for document in record.state.get("threads", ())]
    return Stored(record, request, {thread.id: thread for thread in threads})


def _state(request: Request, threads: Iterable[Thread], before: Mapping[str, Any]) -> Document:
    state: Document = encode(request)
    del state["id"], state["version"]
    state["live"] = request.live
    state["crossing"] = request.above is not None or bool(request.below)
    for name in _SELDOM:
        if state[name] is None:
            del state[name]
    state |= _open_with(request)
    state |= _targets(request, before) | observations.looked_at(before, request.updated_at)
    state["search"] = terms(*_words(request))
    if documents := [thread.to_document() for thread in threads]:
        state["threads"] = documents
    if request.source and request.source_id:
        state["origin_key"] = origin_key(request.source, request.source_id)
    if place(request) is Place.WAITING_FOR and request.waiting_until:
        state["wait_ends_at"] = request.waiting_until
    return state


def _targets(request: Request, before: Mapping[str, Any]) -> Document:
    """What was said stays as it was loaded, so that what is said meanwhile is not saved over."""
    kept = {name: before[name] for name in _SAID_BY_CLOCKS if name in before}
    if request.live and before.get("live"):
        return kept
    target = "best_effort" if request.live else "no_target"
    return {**kept, "next_target_at": target, "accountable_team_ids": []}


def _open_with(request: Request) -> Document:
    partners = {side.partner for side in (request.above, request.link) if side is not None and side.open}
    return {"open_with": sorted(partners)} if partners else {}


def _words(request: Request) -> Sequence[str]:
    # Not what its requester may not see: he could find it out by searching for it.
    words = [request.core.subject, str(request.id), request.source_id]
    return [word for word in words if word]


def _about(step: Step, said: Outgoing) -> Document:
    """What the row of a message tells besides: the request, and of an offer which file of which note."""
    about: Document = {"request_id": step.request.id}
    if "file" in said.body:
        about["file"] = {"note_id": said.body["note_id"], "key": said.body["file"]["key"]}
    return about


def _entry(entry: HistoryEntry) -> Document:
    return {name: value for name, value in encode(entry).items() if name != "n"}  # the store numbers them


def _opened(context: Context, thread: str, partner: str) -> Thread:
    kind, opener, uuid = thread.split("/")
    return open_thread(kind, opener, partner, uuid, incarnation=Deployment.of(context).incarnation)
