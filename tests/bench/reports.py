"""What the dashboard costs that every account begins with, by how many requests there are: when nothing of it
was counted yet, and when it was counted ahead.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import pymongo

from services.common.actor import Actor
from services.common.clock import SteppedClock
from services.common.context import Context
from services.common.database import CODEC
from services.common.listing import ListQuery
from services.reporting import queries, store
from services.reporting.actions import counting, founding
from tests.bench.figures import Figure, percentile
from tests.bench.reported import NOW, Generator
from tests.bench.sizes import Sizes
from tests.configs import config_of

LOOKS = 5
VIEWER = Actor(1, "widget", frozenset({"specialist"}), frozenset(), None, "Bench")
_BARE = "one bare find of as many documents as the answer has figures, with nothing else in their collection"

Document = dict[str, Any]
Say = Callable[[str], None]


def dashboards(mongo_uri: str, sizes: Sizes, say: Say) -> list[Figure]:
    """By how many requests; then what it takes counted, beside the same among the fewest."""
    figures, warm = [], {}
    for number in sizes.reported:
        say(f"the rows of {number:,} requests")
        with _rows(mongo_uri, number, sizes.reported_a_day) as context:
            say("asked, counted ahead, and asked again")
            found, warm[number] = _asked(context, f"the dashboard among {number:,} requests")
        figures += found
    fewest = min(warm)
    return figures + [
        Figure(
            f"the dashboard among {number:,} requests, counted, beside {fewest:,}",
            warm[number],
            "ms",
            bare=warm[fewest],
            beside=f"the same among {fewest:,}",
            aim=2,
            aims_at_ratio=True,
        )
        for number in sizes.reported
        if number != fewest
    ]


def _asked(context: Context, what: str) -> tuple[list[Figure], float]:
    """And the milliseconds of the dashboard when it was counted ahead."""
    cold = {name: _timed(ask) for name, ask in _reports(context)}
    begin, days = time.perf_counter(), 0
    while counted := counting.count_ahead(context):
        days += counted
    rate = days / (time.perf_counter() - begin)
    warm = {name: _median(ask) for name, ask in _reports(context)}
    documents = sum(len(ask()["figures"]) for _, ask in _reports(context))
    bare = context.database["bare"]
    bare.insert_many(context.database[store.PERIOD_ROWS.name].find().limit(documents))
    beside: Document = {"bare": _median(lambda: list(bare.find())), "beside": _BARE}
    return [
        Figure(f"{what}: figures in its answer", documents, ""),
        Figure(f"{what}, nothing counted", sum(cold.values()), "ms", **beside),
        Figure(f"{what}, counted", sum(warm.values()), "ms", **beside),
        *(Figure(f"… {name}", taken, "ms") for name, taken in warm.items()),
        Figure(f"{what}: days of reports counted ahead", rate, "/s"),
    ], sum(warm.values())


def _reports(context: Context) -> Iterator[tuple[str, Callable[[], Document]]]:
    """The name of each report of the dashboard, and how it is asked."""
    database = context.database
    [listed] = queries.list_dashboards(database, ListQuery.parse([], queries.DASHBOARDS), VIEWER).items
    dashboard = queries.get_dashboard(database, listed["id"], VIEWER)
    for report in queries.reports_of(database, dashboard):
        ask = partial(queries.report_figures, database, report, dashboard, {}, VIEWER, NOW)
        yield report["name"], ask


def _median(work: Callable[[], object]) -> float:
    return percentile([_timed(work) for _ in range(LOOKS)], 0.5)


def _timed(work: Callable[[], object]) -> float:
    """Milliseconds."""
    begin = time.perf_counter()
    work()
    return (time.perf_counter() - begin) * 1_000


@contextmanager
def _rows(mongo_uri: str, number: int, a_day: int) -> Iterator[Context]:
    """A reporting service's database with the rows of so many requests, of which nothing is counted."""
    with pymongo.MongoClient[Document](mongo_uri) as client:
        name = f"interdesk_bench_{secrets.token_hex(4)}"
        database = client.get_database(name, codec_options=CODEC)
        context = Context(config_of("widget"), "reporting", database, clock=SteppedClock(NOW))
        try:
            # First: an index of millions of documents is one commit, which may not fit the server's cache.
            store.ensure_indexes(database)
            Generator(context).put(number, a_day)
            founding.found(context)
            yield context
        finally:
            client.drop_database(name)
