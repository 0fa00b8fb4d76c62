"""Copies: what one service keeps of another service's records, so that rules need not ask on every step.

The owner says `<kind>.saved` with the record's public shape and its version in the same save that changes it
(`saved_event`), and answers `copies(kind, after, limit)` and `copy(kind, id)` (`Offer`). The holder
(`copy_holder.CopyHolder`) takes these events, fetches a snapshot when it starts, and keeps the newest version
of each record in `copy_<kind>` as `{_id, version, **record}`. An older version never replaces a newer one, so
events may come twice or in any order.

A copy may be a moment old; what was read is kept for two seconds, unless something newer is stored here. So
a rule that refuses because of a copy refreshes it once (`refresh`) and decides again before it tells the
caller. A record that is not there is asked of the owner at once (`get`).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pymongo.database import Database
from pymongo.errors import DuplicateKeyError

from services.common.actor import Actor
from services.common.database import Document, answering
from services.common.errors import Invalid
from services.common.store import Index, Record, RecordId, event_row, storable

if TYPE_CHECKING:
    from services.common.context import Caller

MAX_PAGE = 200
KEPT_SECONDS = 2.0
KEPT_RECORDS = 2_000


def collection_name(kind: str) -> str:
    return f"copy_{kind}"


def saved_event(kind: str, id: RecordId, version: int, record: Mapping[str, Any]) -> dict[str, Any]:
    """The row `<kind>.saved` for the save that makes `version` (the loaded record's + 1; 1 for a new one)."""
    body = {"id": id, "version": version, "record": {"id": id, **record}}
    return event_row(f"{kind}.saved", body, id=f"{kind}.saved:{id}:{version}")


class Copies:
    """What this service holds of others. `owners`: kind → the service that owns it."""

    def __init__(
        self,
        database: Database[Document],
        rpc: Caller,
        owners: Mapping[str, str],
        account: str,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._database = database
        self._rpc = rpc
        self._system = Actor.system(account)
        self._monotonic = monotonic
        self._kept: dict[tuple[str, Hashable], tuple[float, Document]] = {}
        self.owners = dict(owners)

    def get(self, kind: str, id: RecordId) -> Document | None:
        """The record, asked of its owner when it is not here; None when the owner has none.

        Raises `Unavailable` when it is not here and the owner does not answer.
        """

        def read() -> Document | None:
            with answering():
                found = self._copies(kind).find_one({"_id": id})
            return _shown(found) if found else self.refresh(kind, id)

        return self._keep(kind, id, read)

    def refresh(self, kind: str, id: RecordId) -> Document | None:
        """The record as its owner has it now. Raises `Unavailable`."""
        if kind not in self.owners:
            return None
        answer = self._rpc.call(self.owners[kind], "copy", self._system, kind, id)
        if answer is None:
            return None
        self._forget(kind)
        for saved in self._newer(kind, [answer]):
            self.store(kind, saved)
        with answering():
            return _shown(self._copies(kind).find_one({"_id": id}))

    def find(
        self,
        kind: str,
        filter: Mapping[str, Any],
        sort: Sequence[tuple[str, int]] = (),
        limit: int = 0,
    ) -> list[Document]:
        """Records of the copy that match; what the owner has and we have not yet seen is not among them."""
        with answering():
            found = self._copies(kind).find(filter, limit=limit)
            return [
                shown
                for document in (found.sort(list(sort)) if sort else found)
                if (shown := _shown(document))
            ]

    def find_one(self, kind: str, filter: Mapping[str, Hashable]) -> Document | None:
        """The record whose fields have these values, as far as we have seen it."""
        wanted = tuple(sorted(filter.items()))
        return self._keep(kind, wanted, lambda: next(iter(self.find(kind, filter, limit=1)), None))

    def store(self, kind: str, saved: Mapping[str, Any]) -> bool:
        """Keeps `{id, version, record}` unless what is here is as new. True when it was newer."""
        version = saved["version"]
        document = {"_id": saved["id"], **storable(saved["record"]), "version": version}
        older = {"_id": saved["id"], "version": {"$lt": version}}
        copies = self._copies(kind)
        with answering():
            try:
                result = copies.replace_one(older, document, upsert=True)
            except DuplicateKeyError:  # one is here, as new, or put in at this very moment
                result = copies.replace_one(older, document)
        self._forget(kind)
        return bool(result.matched_count or result.upserted_id is not None)

    def fetch(self, kind: str) -> int:
        """Takes a snapshot of all the owner has; gives the number of records. Raises `Unavailable`."""
        count, after = 0, None
        while True:
            page = self._rpc.call(self.owners[kind], "copies", self._system, kind, after, MAX_PAGE)
            for saved in self._newer(kind, page["copies"]):
                self.store(kind, saved)
            count += len(page["copies"])
            after = page["next"]
            if after is None:
                return count

    def _newer(self, kind: str, page: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
        """Those that are newer than what is here: mostly none, and then no write is made."""
        ids = [saved["id"] for saved in page]
        with answering():
            known = {
                document["_id"]: document["version"]
                for document in self._copies(kind).find({"_id": {"$in": ids}}, {"version": 1})
            }
        return [saved for saved in page if saved["version"] > known.get(saved["id"], -1)]

    def ensure_indexes(self, indexes: Mapping[str, Iterable[Index]]) -> None:
        for kind, wanted in indexes.items():
            for index in wanted:
                index.ensure(self._database, collection_name(kind))

    def _keep(self, kind: str, what: Hashable, read: Callable[[], Document | None]) -> Document | None:
        """What was read a moment ago, or is read now. That there is nothing is never kept."""
        now, name = self._monotonic(), (kind, what)
        kept = self._kept.get(name)
        if kept is not None and now - kept[0] < KEPT_SECONDS:
            return dict(kept[1])
        found = read()
        if found is not None:
            if len(self._kept) >= KEPT_RECORDS:
                self._kept.clear()
            self._kept[name] = (now, found)
        return dict(found) if found is not None else None

    def _forget(self, kind: str) -> None:
        """What was read a moment ago is read again."""
        for name in [name for name in self._kept if name[0] == kind]:
            self._kept.pop(name, None)

    def _copies(self, kind: str) -> Any:
        return self._database[collection_name(kind)]


def _shown(document: Document | None) -> Document | None:
    if document is None:
        return None
    id = document.pop("_id")
    return {"id": id, **document}


@dataclass(frozen=True)
class Offer:
    """What an owner offers of one kind: the collection and the public shape of a record in it."""

    collection: str
    shape: Callable[[Record], Mapping[str, Any]]


class Offers:
    """The owner's side of `copies` and `copy`, over its own database."""

    def __init__(self, database: Database[Document], offers: Mapping[str, Offer]) -> None:
        self._database = database
        self._offers = dict(offers)

    def page(self, kind: str, after: RecordId | None = None, limit: int = MAX_PAGE) -> Document:
        """`{"copies": [{id, version, record}], "next": id or None}`, in the order of ids."""
        offer = self._offer(kind)
        limit = max(1, min(int(limit), MAX_PAGE))
        query: Document = {} if after is None else {"_id": {"$gt": after}}
        with answering():
            found = list(self._database[offer.collection].find(query, _STATE).sort([("_id", 1)]).limit(limit))
        copies = [_offered(offer, document) for document in found]
        return {"copies": copies, "next": found[-1]["_id"] if len(found) == limit else None}

    def one(self, kind: str, id: RecordId) -> Document | None:
        """`{id, version, record}`, or None."""
        offer = self._offer(kind)
        with answering():
            found = self._database[offer.collection].find_one({"_id": id}, _STATE)
        return _offered(offer, found) if found else None

    def _offer(self, kind: str) -> Offer:
        if kind not in self._offers:
            raise Invalid("unknown_kind", f"No copies of {kind!r} are offered here.")
        return self._offers[kind]


_STATE = {"outbox": 0, "history": 0, "history_total": 0, "history_moved": 0, "unsent": 0}


def _offered(offer: Offer, document: Document) -> Document:
    id, version = document["_id"], document["version"]
    state = {name: value for name, value in document.items() if name not in ("_id", "version")}
    return {"id": id, "version": version, "record": {"id": id, **offer.shape(Record(id, version, state))}}
