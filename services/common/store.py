"""Records: aggregates that are each one document, saved whole by one compare-and-set.

What it promises
    A save is one update of one document: the new state, the rows to be sent and the history entries stand or
    fall together. It succeeds only if nobody saved since the record was loaded; else it raises `Stale`, and
    the action is decided again from the new state (`decide_again`), never merged. So no transaction over
    several documents is needed, and a crash at any point leaves either all of a decision or nothing of it.

The document
    {_id, version, **state, outbox: [row…], history: [entry…], history_total, history_moved, unsent}

    `version` counts saves. `outbox` and `history` are landing strips, not homes: the relay (outbox.py) sends
    rows and takes them off; history entries move to `<collection>_history` when the strip is long, which
    costs nothing per save. `unsent` says since when rows wait and is absent when none do; it is indexed, so
    that a sweep finds what a crash left. The strips are bounded (64 rows, 100 entries): a record never grows
    past what one document should hold.

Names beginning with `$`, or with `.` or NUL in them, are refused anywhere in a state: they mean something to
the database. Times must be aware; they are kept in whole milliseconds.
"""

from __future__ import annotations

import math
import random
import re
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import wraps
from typing import TYPE_CHECKING, Any, Final, ParamSpec, TypeVar

import bson
from pymongo.database import Database
from pymongo.errors import DuplicateKeyError

from services.common import history as history_pages
from services.common import trace
from services.common.clock import milliseconds
from services.common.database import Document, answering, insert_missing
from services.common.errors import Conflict, Invalid, NotFound, Stale, Unavailable
from services.common.metrics import SAVES

if TYPE_CHECKING:
    from services.common.context import Context

MAX_WAITING_ROWS = 64
MAX_DECISIONS = 20
RESERVED: Final = frozenset(
    {"_id", "version", "outbox", "history", "history_total", "history_moved", "unsent"}
)

RecordId = int | str
P = ParamSpec("P")
R = TypeVar("R")


@dataclass(frozen=True, init=False)
class Index:
    """An index: `Index("team_id")`, `Index(["status", "-updated_at"])`, `Index([("a", 1), ("b", -1)])`."""

    keys: tuple[tuple[str, int], ...]
    unique: bool
    sparse: bool

    def __init__(
        self, keys: str | Sequence[str | tuple[str, int]], unique: bool = False, sparse: bool = False
    ) -> None:
        listed = [keys] if isinstance(keys, str) else keys
        object.__setattr__(self, "keys", tuple(_key(key) for key in listed))
        object.__setattr__(self, "unique", unique)
        object.__setattr__(self, "sparse", sparse)

    def ensure(self, database: Database[Document], collection: str) -> None:
        """Makes it unless it is there. Raises `Unavailable`."""
        options: dict[str, Any] = {name: True for name in ("unique", "sparse") if getattr(self, name)}
        with answering():
            database[collection].create_index(list(self.keys), **options)


def _key(key: str | tuple[str, int]) -> tuple[str, int]:
    if isinstance(key, tuple):
        return key
    return (key[1:], -1) if key.startswith("-") else (key, 1)


@dataclass(frozen=True)
class Collection:
    """A collection and its indexes. `records`: it holds records with landing strips (see above)."""

    name: str
    indexes: tuple[Index, ...] = ()
    records: bool = True

    def ensure(self, database: Database[Document]) -> None:
        """Makes its indexes; at service start."""
        if self.records:
            Index("unsent", sparse=True).ensure(database, self.name)
            Index(["record", "n"]).ensure(database, history_pages.collection_name(self.name))
        for index in self.indexes:
            index.ensure(database, self.name)


@dataclass(frozen=True)
class Record:
    """One record as it was loaded: its state without the strips. Change a copy."""

    id: Any
    version: int
    state: dict[str, Any]
    waiting: tuple[dict[str, Any], ...] = field(default=(), repr=False, compare=False)  # rows not yet sent
    history_total: int = field(default=0, repr=False, compare=False)
    history_moved: int = field(default=0, repr=False, compare=False)
    stored: Mapping[str, bytes] = field(
        default_factory=dict, repr=False, compare=False
    )  # state as it lies there


@dataclass(frozen=True)
class Saved:
    """What the relay is told after a save: all rows that wait in the record, oldest first."""

    collection: str
    id: Any
    version: int
    rows: tuple[dict[str, Any], ...]
    history_waiting: int = 0
    copied: frozenset[str] = frozenset()  # ids of `copy` rows whose documents are made already


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

    def get(self, id: RecordId) -> Record:
        """Raises `NotFound`."""
        record = self.find_one({"_id": id})
        if record is None:
            raise NotFound()
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
        waiting = (*now.get("outbox", ()), *rows)
        if len(waiting) > MAX_WAITING_ROWS:
            raise Unavailable(
                "outbox_full", "Too much of this record waits to be sent; try again when the broker is back."
            )
        return waiting

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


def decide_again(action: Callable[P, R]) -> Callable[P, R]:
    """An action that loads, decides and saves once: when the save is `Stale`, all of it is done again (20
    times).
    """

    @wraps(action)
    def deciding(*args: P.args, **kwargs: P.kwargs) -> R:
        for tried in range(1, MAX_DECISIONS):
            try:
                return action(*args, **kwargs)
            except Stale:
                if tried > 2:  # many at one record: stop marching in step
                    time.sleep(random.uniform(0, 0.005 * tried))  # noqa: S311
        return action(*args, **kwargs)

    return deciding


def event_row(type: str, body: Mapping[str, Any], id: str | None = None) -> dict[str, Any]:
    """A row that says "this happened" to the account's own services: event `type` (`noun.verb`) of this
    service.
    """
    return {"id": id, "kind": "event", "type": type, "body": dict(body)}


def copy_row(collection: str, document: Mapping[str, Any]) -> dict[str, Any]:
    """A row that puts `document` (with its `_id`) into a collection of its own: what is said in a save and
    would not fit into the record for good, such as a note. It comes there once, however often the row is
    relayed.
    """
    id = f"{collection}:{document['_id']}"
    return {"id": id, "kind": "copy", "type": collection, "document": dict(document)}


def copy(database: Database[Document], rows: Sequence[Mapping[str, Any]]) -> None:
    """Makes the documents of the `copy` rows among these, where they are not there yet. Raises
    `Unavailable`.
    """
    by_collection: dict[str, list[Document]] = {}
    for row in rows:
        if row["kind"] == "copy":
            by_collection.setdefault(row["type"], []).append(row["document"])
    for name, documents in by_collection.items():
        with answering():
            insert_missing(database[name], documents)


def storable(value: Any) -> Any:
    """A copy of `value` as the database keeps it: lists, plain names, times in milliseconds.

    Raises `Invalid` for names that mean something to the database (`name_not_allowed`) and for numbers that
    it does not keep (`number_too_big`, `not_a_number`), `ValueError` for naive times."""
    if isinstance(value, str | bool | bytes | None):
        return value
    if isinstance(value, int | float):
        return _number(value)
    if isinstance(value, Mapping):
        return {_name(key): storable(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [storable(item) for item in value]
    if isinstance(value, datetime):
        return milliseconds(value)
    raise TypeError(f"{type(value).__name__} is not kept: {value!r}")


def _number(value: float) -> float:
    if isinstance(value, int) and not -(2**63) <= value < 2**63:
        raise Invalid("number_too_big", f"{value} is too big a number.")
    if isinstance(value, float) and not math.isfinite(value):
        raise Invalid("not_a_number", f"{value} is not a number.")
    return value


def _name(key: Any) -> str:
    if not isinstance(key, str):
        raise TypeError(f"a name must be a text, not {key!r}")
    if key.startswith("$") or "." in key or "\0" in key:
        raise Invalid("name_not_allowed", errors=[(key, "may not begin with '$' or contain '.'")])
    return key


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
    return [{**storable(dict(entry)), "n": total + nth} for nth, entry in enumerate(entries, start=1)]


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
