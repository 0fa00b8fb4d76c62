"""Metrics of this process. One process may host several accounts' services, so each series says whose it is.

`account` and `service` come first on every metric; further labels are few and bounded (a command's name, an
outcome), never an id. `rendered` gives one service's share of the registry.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, Counter, Gauge, Histogram
from prometheus_client.exposition import generate_latest
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

CONTENT_TYPE = CONTENT_TYPE_LATEST
OWNER = ("account", "service")
SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)


@dataclass(frozen=True)
class Declared:
    """A metric that some module declared: its row in docs/metrics.md. `labels`: beside OWNER."""

    name: str
    kind: str
    meaning: str
    labels: tuple[str, ...]


DECLARED: Final[list[Declared]] = []


def counter(name: str, meaning: str, labels: Sequence[str] = ()) -> Counter:
    """A counter with labels account, service and `labels`: `it.labels(account, service, …).inc()`."""
    return Counter(name, meaning, _labels(name, "counter", meaning, labels))


def gauge(name: str, meaning: str, labels: Sequence[str] = ()) -> Gauge:
    return Gauge(name, meaning, _labels(name, "gauge", meaning, labels))


def histogram(
    name: str, meaning: str, labels: Sequence[str] = (), buckets: Sequence[float] = SECONDS
) -> Histogram:
    return Histogram(name, meaning, _labels(name, "histogram", meaning, labels), buckets=tuple(buckets))


def _labels(name: str, kind: str, meaning: str, labels: Sequence[str]) -> tuple[str, ...]:
    DECLARED.append(Declared(name, kind, meaning, tuple(labels)))
    return (*OWNER, *labels)


SAVES = counter(
    "interdesk_saves_total", "Saves of records, by outcome: saved or stale", ("collection", "outcome")
)
COMMANDS = histogram("interdesk_command_seconds", "Commands worked on, by outcome", ("command", "outcome"))
CALLS = histogram("interdesk_call_seconds", "Calls of other services, by outcome", ("callee", "outcome"))
EVENTS = counter("interdesk_events_handled_total", "Events handled, by verdict", ("handler", "verdict"))
DATABASE_COMMANDS = counter(
    "interdesk_database_commands_total", "Commands to the database", ("command", "collection")
)
PARKED_EVENTS = gauge("interdesk_parked_events", "The account's own events that wait for a person")
PUBLISHED = counter("interdesk_events_published_total", "Events published and confirmed")
SWEPT = counter("interdesk_rows_swept_total", "Rows that a crash or an outage left and the sweep sent")
RELAY_FAILURES = counter("interdesk_relay_failures_total", "Failed tries to send rows", ("code",))
WAITING = gauge("interdesk_rows_waiting_seconds", "How long the oldest row waits that the last sweep found")
RECORDS_WAITING = gauge(
    "interdesk_records_waiting", "Records whose rows were not sent yet, as the last sweep found them"
)
DATABASE_CONNECTIONS = gauge(
    "interdesk_database_connections",
    "Connections to the database, by state: open, or used just now",
    ("state",),
)
DATABASE_CONNECTIONS_LIMIT = gauge(
    "interdesk_database_connections_limit", "How many connections to a server of the database there may be"
)
BROKER_CONNECTIONS = gauge(
    "interdesk_broker_connections",
    "Connections to brokers, each of one channel, by use: consumer and publisher inside; lane, of a partner "
    "at our border; partner, at a partner's",
    ("use",),
)
WORKERS = gauge(
    "interdesk_workers", "Workers by state: busy, or waiting for one of those that are busy", ("state",)
)
WORKERS_LIMIT = gauge("interdesk_workers_limit", "How many workers may be busy at a time")
ANSWERING = gauge("interdesk_http_answering", "HTTP requests being answered now, but for health and metrics")
TIMERS = counter("interdesk_timer_runs_total", "Runs of timers, by outcome", ("timer", "outcome"))


class _Share(Collector):
    """The registry as one service sees it: its own series and those of the process."""

    def __init__(self, account: str, service: str) -> None:
        self._owner = {"account": account, "service": service}

    def collect(self) -> Iterable[Metric]:
        for metric in REGISTRY.collect():
            share = Metric(metric.name, metric.documentation, metric.type, metric.unit)
            share.samples = [
                sample
                for sample in metric.samples
                if all(sample.labels.get(label, ours) == ours for label, ours in self._owner.items())
            ]
            if share.samples:
                yield share


def rendered(account: str, service: str) -> bytes:
    """The text of `/metrics` for that service."""
    return generate_latest(_Share(account, service))
