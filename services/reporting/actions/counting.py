"""Days are counted ahead of who will ask: those of every report that is in use, in the zones of its people.

What is counted is only what saves time (`queries.counts`): a day that was not counted yet, or was touched
since, is counted from its rows when somebody asks. The day that still goes on is left to that.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from pymongo import ReplaceOne

from services.common.context import Context
from services.common.database import answering
from services.reporting import store
from services.reporting.model.days import ONE_DAY, Span, day_of, runs
from services.reporting.model.definition import defined
from services.reporting.model.subjects import MAX_DAYS
from services.reporting.queries.asking import USUAL_ZONE
from services.reporting.queries.counts import Counter, counters

Document = dict[str, Any]

MAX_ZONES: Final = 8
MAX_COUNTED: Final = 2_000
"""Days of reports in one run; the next one goes on."""
_AT_ONCE: Final = 31


def count_ahead(context: Context) -> int:
    """Counts what was not counted, or not since it was touched; gives how many days of reports. Raises
    Unavailable."""
    done, now = 0, context.clock.now()
    for zone in zones(context):
        last = day_of(now, zone) - ONE_DAY
        for counter in _counters(context):
            span = Span(last - ONE_DAY * (MAX_DAYS - 1), last, zone)
            done += _count(context, counter, span, MAX_COUNTED - done)
            if done >= MAX_COUNTED:
                return done
    return done


def forget(context: Context) -> None:
    """Lets go of what was counted for reports that are not any more as they were. Raises Unavailable."""
    used = [counter.digest for counter in _counters(context)]
    with answering():
        context.database[store.COUNTS.name].delete_many({"digest": {"$nin": used}})


def zones(context: Context) -> list[str]:
    """The zones of the account's people, those of most first."""
    counts: dict[str, int] = {USUAL_ZONE: 1}
    for person in context.copies.find("person", {"disabled": False}):
        if zone := person.get("time_zone"):
            counts[zone] = counts.get(zone, 0) + 1
    return sorted(counts, key=lambda zone: (-counts[zone], zone))[:MAX_ZONES]


def _counters(context: Context) -> Iterator[Counter]:
    seen: set[str] = set()
    for report in store.records(context, "report").find({"disabled": False}):
        for counter in counters(context.database, defined(report.state)):
            if counter.digest not in seen:
                seen.add(counter.digest)
                yield counter


def _count(context: Context, counter: Counter, span: Span, most: int) -> int:
    changes = counter.changes(span)
    stale = [day for day in counter.stale(span, changes) if changes[day]][-most:]
    for run in runs(stale, span.zone):
        for first in range(0, len(run.days), _AT_ONCE):
            days = run.days[first : first + _AT_ONCE]
            counted = counter.count(Span(days[0], days[-1], run.zone))
            writes = [
                ReplaceOne({"_id": document["_id"]}, document, upsert=True)
                for day in days
                for document in [counter.document(day, run.zone, changes[day], counted[day])]
            ]
            with answering():
                context.database[store.COUNTS.name].bulk_write(writes, ordered=False)
    return len(stale)
