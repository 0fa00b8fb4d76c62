"""The history of a record: newest entries in the record itself, older ones in `<collection>_history`.

A save puts entries into the record's strip, numbered from 1 without gaps (`n`). When the strip is long,
`move` copies it to the collection under ids made of record and number (so copying again changes nothing) and
then takes it off. A reader looks at the strip first and at the collection second: an entry that moves in
between is seen twice and given once, never missed. Each entry holds the id and trace of the request in which
it came about (`records`), as the logs do.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from pymongo.database import Database

from services.common.actor import Actor
from services.common.database import REPEATABLE, Document, answering, insert_missing

MOVE_AT = 50
MAX_STRIP = 100


def entry(
    at: datetime, actor: Actor, action: str, changes: Mapping[str, Any], unshown: frozenset[str] = frozenset()
) -> Document:
    """An entry of a record that is edited: when, who (nobody: the account itself), what, and {field: [old,
    new]}; of the fields `unshown`, which are too long or nobody's business, only that they changed.
    """
    by = None if actor.person_id is None else {"id": actor.person_id, "name": actor.name}
    kept = {field: ["…", "…"] if field in unshown else change for field, change in changes.items()}
    return {"at": at, "by": by, "action": action, "changes": kept}


def collection_name(collection: str) -> str:
    return f"{collection}_history"


def read(
    database: Database[Document],
    collection: str,
    id: Any,
    before: int | None = None,
    limit: int | None = None,
) -> list[Document]:
    """Entries of a record, oldest first, each with its number `n`. Works on a read-only database.

    `before`: only entries with a smaller number; `limit`: only the newest so many of them. An unknown record
    has none."""
    with answering():
        holder = database[collection].find_one({"_id": id}, {"history": 1, "history_moved": 1}) or {}
        found = {
            entry["n"]: entry for entry in holder.get("history", ()) if before is None or entry["n"] < before
        }
        missing = None if limit is None else limit - len(found)
        if holder.get("history_moved", 0) and (missing is None or missing > 0):
            earliest = min(found, default=before)
            query: Document = {"record": id}
            if earliest is not None:
                query["n"] = {"$lt": earliest}
            older = database[collection_name(collection)].find(query, {"_id": 0, "record": 0})
            for entry in older.sort([("n", -1)]).limit(missing or 0):
                found[entry["n"]] = entry
    ordered = [found[n] for n in sorted(found)]
    return ordered if limit is None else ordered[max(0, len(ordered) - limit) :]


def move(database: Database[Document], collection: str, id: Any) -> int:
    """Moves a record's strip to the collection; gives the number of the last entry that has moved."""
    records = database.get_collection(collection, write_concern=REPEATABLE)
    with answering():
        holder = records.find_one({"_id": id}, {"history": 1, "history_moved": 1}) or {}
        strip = holder.get("history", [])
        if not strip:
            return int(holder.get("history_moved", 0))
        _copy(database, collection, id, strip)
        last = max(int(entry["n"]) for entry in strip)
        records.update_one(
            {"_id": id}, {"$pull": {"history": {"n": {"$lte": last}}}, "$max": {"history_moved": last}}
        )
    return last


def _copy(database: Database[Document], collection: str, id: Any, strip: list[Document]) -> None:
    copies = [{"_id": f"{id}:{entry['n']}", "record": id, **entry} for entry in strip]
    insert_missing(database[collection_name(collection)], copies)
