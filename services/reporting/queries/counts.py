"""A report's rows, counted by day: from what was counted ahead where that still holds, else from the rows.

What was counted of a day holds as long as no row was touched that is counted on it. A day that is asked for
and was not counted, or not since, is counted from its rows: so what is told is always what the rows say, and
costs the days that are asked for, not all that was ever kept.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from pymongo.database import Database

from services.common.database import answering
from services.reporting import store
from services.reporting.model import cells
from services.reporting.model.cells import Cells
from services.reporting.model.days import Span, day_of, runs, utc_days, utc_days_of
from services.reporting.model.definition import Definition, filter_of
from services.reporting.model.subjects import Measure

Document = dict[str, Any]


class Counter:
    """Counts rows of a definition at one of their moments, for some measures."""

    def __init__(
        self, database: Database[Document], definition: Definition, moment: str, *what: Measure
    ) -> None:
        self._database = database
        self._definition = definition
        self._moment = moment
        self._measures = what
        said = [definition.of, moment, definition.paths, definition.filters, cells.needed(what)]
        self.digest = hashlib.sha256(json.dumps(said).encode()).hexdigest()[:24]

    def by_day(self, span: Span) -> dict[date, Cells]:
        """The cells of each day of a span; days without rows may be missing. Raises Unavailable."""
        changes = self.changes(span)
        found = dict(self._counted(span, changes))
        # Where no row was ever touched there is none.
        missing = [day for day in span.days if changes[day] and day not in found]
        for run in runs(missing, span.zone):
            found |= self.count(run)
        return found

    def count(self, span: Span) -> dict[date, Cells]:
        """The cells of each day of a span from its rows, each as cells."""
        by_day: dict[date, list[Document]] = {day: [] for day in span.days}
        for row in self._rows(span):
            by_day[day_of(row[self._moment], span.zone)].append(row)
        paths = self._definition.paths
        return {day: cells.counted(rows, paths, self._measures) for day, rows in by_day.items()}

    def changes(self, span: Span) -> dict[date, int]:
        """How often rows may have changed that are counted on the days of a span. Read it before the rows."""
        days = utc_days(span)
        asked = {"day": {"$gte": days[0], "$lte": days[-1]}}
        with answering():
            found = {each["day"]: each["changes"] for each in self._database[store.TOUCHED.name].find(asked)}
        return {
            day: sum(found.get(touched, 0) for touched in days) for day, days in utc_days_of(span).items()
        }

    def stale(self, span: Span, changes: Mapping[date, int]) -> list[date]:
        """The days of which nothing that holds was counted ahead."""
        held = {day for day, _ in self._counted(span, changes, {"cells": 0})}
        return [day for day in span.days if day not in held]

    def document(self, day: date, zone: str, changes: int, counted: Cells) -> Document:
        """What was counted of a day, as it is kept."""
        said = {"digest": self.digest, "zone": zone, "day": day.isoformat()}
        counts = {"changes": changes, "cells": cells.to_documents(counted)}
        return {"_id": ":".join(said.values()), **said, **counts}

    def _counted(
        self, span: Span, changes: Mapping[date, int], projection: Document | None = None
    ) -> Iterator[tuple[date, Cells]]:
        within = {"$gte": span.first.isoformat(), "$lte": span.last.isoformat()}
        asked = {"digest": self.digest, "zone": span.zone, "day": within}
        with answering():
            for each in self._database[store.COUNTS.name].find(asked, projection):
                day = date.fromisoformat(each["day"])
                if each["changes"] == changes[day]:
                    yield day, cells.of_documents(each.get("cells", ()))

    def _rows(self, span: Span) -> Iterator[Document]:
        within = {self._moment: {"$gte": span.since, "$lt": span.until}}
        sums, sketches = cells.needed(self._measures)
        shown = dict.fromkeys((self._moment, *self._definition.paths, *sums, *sketches), 1)
        kept = self._database[self._definition.subject.collection]
        with answering():
            yield from kept.find({**within, **filter_of(self._definition)}, shown)


def counters(database: Database[Document], definition: Definition) -> Sequence[Counter]:
    """All that a report counts by day: at its moment; and where it tells what was open, what was created and
    completed."""
    measures = tuple(definition.measures.values())
    at_moment = Counter(database, definition, definition.moment, *measures)
    if not definition.tells_open:
        return (at_moment,)
    return (at_moment, *(Counter(database, definition, name) for name in ("created_at", "completed_at")))
