"""What is heard of requests and affected SLAs becomes rows.

A request's row is the truth of its periods: it is saved first, by a compare-and-set of what it was made from,
and its periods are put in place after it; who finds that it went on meanwhile puts them once more. Then the
days that the rows are counted at are touched, so that what was counted of them is not believed any more. The
event is done only when all this is; a crash before that brings it again, and all of it is as after once: of a
day that a row has `left` the row itself tells, for as long as it is kept.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

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
Decide = Callable[[Document], Document]
"""Gives a request's row as it is to be, made from what it is."""

LAG = gauge(
    "interdesk_reporting_lag_seconds",
    "How old what was last heard was when it had become rows, by what it is of",
    ("subject",),
)
Rows = dict[str, list[Document]]
"""By collection, those that have changed: as they were, and as they are."""


def record_request(context: Context, body: Mapping[str, Any]) -> None:
    """Applies `request.recorded`. Raises Unavailable."""
    changed = put_request(context, body["id"], lambda row: rows.apply(row, body, context.account))
    changed["note_rows"] = put_notes(context, rows.notes_of(body))
    store.touch(context, changed)
    _lag(context, "requests", body["at"])


def record_affected_sla(context: Context, body: Mapping[str, Any]) -> None:
    """Applies `affected_sla.recorded`. Raises Unavailable."""
    row = rows.affected_sla(body)
    changed = [put_affected_sla(context, row), row]
    requests, asked = context.database["request_rows"], {"_id": row["request_id"]}
    with answering():
        requests.update_one(asked, {"$addToSet": {"sla_ids": row["sla_id"]}}, upsert=True)
        request = requests.find_one(asked) or {}
    store.touch(context, {"affected_sla_rows": changed, "request_rows": [request]})
    _lag(context, "affected_slas", body["record"]["updated_at"])


def put_request(context: Context, id: int, decide: Decide) -> Rows:
    """Saves a request's row as it is decided, and puts its periods in place. Raises Unavailable."""
    before, after = _put_row(context, id, decide)
    first = after
    while True:
        periods = _put_periods(context, after)
        now = _row(context, id)
        if now is None or now["revision"] == after["revision"]:
            return {"request_rows": [before, first], "period_rows": periods}
        after = now


def put_notes(context: Context, notes: list[Document]) -> list[Document]:
    """Raises Unavailable."""
    if notes:
        with answering():
            insert_missing(context.database["note_rows"], notes)
    return notes


@decide_again
def put_affected_sla(context: Context, row: Document) -> Document:
    """Saves the row of an affected SLA, unless there is one of a newer version; gives what was there. What
    is of the same version is the same, or it is wrong. Raises Unavailable."""
    kept = context.database["affected_sla_rows"]
    with answering():
        before = kept.find_one({"_id": row["_id"]}) or {}
        after = {**row, **_left(before, row, _days_of_affected_sla)}
        if before.get("version", 0) <= row["version"] and before != after:
            _replace(kept, before, after, "version")
    return before


@decide_again
def _put_row(context: Context, id: int, decide: Decide) -> tuple[Document, Document]:
    """The request's row as it was and as it is."""
    before = _row(context, id) or {}
    after = decide({**before, "_id": id})
    after.pop("left", None)
    after |= _left(before, after, _days_of_request)
    if after != before:
        after["revision"] = before.get("revision", 0) + 1
        with answering():
            _replace(context.database["request_rows"], before, after, "revision")
    return before, after


def _replace(kept: Any, before: Mapping[str, Any], after: Mapping[str, Any], by: str) -> None:
    """Saves the fields of a row unless somebody did since it was read. Raises Stale."""
    fields = {name: value for name, value in after.items() if name not in ("_id", "sla_ids")}
    gone = dict.fromkeys(before.keys() - after.keys() - {"sla_ids"}, "")
    change = {"$set": fields, **({"$unset": gone} if gone else {})}
    asked = {"_id": after["_id"], by: before.get(by, None) if before else None}
    try:
        saved = kept.update_one(asked, change, upsert=not before)
    except DuplicateKeyError as error:
        raise Stale() from error
    if not saved.matched_count and saved.upserted_id is None:
        raise Stale()


def _left(before: Document, after: Document, days_of: Callable[[Document], set[str]]) -> Document:
    """What a row says of the days that it was counted at and is no more; nothing where there are none."""
    left = (days_of(before) | set(before.get("left", ()))) - days_of(after)
    return {"left": sorted(left)} if left else {}


def _days_of_affected_sla(row: Document) -> set[str]:
    return store.days_of("affected_sla_rows", [row])


def _days_of_request(row: Document) -> set[str]:
    """Its periods' too, which are what its marks say."""
    periods = rows.periods_of(row) if "marks" in row else []
    return store.days_of("request_rows", [row]) | store.days_of("period_rows", periods)


def _row(context: Context, id: int) -> Document | None:
    with answering():
        found: Document | None = context.database["request_rows"].find_one({"_id": id})
    return found


def _put_periods(context: Context, request: Mapping[str, Any]) -> list[Document]:
    """Puts the periods of a request in place of those that were there; gives both."""
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
    return [*before.values(), *wanted]


def _lag(context: Context, subject: str, at: Any) -> None:
    told = from_iso(at) if isinstance(at, str) else at
    late = (context.clock.now() - told).total_seconds()
    LAG.labels(context.account, "reporting", subject).set(max(0.0, late))
