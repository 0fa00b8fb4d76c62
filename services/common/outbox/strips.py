"""The rows that wait in records' outbox strips: brought together, and taken off when they are sent."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pymongo import UpdateOne
from pymongo.database import Database

from services.common.database import REPEATABLE, Document, answering
from services.common.store import Saved


def by_record(batch: Sequence[Saved]) -> dict[tuple[str, Any], Saved]:
    """One `Saved` per record: the rows of all its saves in their order, each once; the newest version."""
    merged: dict[tuple[str, Any], Saved] = {}
    for saved in batch:
        key = (saved.collection, saved.id)
        known = merged.get(key)
        if known is None:
            merged[key] = saved
            continue
        first, second = sorted((known, saved), key=lambda each: each.version)
        rows = {row["id"]: row for row in (*first.rows, *second.rows)}
        strip = max(first.history_waiting, second.history_waiting)
        copied = first.copied | second.copied
        merged[key] = Saved(saved.collection, saved.id, second.version, tuple(rows.values()), strip, copied)
    return merged


def take_off(database: Database[Document], sent: Sequence[Saved]) -> None:
    """Takes rows off their records: one update each, one round trip per collection. Raises `Unavailable`."""
    by_collection: dict[str, list[Saved]] = {}
    for saved in sent:
        by_collection.setdefault(saved.collection, []).append(saved)
    for name, group in by_collection.items():
        records = database.get_collection(name, write_concern=REPEATABLE)
        with answering():
            # When no save came since, the strip holds these rows and no others: nothing is unsent any more.
            result = records.bulk_write(
                [
                    UpdateOne(
                        {"_id": saved.id, "version": saved.version},
                        {**_pull(saved), "$unset": {"unsent": ""}},
                    )
                    for saved in group
                ],
                ordered=False,
            )
            pulls = [UpdateOne({"_id": saved.id}, _pull(saved)) for saved in group if saved.rows]
            if result.matched_count < len(group) and pulls:
                records.bulk_write(pulls, ordered=False)


def _pull(saved: Saved) -> Document:
    return {"$pull": {"outbox": {"id": {"$in": [row["id"] for row in saved.rows]}}}} if saved.rows else {}
