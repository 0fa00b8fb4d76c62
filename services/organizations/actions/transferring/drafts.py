"""Records that are not saved: what a dry run of an import makes instead of the account's own.

An action that is given a context of `drafting` reads the account's records and writes drafts, kept in
collections of their own. Whoever reads through it finds the draft where there is one, so each line of a file
is tried upon what the lines before it would have made, by the same rules, unique keys included. Nobody is
told, and nothing is sent.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from typing import Any, Final

from services.common.context import Context
from services.common.database import answering
from services.common.errors import Conflict
from services.common.ids import IntegerIds
from services.common.store import Collection, Index, Record, Records
from services.organizations.store import COLLECTIONS, DRAFTS

FIRST_ID: Final = 2**52
"""Ids from here on are drafts'."""

_IDS: Final = "draft_ids"
_FOUND_BY: Final = frozenset({"origin", "email_key", "name"})


class DraftRecords(Records):
    """The records of a collection, with drafts before them."""

    def __init__(self, context: Context, collection: Collection) -> None:
        apart = replace(context, sweeps=None, wake=lambda saved: None)
        super().__init__(apart, _drafted(collection))
        self._stored = Records(apart, Collection(collection.name, collection.indexes))
        self._unique = [index.keys[0][0] for index in collection.indexes if index.unique]

    def find_one(self, filter: Mapping[str, Any]) -> Record | None:
        return next(self.find(filter, limit=1), None)

    def find(
        self, filter: Mapping[str, Any], sort: Sequence[tuple[str, int]] = (), limit: int = 0
    ) -> Iterator[Record]:
        """In no order: nothing that is tried asks for one."""
        yield from islice(self._both(filter), limit or None)

    def insert(
        self,
        id: Any,
        state: Mapping[str, Any],
        *,
        rows: Iterable[Mapping[str, Any]] = (),
        history: Iterable[Mapping[str, Any]] = (),
    ) -> Record:
        self._must_be_free(id, state)
        return super().insert(id, state)

    def save(
        self,
        record: Record,
        state: Mapping[str, Any],
        *,
        rows: Iterable[Mapping[str, Any]] = (),
        history: Iterable[Mapping[str, Any]] = (),
    ) -> Record:
        self._must_be_free(record.id, state)
        if super().find_one({"_id": record.id}) is None:
            return super().insert(record.id, state)
        return super().save(record, state)

    def _both(self, filter: Mapping[str, Any]) -> Iterator[Record]:
        yield from super().find(filter)
        for record in self._stored.find(filter):
            if super().find_one({"_id": record.id}) is None:
                yield record

    def _must_be_free(self, id: Any, state: Mapping[str, Any]) -> None:
        """Drafts have the unique keys among themselves; this is for those that records have."""
        for name in self._unique:
            value = state.get(name)
            wanted = {name: {"$in": value} if isinstance(value, list) else value}
            if value and any(other.id != id for other in self._both(wanted)):
                raise Conflict("already_taken", errors=[(name, "has already been taken")])


class DraftIds(IntegerIds):
    """Ids that no record has."""

    def __init__(self, context: Context) -> None:
        super().__init__(context.database)
        self._newest = FIRST_ID

    def next(self, kind: str, *, after: int = 0) -> int:
        self._newest = max(self._newest, after) + 1
        return self._newest


def drafting(context: Context) -> Context:
    """A context whose records are drafts. `clear` comes first."""
    return replace(context, ids=context.kept[_IDS], kept={**context.kept, DRAFTS: DraftRecords})


def clear(context: Context) -> None:
    """Makes room for new drafts. Raises Unavailable."""
    drop(context)
    context.kept[_IDS] = DraftIds(context)
    for collection in _DRAFTED:
        collection.ensure(context.database)


def drop(context: Context) -> None:
    """Lets go of all drafts. Raises Unavailable."""
    with answering():
        for collection in _DRAFTED:
            context.database.drop_collection(collection.name)


def _drafted(collection: Collection) -> Collection:
    """With no more indexes than trying asks for."""
    asked = [index for index in collection.indexes if index.unique or index.keys[0][0] in _FOUND_BY]
    kept = [Index(list(index.keys), index.unique, index.sparse) for index in asked]
    return Collection(f"draft_{collection.name}", tuple(kept), records=False)


_DRAFTED: Final = tuple(_drafted(collection) for collection in COLLECTIONS if collection.records)
