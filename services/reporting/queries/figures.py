"""The figures of a report, and the records that a figure counts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from itertools import islice
from typing import Any, Final

from pymongo.database import Database

from services.common.database import answering
from services.common.errors import Invalid
from services.reporting.model import cells
from services.reporting.model.cells import Cells, Group
from services.reporting.model.days import Span, buckets, day_of
from services.reporting.model.definition import Definition, filter_of
from services.reporting.model.subjects import COUNT, Form
from services.reporting.queries.counts import counters

Document = dict[str, Any]

MAX_FIGURES: Final = 5_000


@dataclass(frozen=True)
class Chosen:
    """What of a report is looked at: a measure of the buckets within a span, and of some group; None: any."""

    span: Span
    measure: str = "count"
    group: tuple[tuple[str, Any], ...] = ()


def figures(
    database: Database[Document], definition: Definition, span: Span, now: datetime
) -> list[Document]:
    """`[{from, until, group, values}]` in the order of buckets: the days of a bucket, the values that the
    report is grouped by, and each measure's figure. Groups without rows are not there, but for those in
    which something is open. Raises Invalid `too_many_figures`, Unavailable.
    """
    # No more are made than show that there are too many.
    told = list(islice(_figures(database, definition, span, now), MAX_FIGURES + 1))
    if len(told) > MAX_FIGURES:
        text = f"makes more than {MAX_FIGURES} figures: take fewer days, larger buckets or more filters"
        raise Invalid("too_many_figures", f"This report {text}.", [("report", text)])
    return told


def _figures(
    database: Database[Document], definition: Definition, span: Span, now: datetime
) -> Iterator[Document]:
    found = counters(database, definition)
    by_day = found[0].by_day(span)
    open_at = _Open(database, definition, span, now) if definition.tells_open else None
    for first, within in buckets(span, definition.bucket):
        counted: Cells = {}
        for day in within.days:
            cells.added(counted, by_day.get(day, {}))
        all_ = cells.whole(counted)
        still = {} if open_at is None else open_at.at_end(within.last)
        for group in sorted({*counted, *still}, key=_order):
            cell = counted.get(group) or cells.new_cell()
            values = {
                name: still.get(group, 0) if each.form is Form.OPEN else cells.figure(each, cell, all_)
                for name, each in definition.measures.items()
            }
            yield {
                "bucket": first,
                "from": within.first,
                "until": within.last,
                "group": dict(zip(definition.groups, group, strict=True)),
                "values": values,
            }


class _Open:
    """How many requests were open at the end of a day: those that are open now, without those that were
    created since, and with those that were completed since. It costs what is open, and the days since.
    """

    def __init__(
        self, database: Database[Document], definition: Definition, span: Span, now: datetime
    ) -> None:
        kept = database[definition.subject.collection]
        asked = {"open": True, **filter_of(definition)}
        with answering():
            live = list(kept.find(asked, dict.fromkeys(definition.paths or ("_id",), 1)))
        counts = cells.counted(live, definition.paths, [COUNT])
        self._open: dict[Group, int] = {group: cell["n"] for group, cell in counts.items()}
        since = Span(span.first, max(span.last, day_of(now, span.zone)), span.zone)
        self._since: list[tuple[date, Mapping[Group, int]]] = []
        _, created, completed = counters(database, definition)
        opened, closed = created.by_day(since), completed.by_day(since)
        for day in reversed(since.days):
            net: dict[Group, int] = {}
            for by_day, sign in ((opened, -1), (closed, 1)):
                for group, cell in by_day.get(day, {}).items():
                    net[group] = net.get(group, 0) + sign * cell["n"]
            self._since.append((day, net))

    def at_end(self, last: date) -> dict[Group, int]:
        """By groups that have any."""
        found = dict(self._open)
        for day, net in self._since:
            if day <= last:
                break
            for group, change in net.items():
                found[group] = found.get(group, 0) + change
        return {group: count for group, count in found.items() if count}


def records_of(definition: Definition, chosen: Chosen) -> Document:
    """The MongoDB filter of exactly those rows that a figure counts: of a sum those that add to it, of a
    percentage those that it is of, of a percentile those that were measured."""
    span, wanted = chosen.span, [filter_of(definition)]
    measure = COUNT if chosen.measure == "count" else definition.subject.measures[chosen.measure]
    if measure.form is Form.OPEN:
        still: Document = {"$or": [{"open": True}, {"completed_at": {"$gte": span.until}}]}
        wanted += [{"created_at": {"$lt": span.until}}, still]
    else:
        wanted.append({definition.moment: {"$gte": span.since, "$lt": span.until}})
    if measure.form is Form.TOTAL:
        wanted.append({measure.of: {"$gt": 0}})
    elif measure.form is Form.QUANTILE:
        wanted.append({measure.of: {"$ne": None}})
    elif measure.form is Form.PERCENT and measure.among:
        wanted.append({measure.among: {"$gt": 0}})
    wanted += [{definition.subject.fields[name].path: value} for name, value in chosen.group]
    return {"$and": [each for each in wanted if each]}


def _order(group: Group) -> tuple[tuple[bool, str, Any], ...]:
    return tuple((value is None, type(value).__name__, value if value is not None else 0) for value in group)
