"""One collection of records, each saved whole by compare-and-set. See the package."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

import bson
from pymongo.errors import DuplicateKeyError

from services.common import history as history_pages
from services.common import trace
from services.common.database import Document, answering
from services.common.errors import Conflict, NotFound, PreconditionFailed, Stale, Unavailable
from services.common.metrics import SAVES
from services.common.store.declared import Collection, Index
from services.common.store.record import Record, RecordId, Saved
from services.common.store.rows import copy
from services.common.store.values import storable

if TYPE_CHECKING:
    from services.common.context import Context

MAX_WAITING_ROWS = 64
RESERVED: Final = frozenset(
    {"_id", "version", "outbox", "history", "history_total", "history_moved", "unsent"}
)


class Records:
    """One collection of records. `collection` is a name with `indexes`, or a `Collection`."""

    def __init__(self, context: Context, collection: str | Collection, indexes: Sequence[Index] = ()) -> None:
        if isinstance(collection, str):
            collection = Collection(collection, tuple(indexes))
        if context.sweeps is not None and collection.name not in context.sweeps:
            raise ValueError(
                f"{collection.name} is not declared to ServiceContext(collections=…): nobody would sweep it"
            )
        self.collection = collection
        self._context = context
        self._documents = context.database[collection.name]

    def get(self, id: RecordId, version: int | None = None) -> Record:
        """`version`: the only one that the caller wants to change. What is loaded is what `save` compares
        with, so nobody's save can come between. Raises `NotFound`, `PreconditionFailed`.
        """
        record = self.find_one({"_id": id})
        if record is None:
            raise NotFound()
        if version is not None and record.version != version:
            raise PreconditionFailed()
        return record

    def find_one(self, filter: Mapping[str, Any]) -> Record | None:
        with answering():
            document = self._documents.find_one(filter, {"history": 0})
        return None if document is None else _record(document)

    def find(
        self, filter: Mapping[str, Any], sort: Sequence[tuple[str, int]] = (), limit: int = 0
    ) -> Iterator[Record]:
        with answering():
            found = self._documents.find(filter, {"history": 0}, limit=limit)
            for document in found.sort(list(sort)) if sort else found:
                yield _record(document)

    def insert(
        self,
        id: RecordId,
        state: Mapping[str, Any],
        *,
        rows: Iterable[Mapping[str, Any]] = (),
        history: Iterable[Mapping[str, Any]] = (),
    ) -> Record:
        """A new record, version 1. A unique key that is taken raises `Conflict` that names it."""
        clean = storable(_checked(state))
        waiting = self._rows(rows)
        entries = _numbered(history, 0)
        document = {"_id": id, "version": 1, **clean, "outbox": list(waiting), "history": entries}
        document |= {"history_total": len(entries), "history_moved": 0}
        if waiting:
            document["unsent"] = self._context.clock.now()
        self._here("before_save")
        try:
            with answering():
                self._documents.insert_one(document)
        except DuplicateKeyError as error:
            raise _taken(error) from error
        return self._saved(Record(id, 1, clean, waiting, len(entries), 0, _encoded(clean)), waiting)

    def save(
        self,
        record: Record,
        state: Mapping[str, Any],
        *,
        rows: Iterable[Mapping[str, Any]] = (),
        history: Iterable[Mapping[str, Any]] = (),
    ) -> Record:
        """The record with a new state, one version on. Raises `Stale` when it was saved since."""
        clean = storable(_checked(state))
        encoded = _encoded(clean)
        new_rows = self._rows(rows)
        waiting = self._room_for(record, new_rows)
        entries = _numbered(history, record.history_total)
        moved = self._history_room(record, len(entries))
        update = _update(record, clean, encoded, new_rows, entries)
        if new_rows:
            update["$set"]["unsent"] = self._context.clock.now()
        self._here("before_save")
        try:
            with answering():
                result = self._documents.update_one({"_id": record.id, "version": record.version}, update)
        except DuplicateKeyError as error:
            raise _taken(error) from error
        if result.matched_count == 0:
            self._count("stale")
            raise Stale()
        total = record.history_total + len(entries)
        return self._saved(
            Record(record.id, record.version + 1, clean, waiting, total, moved, encoded), new_rows
        )

    def history(self, id: RecordId, before: int | None = None, limit: int | None = None) -> list[Document]:
        """The record's history, oldest first; see `history.read`."""
        return history_pages.read(self._context.database, self.collection.name, id, before, limit)

    def _saved(self, record: Record, new_rows: Sequence[Document]) -> Record:
        self._here("after_save")
        self._count("saved")
        strip = record.history_total - record.history_moved
        try:
            copy(self._context.database, new_rows)
        except Unavailable:
            return record  # saved all the same; the sweep finds its rows
        if new_rows or strip >= history_pages.MOVE_AT:
            rows = record.waiting if new_rows else ()
            copied = frozenset(row["id"] for row in new_rows if row["kind"] == "copy")
            self._context.wake(Saved(self.collection.name, record.id, record.version, rows, strip, copied))
        return record

    def _rows(self, rows: Iterable[Mapping[str, Any]]) -> tuple[Document, ...]:
        made = []
        for row in rows:
            complete = {"id": None, "at": None, "traceparent": None} | storable(dict(row))
            complete["id"] = complete["id"] or self._context.new_uuid()
            complete["at"] = complete["at"] or self._context.clock.now()
            complete["traceparent"] = complete["traceparent"] or trace.traceparent()
            if complete.get("kind") not in ("event", "message", "copy") or "type" not in complete:
                raise ValueError(f"neither an event row, a message row nor a copy row: {row}")
            made.append(complete)
        return tuple(made)

    def _room_for(self, record: Record, rows: tuple[Document, ...]) -> tuple[Document, ...]:
        waiting = record.waiting + rows
        if len(waiting) <= MAX_WAITING_ROWS or not rows:
            return waiting
        with answering():  # the relay may have sent them since the record was loaded
            now = self._documents.find_one({"_id": record.id}, {"outbox": 1}) or {}
        left = tuple(now.get("outbox", ()))
        # What one decision alone brings (a hand-over with many notes) waits for an empty strip, not for ever.
        if left and len(left) + len(rows) > MAX_WAITING_ROWS:
            raise Unavailable(
                "outbox_full", "Too much of this record waits to be sent; try again when the broker is back."
            )
        return (*left, *rows)

    def _history_room(self, record: Record, new: int) -> int:
        """The number of entries that have moved; moves them now when the strip would run over."""
        if record.history_total - record.history_moved + new <= history_pages.MAX_STRIP:
            return record.history_moved
        return history_pages.move(self._context.database, self.collection.name, record.id)

    def _here(self, place: str) -> None:
        self._context.crash.here(f"{self._context.service}.{place}")

    def _count(self, outcome: str) -> None:
        context = self._context
        SAVES.labels(context.account, context.service, self.collection.name, outcome).inc()


def _checked(state: Mapping[str, Any]) -> Mapping[str, Any]:
    if taken := RESERVED & state.keys():
        raise ValueError(f"a state may not hold {sorted(taken)}: the store's own")
    return state


def _record(document: Document) -> Record:
    state = {name: value for name, value in document.items() if name not in RESERVED}
    return Record(
        document["_id"],
        document["version"],
        state,
        tuple(document.get("outbox", ())),
        document.get("history_total", 0),
        document.get("history_moved", 0),
        _encoded(state),
    )


def _encoded(state: Mapping[str, Any]) -> dict[str, bytes]:
    return {name: bson.encode({"": value}) for name, value in state.items()}


def _numbered(entries: Iterable[Mapping[str, Any]], total: int) -> list[Document]:
    """Each says too in which request it came about, so that it is found in the logs of all services."""
    traced = trace.headers()
    return [
        {**storable(dict(entry)), **traced, "n": total + nth} for nth, entry in enumerate(entries, start=1)
    ]


def _update(
    record: Record,
    state: Document,
    encoded: Mapping[str, bytes],
    rows: Sequence[Document],
    entries: Sequence[Document],
) -> dict[str, dict[str, Any]]:
    # A record made by hand knows nothing of what is stored: then all is set.
    changed = {name: state[name] for name, value in encoded.items() if record.stored.get(name) != value}
    gone = (record.stored or record.state).keys() - state.keys()
    push = {name: {"$each": list(items)} for name, items in (("outbox", rows), ("history", entries)) if items}
    update: dict[str, dict[str, Any]] = {"$inc": {"version": 1}, "$set": changed}
    if gone:
        update["$unset"] = dict.fromkeys(gone, "")
    if push:
        update["$push"] = push
    if entries:
        update["$inc"]["history_total"] = len(entries)
    return update if changed or rows else {name: part for name, part in update.items() if part}


def _taken(error: DuplicateKeyError) -> Conflict:
    details = error.details or {}
    names = [str(name) for name in (details.get("keyPattern") or {})] or _names_in(str(error))
    errors = [(name, "has already been taken") for name in names]
    return Conflict("already_taken", "Another record has this already.", errors)


def _names_in(text: str) -> list[str]:
    match = re.search(r"dup key: \{ ?([^}]*)\}", text)
    return re.findall(r"\"?([\w.]+)\"?: ", match.group(1)) if match else []
