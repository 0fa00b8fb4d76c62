"""The documents of this service, their collections and indexes.

request_rows        `_id` a request's; what `request.recorded` said in its newest `version`, all `marks`, and
                    what is measured of them (`model.rows`). `sla_ids`: the SLAs it has affected; `left`: the
                    days that it was counted at once and is no more, its periods' too
period_rows         `_id` made of the request and when it began; who held it
note_rows           `_id` a note's
affected_sla_rows   `_id` an affected SLA's; `left` as above

touched        `_id` `<day in UTC>`; `changes`: how often rows of that day, of any kind, may have changed
counts         `_id` `<digest>:<zone>:<day>`: the cells of a report's rows of one day, as they were at so many
               `changes` of the days in UTC that it touches. Nothing but what saves time: rows are the truth.
               Of both, what `_id` is made of are fields, too: SecantusDB walks no index for a range of ids
rebuilds       one document: the rebuild that is going on, or the last one (`actions.rebuilding`)
reports        `_id` an integer: a report
dashboards     `_id` an integer: a dashboard
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC
from typing import Any, Final

from pymongo import UpdateOne
from pymongo.database import Database

from services.common.context import Context
from services.common.copies import collection_name
from services.common.database import answering
from services.common.idempotency import KEYS
from services.common.store import LISTED, Collection, Index, Records

Document = dict[str, Any]

REQUEST_ROWS: Final = Collection(
    "request_rows",
    (
        Index(["created_at", "_id"]),
        Index(["completed_at", "_id"]),
        Index(["open", "_id"], sparse=True),
        Index(["sla_ids", "created_at"]),
    ),
    records=False,
)
PERIOD_ROWS: Final = Collection(
    "period_rows",
    (Index(["started_at", "_id"]), Index(["ended_at", "_id"]), Index("request_id")),
    records=False,
)
NOTE_ROWS: Final = Collection("note_rows", (Index(["created_at", "_id"]), Index("request_id")), records=False)
AFFECTED_SLA_ROWS: Final = Collection(
    "affected_sla_rows",
    (
        Index(["started_at", "_id"]),
        Index(["responded_at", "_id"]),
        Index(["resolved_at", "_id"]),
        Index(["sla_id", "started_at"]),
        Index("request_id"),
    ),
    records=False,
)
ROWS: Final = (REQUEST_ROWS, PERIOD_ROWS, NOTE_ROWS, AFFECTED_SLA_ROWS)
MOMENTS: Final[Mapping[str, tuple[str, ...]]] = {
    REQUEST_ROWS.name: ("created_at", "completed_at"),
    PERIOD_ROWS.name: ("started_at", "ended_at"),
    NOTE_ROWS.name: ("created_at",),
    AFFECTED_SLA_ROWS.name: ("started_at", "responded_at", "resolved_at"),
}
"""What rows are counted at."""
TOUCHED: Final = Collection("touched", (Index("day"),), records=False)
COUNTS: Final = Collection("counts", (Index(["digest", "zone", "day"]),), records=False)
REBUILDS: Final = Collection("rebuilds", records=False)
REPORTS: Final = Collection("reports", LISTED)
DASHBOARDS: Final = Collection("dashboards", LISTED)
REPRESENTED: Final = Collection(
    collection_name("sla"), (Index(["customer_representative_ids", "_id"]),), records=False
)
COLLECTIONS: Final = (*ROWS, TOUCHED, COUNTS, REBUILDS, REPORTS, DASHBOARDS, KEYS, REPRESENTED)
KINDS: Final = {"report": REPORTS, "dashboard": DASHBOARDS}


def records(context: Context, kind: str) -> Records:
    return Records(context, KINDS[kind])


def days_of(collection: str, rows: Iterable[Mapping[str, Any]]) -> set[str]:
    """The days that rows are counted at, as `touched` names them."""
    moments = {row.get(name) for row in rows for name in MOMENTS[collection]}
    return {at.astimezone(UTC).date().isoformat() for at in moments if at is not None}


def touch(context: Context, changed: Mapping[str, Iterable[Mapping[str, Any]]]) -> None:
    """Says that rows that are, or were, as these may have changed; after they have. `changed`: by collection.
    Raises Unavailable."""
    days: set[str] = set()
    for collection, rows in changed.items():
        rows = list(rows)
        days |= days_of(collection, rows).union(*(row.get("left", ()) for row in rows))
    asked = [
        UpdateOne({"_id": day}, {"$inc": {"changes": 1}, "$setOnInsert": {"day": day}}, upsert=True)
        for day in sorted(days)
    ]
    if asked:
        with answering():
            context.database[TOUCHED.name].bulk_write(asked, ordered=False)


def ensure_indexes(database: Database[Document]) -> None:
    for collection in COLLECTIONS:
        collection.ensure(database)
