"""What an affected SLA costs: the processor time of the rules alone, and what it takes to find and tell what
falls due among many that run.
"""

from __future__ import annotations

import multiprocessing
import secrets
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pymongo

from services.common.clock import SteppedClock
from services.common.context import Context
from services.slas import documents, store
from services.slas.actions import alarms, promises
from services.slas.model.affected import Affected, Promise, Situation, snapshot
from services.slas.model.calendars import calendar_of
from tests.bench.figures import Figure, percentile
from tests.bench.memory import most_megabytes
from tests.bench.sizes import Sizes
from tests.bench.working_time import of_one, office_hours
from tests.configs import config_of

START = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
STOPS = 20
DUE = 100  # of the clocks that run
LOOKS = 50
_AT_ONCE = 1_000


class Requests:
    """The requests service, which has said nothing more."""

    def call(self, service: str, method: str, actor: Any, /, *args: Any, **kwargs: Any) -> Any:
        return []


def figures() -> list[Figure]:
    """An affected SLA that has stood twenty times, within office hours with holidays."""
    affected, now = _begun()
    for day in range(1, STOPS + 1):
        for hours, status in ((0, "waiting_for_customer"), (3, "in_progress")):
            at, begun = START + timedelta(days=day, hours=hours), status == "in_progress"
            now = replace(now, at=at, status=status, begun=begun)
            affected = affected.after(now)
    later = replace(now, at=now.at + timedelta(days=1), status="waiting_for_customer")
    what = f"an affected SLA with {STOPS} stops"
    return [
        Figure(f"{what} follows its request", of_one(lambda: affected.after(later)), "µs", aim=100),
        Figure(
            "… and all that is shown of it, and when it falls due",
            of_one(lambda: documents.to_document(affected, ()), times=200),
            "µs",
            aim=2_000,
        ),
    ]


def falling_due(mongo_uri: str, sizes: Sizes) -> list[Figure]:
    """A look at which nothing is due, what each of a hundred alarms takes that fall due at once, and the most
    memory of a process that does nothing else: by how many clocks run, on the database server of the run.
    """
    figures = []
    for running in sizes.clocks:
        with _clocks(mongo_uri, running) as context:
            looks = [_timed(context, 0) for _ in range(LOOKS)]
            told, clock = [], context.clock
            assert isinstance(clock, SteppedClock)
            for minutes in (31, 15, 9):  # 50, 75 and 90 percent of an hour
                clock.step(minutes=minutes)
                told.append(_timed(context, DUE) / DUE)
            clock.step(minutes=6)  # the hour is over
            memory = _memory_of_looking(mongo_uri, context)
        what = f"among {running:,} running clocks"
        figures += [
            Figure(f"{what}: a look, nothing due", percentile(looks, 0.5) * 1_000, "ms"),
            # The least of three: a server may still be putting away what it was just given.
            Figure(f"{what}: {DUE} alarms due, each", min(told) * 1_000, "ms"),
            Figure(f"{what}: memory of what looks and tells", memory, "MB"),
        ]
    return figures


def _memory_of_looking(mongo_uri: str, context: Context) -> float:
    """In a process of its own, which has put no clocks there."""
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as alone:
        return alone.submit(_looked, mongo_uri, context.database.name, context.clock.now()).result()


def _looked(mongo_uri: str, name: str, now: datetime) -> float:
    with pymongo.MongoClient[dict[str, Any]](mongo_uri) as client:
        context = Context(config_of("widget"), "slas", client[name], clock=SteppedClock(now), rpc=Requests())
        assert alarms.raise_due(context) == DUE
        for _ in range(LOOKS):
            alarms.raise_due(context)
    return most_megabytes()


def _timed(context: Context, expected: int) -> float:
    begin = time.perf_counter()
    assert alarms.raise_due(context) == expected
    return time.perf_counter() - begin


@contextmanager
def _clocks(mongo_uri: str, running: int) -> Iterator[Context]:
    """So many affected SLAs of which a hundred fall due with the first hour, the rest in a year."""
    with pymongo.MongoClient[dict[str, Any]](mongo_uri) as client:
        name = f"interdesk_bench_{secrets.token_hex(4)}"
        clock = SteppedClock(START)
        context = Context(config_of("widget"), "slas", client[name], clock=clock, rpc=Requests())
        try:
            store.ensure_indexes(client[name])
            affected, _ = _begun()
            promises.keep(context, affected.snapshot)
            store.records(context, store.SLAS).insert(1, {"name": "Hosting"})
            state = documents.to_document(affected, ())
            kept = store.records(context, store.AFFECTED_SLAS)
            kept.insert(1, {**state, "request_id": 1})
            document = client[name][store.AFFECTED_SLAS].find_one({"_id": 1})
            assert document is not None
            for first in range(2, running + 1, _AT_ONCE):
                ids = range(first, min(first + _AT_ONCE, running + 1))
                client[name][store.AFFECTED_SLAS].insert_many([_another(document, id) for id in ids])
            yield context
        finally:
            client.drop_database(name)


def _another(document: dict[str, Any], id: int) -> dict[str, Any]:
    due = document["due"] if id <= DUE else document["due"] + timedelta(days=365, seconds=id)
    return {**document, "_id": id, "request_id": id, "due": due}


def _begun() -> tuple[Affected, Situation]:
    offering = {
        "time_zone": "Europe/Amsterdam",
        "support_hours_low_id": 1,
        "response_target_low": 60,
        "resolution_target_low": 6_000,
    }
    taken = snapshot("low", offering, {"support_team_id": 1}, {1: calendar_of(*office_hours())})
    now = Situation(START, "assigned", "incident", "low", service_instance_id=1, about_id=1, team_id=1)
    return Affected.started(Promise(1, "active", 1, "customer_account"), taken, now), now
