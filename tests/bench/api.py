"""The API: reads, lists, notes and creates per second over many requests, by one and by several clients."""

from __future__ import annotations

import itertools
import time
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pymongo

from interdesk.database_users import database_name
from tests.bench.client import Client
from tests.bench.figures import Figure, percentile
from tests.bench.sizes import Sizes
from tests.bench.subject import Subject

SEEDED_FROM = 1_000_000  # ids that the service itself does not come to
BESIDE = "the plainest answer of the same server"
_AT_ONCE = 500

Call = Callable[[Client], object]


def rates(subject: Subject, sizes: Sizes) -> list[Figure]:
    """Each beside `/healthz` of the same gateway: what its server answers without an application."""
    with seeded(subject, sizes.requests) as ids:
        return _rates(subject, sizes, ids)


def _rates(subject: Subject, sizes: Sizes, ids: list[int]) -> list[Figure]:
    chosen, numbers = itertools.cycle(ids[:: max(1, len(ids) // 500)]), itertools.count(1)
    calls: dict[str, Call] = {
        "bare": lambda client: client.bytes("GET", "/healthz"),
        "reads": lambda client: client.bytes("GET", f"/v1/requests/{next(chosen)}"),
        "lists of 25": lambda client: client.bytes("GET", "/v1/requests?per_page=25"),
        "notes": lambda client: client.post(f"requests/{next(chosen)}/notes", {"text": "Looked at it."}),
        "creates": lambda client: client.post("requests", _new(subject, next(numbers))),
    }
    aims = {"reads": 500, "lists of 25": 300, "notes": 200, "creates": 150}
    most = max(sizes.clients)
    figures = []
    for clients in sizes.clients:
        bare = 0.0
        for name, call in calls.items():
            rate, times = _measured(subject, call, clients, sizes.api_seconds)
            if name == "bare":
                bare = rate
                continue
            title = f"API {name}, {clients} client{'s' if clients > 1 else ''}"
            aim = aims[name] if clients == most else None
            p50, p99 = percentile(times, 0.5) * 1000, percentile(times, 0.99) * 1000
            figures.append(Figure(title, rate, "/s", bare, BESIDE, aim, p50_ms=p50, p99_ms=p99))
    return figures


@contextmanager
def seeded(subject: Subject, count: int) -> Iterator[list[int]]:
    """The ids of requests like one that was registered, put straight into the database; gone afterwards."""
    with subject.at_customer() as client:
        made = client.post("requests", _new(subject, 0))
    ids = list(range(SEEDED_FROM, SEEDED_FROM + count))
    with pymongo.MongoClient[dict[str, Any]](subject.mongo_uri) as server:
        requests = server[database_name(subject.customer.id, "requests")]["requests"]
        like = requests.find_one({"_id": made["id"]})
        assert like is not None
        try:
            for first in range(0, count, _AT_ONCE):
                requests.insert_many([_like(like, id, ids[-1]) for id in ids[first : first + _AT_ONCE]])
            yield ids
        finally:
            requests.delete_many({"_id": {"$gte": SEEDED_FROM}})


def _like(like: dict[str, Any], id: int, last: int) -> dict[str, Any]:
    at = like["created_at"] - timedelta(seconds=last - id)
    core = {**like["core"], "subject": f"Seeded {id}", "origin": str(uuid.uuid4())}
    document = {**like, "_id": id, "core": core, "created_at": at, "updated_at": at, "outbox": []}
    document.pop("unsent", None)
    return document


def _new(subject: Subject, number: int) -> dict[str, Any]:
    return {
        "subject": f"Registered {number}",
        "category": "incident",
        "impact": "low",
        "service_instance_id": subject.instance_id,
        "note": "It is slow.",
    }


def _measured(subject: Subject, call: Call, clients: int, seconds: float) -> tuple[float, list[float]]:
    """Calls per second, and how long each took."""
    with ThreadPoolExecutor(clients) as pool:
        begin = time.perf_counter()
        each = [pool.submit(_calling, subject, call, seconds) for _ in range(clients)]
        times = [spent for client in each for spent in client.result()]
        return len(times) / (time.perf_counter() - begin), times


def _calling(subject: Subject, call: Call, seconds: float) -> list[float]:
    with subject.at_customer() as client:
        call(client)
        return list(_until(lambda: call(client), seconds))


def _until(call: Callable[[], object], seconds: float) -> Iterator[float]:
    """At least once."""
    ends_at = time.perf_counter() + seconds
    while True:
        begin = time.perf_counter()
        call()
        now = time.perf_counter()
        yield now - begin
        if now >= ends_at:
            return
