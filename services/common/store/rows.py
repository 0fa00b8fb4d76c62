"""Rows: what a save has to say to others, or to put elsewhere."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pymongo.database import Database

from services.common.database import Document, answering, insert_missing


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
