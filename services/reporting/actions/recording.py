"""What is heard of requests and affected SLAs becomes rows.

A request's row is the truth of its periods: it is saved first, by a compare-and-set of what it was made from,
and its periods are put in place after it; who finds that it went on meanwhile puts them once more. Then the
days that the rows are counted at are touched, so that what was counted of them is not believed any more. The
event is done only when all this is; a crash before that brings it again, and all of it is as after once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from pymongo import DeleteMany, ReplaceOne
from pymongo.errors import DuplicateKeyError

from services.common.clock import from_iso
from services.common.context import Context
from services.common.database import answering, insert_missing
from services.common.errors import Stale
from services.common.metrics import gauge
from services.common.store import decide_again
from services.reporting import store
from services.reporting.model import rows

Document = dict[str, Any]

LAG = gauge(
    "interdesk_reporting_lag_seconds",
    "How old what was last heard was when it had become rows, by what it is of",
    ("subject",),
)
_MOMENTS: Final = ("created_at", "completed_at")
_OF_PERIOD: Final = ("started_at", "ended_at")
_OF_SLA: Final = ("started_at", "responded_at", "resolved_at")


def record_request(context: Context, body: Mapping[str, Any]) -> None:
    """Applies `request.recorded`. Raises Unavailable."""
    before, after = _put_row(context, body)
    _put_notes(context, rows.notes_of(body))
    while True:
        touched = _put_periods(context, after)
        now = _row(context, body["id"])
        if now is None or now["revision"] == after["revision"]:
            break
        after = now
    store.touch(context, "request_rows", [row.get(name) for row in (before, after) for name in _MOMENTS])
    store.touch(context, "period_rows", touched)
    _lag(context, "requests", body["at"])


def record_affected_sla(context: Context, body: Mapping[str, Any]) -> None:
    """Applies `affected_sla.recorded`. Raises Unavailable."""
    _put_affected_sla(context, body)
    _lag(context, "affected_slas", body["record"]["updated_at"])


def _put_notes(context: Context, notes: list[Document]) -> None:
    """Raises Unavailable."""
    if notes:
        with answering():
            insert_missing(context.database["note_rows"], notes)
        store.touch(context, "note_rows", [note["created_at"] for note in notes])


@decide_again
def _put_affected_sla(context: Context, body: Mapping[str, Any]) -> None:
    """Raises Unavailable."""
    row = rows.affected_sla(body)
    kept = context.database["affected_sla_rows"]
    with answering():
        before = kept.find_one({"_id": row["_id"]}) or {}
        if before.get("version", 0) < row["version"]:
            _replace(kept, before, row, "version")
        requests = context.database["request_rows"]
        asked = {"_id": row["request_id"]}
        requests.update_one(asked, {"$addToSet": {"sla_ids": row["sla_id"]}}, upsert=True)
        request = requests.find_one(asked, dict.fromkeys(_MOMENTS, 1)) or {}
    moments = [each.get(name) for each in (before, row) for name in _OF_SLA]
    store.touch(context, "affected_sla_rows", moments)
    store.touch(context, "request_rows", [request.get(name) for name in _MOMENTS])


@decide_again
def _put_row(context: Context, body: Mapping[str, Any]) -> tuple[Document, Document]:
    """The request's row as it was and as it is."""
    before = _row(context, body["id"]) or {}
    after = rows.apply({**before, "_id": body["id"]}, body, context.account)
    if after != before:
        after["revision"] = before.get("revision", 0) + 1
        with answering():
            _replace(context.database["request_rows"], before, after, "revision")
    return before, after


def _replace(kept: Any, before: Mapping[str, Any], after: Mapping[str, Any], by: str) -> None:
    """Saves the fields of a row unless somebody did since it was read. Raises Stale."""
    fields = {name: value for name, value in after.items() if name not in ("_id", "sla_ids")}
    gone = {name: "" for name in ("open",) if name in before and name not in after}
    change = {"$set": fields, **({"$unset": gone} if gone else {})}
    asked = {"_id": after["_id"], by: before.get(by, None) if before else None}
    try:
        saved = kept.update_one(asked, change, upsert=not before)
    except DuplicateKeyError as error:
        raise Stale() from error
    if not saved.matched_count and saved.upserted_id is None:
        raise Stale()


def _row(context: Context, id: int) -> Document | None:
    with answering():
        found: Document | None = context.database["request_rows"].find_one({"_id": id})
    return found


def _put_periods(context: Context, request: Mapping[str, Any]) -> list[Any]:
    """Puts the periods of a request in place of those that were there; gives the moments of both."""
    kept, wanted = context.database["period_rows"], rows.periods_of(request)
    with answering():
        before = {each["_id"]: each for each in kept.find({"request_id": request["_id"]})}
        changed = [each for each in wanted if before.get(each["_id"]) != each]
        gone = sorted(before.keys() - {each["_id"] for each in wanted})
        writes: list[Any] = [ReplaceOne({"_id": each["_id"]}, each, upsert=True) for each in changed]
        if gone:
            writes.append(DeleteMany({"_id": {"$in": gone}}))
        if writes:
            kept.bulk_write(writes)
    return [each[name] for each in _both(before.values(), wanted) for name in _OF_PERIOD]


def _both(before: Iterable[Document], after: Iterable[Document]) -> list[Document]:
    return [*before, *after]


def _lag(context: Context, subject: str, at: Any) -> None:
    told = from_iso(at) if isinstance(at, str) else at
    late = (context.clock.now() - told).total_seconds()
    LAG.labels(context.account, "reporting", subject).set(max(0.0, late))
