"""What reports count of all requests, page by page, for who makes his rows anew (`model.recorded`)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from pymongo.database import Database

from services.common import history
from services.common.database import answering
from services.requests.documents import decode
from services.requests.model import HistoryEntry, recorded_whole
from services.requests.store import NOTES, REQUESTS, read_note, read_request

Document = dict[str, Any]

MAX_PAGE: Final = 100


def recorded_requests(database: Database[Document], after: int | None, limit: int) -> Document:
    """`{records, next, total}`: what `request.recorded` has said of each of the requests after this id, as
    one; `next` is None on the last page, `total` how many there are, on the first. Raises Unavailable.
    """
    kept = database[REQUESTS.name]
    limit = max(1, min(limit, MAX_PAGE))
    asked: Document = {} if after is None else {"_id": {"$gt": after}}
    with answering():
        total = kept.estimated_document_count() if after is None else None
        found = list(kept.find(asked).sort([("_id", 1)]).limit(limit))
    notes = _notes(database, found)
    return {
        "records": [_whole(database, document, notes[document["_id"]]) for document in found],
        "next": found[-1]["_id"] if len(found) == limit else None,
        "total": total,
    }


def _whole(
    database: Database[Document], document: Mapping[str, Any], notes: Mapping[int, Document]
) -> Document:
    entries = document["history"]
    if document["history_moved"]:
        # Those of the version that was read: others may have come since.
        told = history.read(database, REQUESTS.name, document["_id"])
        entries = [entry for entry in told if entry["n"] <= document["history_total"]]
    return recorded_whole(
        read_request(document),
        [decode(HistoryEntry, entry) for entry in entries],
        [read_note(notes[id]) for id in sorted(notes)],
    )


def _notes(database: Database[Document], requests: list[Document]) -> dict[int, dict[int, Document]]:
    """The notes of requests; those too that a crash has left with them."""
    notes: dict[int, dict[int, Document]] = {document["_id"]: {} for document in requests}
    for document in requests:
        for row in document["outbox"]:
            if row["type"] == NOTES.name:
                notes[document["_id"]][row["document"]["_id"]] = row["document"]
    with answering():
        for note in database[NOTES.name].find({"request_id": {"$in": list(notes)}}):
            notes[note["request_id"]][note["_id"]] = note
    return notes
