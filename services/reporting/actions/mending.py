"""Rows are made anew from what their services tell of all records, a page at a time, while events go on.

What is told of a record is applied as its events are: a newer row stays. Rows that say what their record
never said (`model.beyond`) are found by the order of asking: they were seen before their service was asked.
They forget their version, or go when there is no such record; then the page is asked for anew, and whatever
an event has said in between is in it. So a page may be done twice, by two processes or after a crash, and
ends the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from pymongo import ReplaceOne, UpdateOne

from services.common.actor import Actor
from services.common.context import Context
from services.common.database import answering
from services.reporting.actions.recording import Rows, put_affected_sla, put_request
from services.reporting.model import rows
from services.reporting.model.beyond import Seen, Told, beyond
from services.reporting.store import MOMENTS, touch

Document = dict[str, Any]
Record = Mapping[str, Any]

SEEN: Final = 1_000
"""How many rows are looked at, at once, whether there is a record of each."""


@dataclass(frozen=True)
class Page:
    """`end`: it goes on after this id, if not None. `done` records were told, `gone` rows removed."""

    end: int | None
    done: int = 0
    gone: int = 0


def records_of(context: Context, service: str) -> int:
    """How many records a service will tell of, about. Raises Unavailable."""
    return int(_asked(context, service, None, 1)["total"])


def mend_affected_slas(context: Context, after: int | None, limit: int) -> Page:
    """A page of the rows of affected SLAs. Raises Unavailable."""
    return _mend(context, "slas", "affected_sla_rows", after, limit, _put_affected_slas)


def mend_requests(context: Context, after: int | None, limit: int) -> Page:
    """A page of the rows of requests, with their periods and notes; the rows of affected SLAs are mended
    before. Raises Unavailable."""
    return _mend(context, "requests", "request_rows", after, limit, _put_requests)


def sweep(context: Context, after: int | None, limit: int, collection: str) -> Page:
    """Removes rows of requests that have no row; that is always made before they are. Raises Unavailable."""
    of = {} if after is None else {"request_id": {"$gt": after}}
    with answering():
        found = context.database[collection].find(of, {"request_id": 1}).sort([("request_id", 1)])
        ids = [each["request_id"] for each in found.limit(limit)]
        there = {each["_id"] for each in _find(context, "request_rows", {"_id": {"$in": ids}}, "_id")}
    gone = _remove(context, collection, {"request_id": {"$in": sorted(set(ids) - there)}})
    return Page(ids[-1] if len(ids) == limit else None, 0, gone)


def _mend(
    context: Context,
    service: str,
    collection: str,
    after: int | None,
    limit: int,
    put: Callable[[Context, Sequence[Record]], None],
) -> Page:
    told = _told(context, service, after, limit)
    seen = _seen(context, collection, after, told)
    end = told.until(seen.last).end
    gone = 0
    if beyond(seen, told):
        told = _told(context, service, after, limit).until(end)  # after they were seen
        if wrong := beyond(seen, told):
            gone = _forget(context, collection, wrong, told.versions)
            told = _told(context, service, after, limit)
    told = told.until(end)
    put(context, told.records)
    return Page(told.end, len(told.records), gone)


def _told(context: Context, service: str, after: int | None, limit: int) -> Told:
    answer = _asked(context, service, after, limit)
    return Told(answer["records"], answer["next"])


def _asked(context: Context, service: str, after: int | None, limit: int) -> Document:
    system = Actor.system(context.account)
    answer: Document = context.rpc.call(service, "recorded", system, after, limit)
    return answer


def _seen(context: Context, collection: str, after: int | None, told: Told) -> Seen:
    """The rows of the page, and what `notes` its requests have."""
    among: Document = {} if after is None else {"$gt": after}
    if told.end is not None:
        among["$lte"] = told.end
    with answering():
        found = list(
            context.database[collection]
            .find({"_id": among} if among else {}, {"version": 1})
            .sort([("_id", 1)])
            .limit(SEEN)
        )
        of = {"request_id": {"$in": list(told.versions)}} if collection == "request_rows" else {"_id": None}
        notes = {each["_id"]: each["request_id"] for each in _find(context, "note_rows", of, "request_id")}
    versions = {each["_id"]: each.get("version", 0) for each in found}
    return Seen(versions, notes, found[-1]["_id"] if len(found) == SEEN else None)


def _forget(context: Context, collection: str, wrong: Seen, known: Mapping[int, int]) -> int:
    """Lets go of what wrong rows say; gives how many are gone."""
    lost = sorted(wrong.versions.keys() - known.keys())
    gone = _remove(context, "note_rows", {"_id": {"$in": sorted(wrong.notes)}})
    if collection == "request_rows":
        for of_request in ("period_rows", "note_rows"):
            gone += _remove(context, of_request, {"request_id": {"$in": lost}})
    gone += _remove(context, collection, {"_id": {"$in": lost}})
    # An event that comes now finds a row that says nothing; its revision tells who had read it before.
    change: Document = {"$set": {"version": 0}}
    if collection == "request_rows":
        change = {"$set": {"version": 0, "marks": []}, "$inc": {"revision": 1}}
    writes = [
        UpdateOne({"_id": id, "version": version}, change)
        for id, version in wrong.versions.items()
        if id in known
    ]
    if writes:
        with answering():
            context.database[collection].bulk_write(writes, ordered=False)
    return gone


def _put_affected_slas(context: Context, told: Sequence[Record]) -> None:
    made = [rows.affected_sla(each) for each in told]
    with answering():
        ids = [each["_id"] for each in made]
        kept = {
            each["_id"]: each for each in context.database["affected_sla_rows"].find({"_id": {"$in": ids}})
        }
    differ = [each for each in made if kept.get(each["_id"]) != each]
    changed = [put_affected_sla(context, each) for each in differ]
    touch(context, {"affected_sla_rows": [*changed, *made]})


def _put_requests(context: Context, told: Sequence[Record]) -> None:
    changed: Rows = {"request_rows": [], "period_rows": []}
    there = _whole_requests(context, [each["id"] for each in told])
    for each in told:

        def decide(row: Document, each: Record = each) -> Document:
            return rows.whole(row, each, context.account)

        row, held = there.get(each["id"], ({}, []))
        right = row and decide(row) == row and _alike(held, rows.periods_of(row))
        put = {} if right else put_request(context, each["id"], decide)
        for name, of in (("request_rows", [row]), ("period_rows", held), *put.items()):
            changed[name] += of
    _put_sla_ids(context, [each["id"] for each in told])
    changed["note_rows"] = _put_notes(context, told)
    touch(context, changed)


def _whole_requests(context: Context, ids: list[int]) -> dict[int, tuple[Document, list[Document]]]:
    """The rows of requests with their periods, read in this turn: where they fit, both are of one moment."""
    with answering():
        found = context.database["request_rows"].find({"_id": {"$in": ids}})
        there: dict[int, tuple[Document, list[Document]]] = {each["_id"]: (each, []) for each in found}
        for period in context.database["period_rows"].find({"request_id": {"$in": list(there)}}):
            there[period["request_id"]][1].append(period)
    return there


def _alike(one: Iterable[Document], other: Iterable[Document]) -> bool:
    return {each["_id"]: each for each in one} == {each["_id"]: each for each in other}


def _put_notes(context: Context, told: Iterable[Record]) -> list[Document]:
    """Gives those that are there now, and those that were wrong."""
    made = [note for each in told for note in rows.notes_of(each)]
    with answering():
        kept = {
            each["_id"]: each
            for each in context.database["note_rows"].find({"_id": {"$in": [note["_id"] for note in made]}})
        }
        differ = [note for note in made if kept.get(note["_id"]) != note]
        writes = [ReplaceOne({"_id": note["_id"]}, note, upsert=True) for note in differ]
        if writes:
            context.database["note_rows"].bulk_write(writes, ordered=False)
    return [*made, *(kept[note["_id"]] for note in differ if note["_id"] in kept)]


def _put_sla_ids(context: Context, ids: list[int]) -> None:
    """The SLAs that requests have affected, by the rows of these: each is there before it is named."""
    requests = context.database["request_rows"]
    with answering():
        named = {
            each["_id"]: each.get("sla_ids", [])
            for each in requests.find({"_id": {"$in": ids}}, {"sla_ids": 1})
        }
        there: dict[int, set[int]] = {id: set() for id in named}
        for each in _find(context, "affected_sla_rows", {"request_id": {"$in": ids}}, "request_id", "sla_id"):
            there.setdefault(each["request_id"], set()).add(each["sla_id"])
        writes = []
        for id, named_ids in named.items():
            if wrong := set(named_ids) - there[id]:
                writes.append(UpdateOne({"_id": id}, {"$pull": {"sla_ids": {"$in": sorted(wrong)}}}))
            if missing := there[id] - set(named_ids):
                writes.append(UpdateOne({"_id": id}, {"$addToSet": {"sla_ids": {"$each": sorted(missing)}}}))
        if writes:
            requests.bulk_write(writes)


def _remove(context: Context, collection: str, of: Document) -> int:
    found = list(_find(context, collection, of, *MOMENTS[collection]))
    with answering():
        context.database[collection].delete_many({"_id": {"$in": [each["_id"] for each in found]}})
    touch(context, {collection: found})
    return len(found)


def _find(context: Context, collection: str, of: Document, *names: str) -> Iterable[Document]:
    return context.database[collection].find(of, dict.fromkeys(names, 1))
