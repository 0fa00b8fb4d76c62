"""The inside relay: sends what saves have put into records' outboxes.

What it promises
    Every row of a successful save is sent at least once, also when the process dies right after the save, and
    also when the broker is away for days. The first sending of a record's events is in the order of their
    saves. A row may be sent again (after a crash between sending and taking it off; by two processes at
    once): events carry their row's id as `message_id`, and handlers take a second one without harm.

How
    A save wakes the relay of its own process with the record's waiting rows, so an event leaves within a
    millisecond or so and nothing is read again. The relay takes what has come together, publishes all events
    in one batch with confirms, hands partners' messages to the border (`message_sink`), and then takes the
    rows off their records: one write per record. Every `sweep_seconds` it looks for records whose `unsent` is
    older than that, which are those that a crash or an outage left; at start it looks at once. Where nothing
    happens and nothing was left it looks half as often each time, down to every sixth. The documents
    of `copy` rows are made by the save itself when nothing comes between; else here, before the row goes.

Why there is no lease
    Two relays that sweep the same record only send doubles, which are harmless here. A lease would cost a
    write per save, and would make everybody wait for a dead holder's lease to end.

Also here: history strips that have grown long are moved to their collection (history.py).
"""

from __future__ import annotations

import queue
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, Protocol

import structlog
from kombu import Exchange
from pymongo import UpdateOne
from pymongo.database import Database

from services.common import bus_json, history
from services.common.clock import Clock, iso
from services.common.crash import CrashPoints
from services.common.database import REPEATABLE, Document, answering
from services.common.errors import InterdeskError
from services.common.metrics import PUBLISHED, RELAY_FAILURES, SWEPT, WAITING
from services.common.publishing import Outgoing
from services.common.store import Saved, copy
from services.common.trace import TRACEPARENT

log = structlog.get_logger(__name__)

MAX_BATCH = 200
SWEEP_BATCH = 200
IDLE_SWEEPS = 6
REMEMBERED = 20_000

MessageSink = Callable[[Sequence[Document]], None]


class Publishes(Protocol):
    def publish(self, *messages: Outgoing) -> None: ...


def event_exchange(service: str) -> Exchange:
    """Where a service's events are published; the routing key is the event's type."""
    return Exchange(f"{service}.events", type="topic", durable=True, delivery_mode=2)


def outgoing(service: str, row: Document) -> Outgoing:
    """The message that says an event row."""
    headers = {"at": iso(row["at"])}
    if row.get("traceparent"):
        headers[TRACEPARENT] = row["traceparent"]
    return Outgoing(
        exchange=event_exchange(service).name,
        routing_key=row["type"],
        body=bus_json.encode(row["body"]),
        headers=headers,
        message_id=row["id"],
        type=row["type"],
    )


class Relay:
    """The relay of one service. `collections`: the names of those whose records it sweeps."""

    def __init__(
        self,
        database: Database[Document],
        account: str,
        service: str,
        publisher: Publishes,
        clock: Clock,
        *,
        collections: Iterable[str] = (),
        crash: CrashPoints | None = None,
        sweep_seconds: float = 5,
    ) -> None:
        self.message_sink: MessageSink | None = None
        self._database = database
        self._labels = (account, service)
        self._service = service
        self._publisher = publisher
        self._clock = clock
        self._collections = tuple(collections)
        self._crash = crash or CrashPoints()
        self._sweep_seconds = sweep_seconds
        self._woken: queue.Queue[Saved | None] = queue.Queue()
        # Rows this process has sent: a record loaded before its rows were taken off brings them again.
        self._sent: OrderedDict[str, None] = OrderedDict()
        self._found = 0  # by the last sweep
        self._stopping = threading.Event()

    def wake(self, saved: Saved) -> None:
        """Called after a save; returns at once."""
        self._woken.put(saved)

    def run(self) -> None:
        """Relays until `stop`. No failure ends it: what could not be sent is found by the next sweep."""
        next_sweep, grace, pause = 0.0, 0.0, self._sweep_seconds
        while not self._stopping.is_set():
            batch = self._take(max(0.0, next_sweep - time.monotonic()))
            sent = self._try(self.relay, batch) if batch else True
            if batch:
                pause = self._sweep_seconds
                next_sweep = min(next_sweep, time.monotonic() + pause)
            if time.monotonic() >= next_sweep:
                found_all = self._try(self.sweep, grace)
                idle = found_all and self._found == 0
                pause = min(2 * pause, IDLE_SWEEPS * self._sweep_seconds) if idle else self._sweep_seconds
                next_sweep = time.monotonic() + pause
                grace = self._sweep_seconds if found_all else 0.0
            if not sent:
                grace = 0.0
        self._flush()

    def stop(self) -> None:
        """Makes `run` send what it was woken for and return."""
        self._stopping.set()
        self._woken.put(None)

    def relay(self, batch: Sequence[Saved]) -> None:
        """Sends the rows of these saves and takes them off. Raises `Unavailable`: then nothing is lost, only
        late.
        """
        rows = _by_record(batch)
        self._copy(rows.values())
        events = [row for each in rows.values() for row in each.rows if row["kind"] == "event"]
        unsent = [row for row in events if row["id"] not in self._sent]
        if unsent:
            self._publisher.publish(*(outgoing(self._service, row) for row in unsent))
            PUBLISHED.labels(*self._labels).inc(len(unsent))
            self._remember(unsent)
            self._crash.here(f"{self._service}.after_publish")
        self._take_off([self._handed_over(saved) for saved in rows.values() if saved.rows])
        for saved in rows.values():
            if saved.history_waiting >= history.MOVE_AT:
                history.move(self._database, saved.collection, saved.id)

    def sweep(self, older_than_seconds: float = 0.0) -> int:
        """Sends what has waited longer than that; gives the number of records found."""
        now = self._clock.now()
        before = now - timedelta(seconds=older_than_seconds)
        since: list[datetime] = []
        for collection in self._collections:
            since += self._sweep(collection, before)
        self._found = len(since)
        waiting = (now - min(since)).total_seconds() if since else 0.0
        WAITING.labels(*self._labels).set(max(0.0, waiting))
        return len(since)

    def _sweep(self, collection: str, before: datetime) -> list[datetime]:
        """Since when the records that it found had been waiting."""
        since: list[datetime] = []
        while True:
            late: Document = {"$lte": before, "$gt": since[-1]} if since else {"$lte": before}
            with answering():
                found = list(
                    self._database[collection]
                    .find({"unsent": late}, {"version": 1, "outbox": 1, "unsent": 1})
                    .sort([("unsent", 1)])
                    .limit(SWEEP_BATCH)
                )
            left = [
                Saved(collection, document["_id"], document["version"], tuple(document.get("outbox", ())))
                for document in found
            ]
            self._relay_swept([saved for saved in left if saved.rows])
            self._take_off([saved for saved in left if not saved.rows])
            SWEPT.labels(*self._labels).inc(sum(len(saved.rows) for saved in left))
            since += [document["unsent"] for document in found]
            if len(found) < SWEEP_BATCH:
                return since

    def _relay_swept(self, left: Sequence[Saved]) -> None:
        try:
            self.relay(left)
        except InterdeskError:
            raise
        except Exception:
            # One record's row is beyond us. The others must not wait for it.
            for saved in left:
                try:
                    self.relay([saved])
                except InterdeskError:
                    raise
                except Exception:
                    log.exception(
                        "a record's rows cannot be sent", collection=saved.collection, record=saved.id
                    )
                    RELAY_FAILURES.labels(*self._labels, "internal_error").inc()

    def _copy(self, batch: Iterable[Saved]) -> None:
        missing = [
            row
            for saved in batch
            for row in saved.rows
            if row["kind"] == "copy" and row["id"] not in saved.copied and row["id"] not in self._sent
        ]
        if missing:
            copy(self._database, missing)
            self._remember(missing)

    def _handed_over(self, saved: Saved) -> Saved:
        """Hands messages to the border; those that it cannot take (there is none) stay in their record."""
        messages = [
            {**row, "collection": saved.collection, "record": saved.id}
            for row in saved.rows
            if row["kind"] == "message" and row["id"] not in self._sent
        ]
        if not messages:
            return saved
        if self.message_sink is None:
            log.error("a record holds messages to partners, and this service has no border", record=saved.id)
            others = tuple(row for row in saved.rows if row["kind"] != "message")
            return Saved(saved.collection, saved.id, -1, others)  # no version: it stays marked as unsent
        self.message_sink(messages)
        self._remember(messages)
        self._crash.here(f"{self._service}.after_message_sink")
        return saved

    def _take_off(self, sent: Sequence[Saved]) -> None:
        """Takes rows off their records: one update each, one round trip per collection."""
        by_collection: dict[str, list[Saved]] = {}
        for saved in sent:
            by_collection.setdefault(saved.collection, []).append(saved)
        for name, group in by_collection.items():
            records = self._database.get_collection(name, write_concern=REPEATABLE)
            with answering():
                # When no save came since, the strip holds these rows and no others: nothing is unsent any
                # more.
                result = records.bulk_write(
                    [
                        UpdateOne(
                            {"_id": saved.id, "version": saved.version},
                            {**_pull(saved), "$unset": {"unsent": ""}},
                        )
                        for saved in group
                    ],
                    ordered=False,
                )
                pulls = [UpdateOne({"_id": saved.id}, _pull(saved)) for saved in group if saved.rows]
                if result.matched_count < len(group) and pulls:
                    records.bulk_write(pulls, ordered=False)
        if sent:
            self._crash.here(f"{self._service}.after_mark")

    def _take(self, wait_seconds: float) -> list[Saved]:
        batch: list[Saved] = []
        try:
            saved = self._woken.get(timeout=wait_seconds) if wait_seconds > 0 else self._woken.get_nowait()
            while saved is not None:
                batch.append(saved)
                if len(batch) >= MAX_BATCH:
                    break
                saved = self._woken.get_nowait()
        except queue.Empty:
            pass
        return batch

    def _flush(self) -> None:
        while batch := self._take(0):
            if not self._try(self.relay, batch):
                return

    def _try(self, work: Callable[[Any], Any], argument: Any) -> bool:
        try:
            work(argument)
        except InterdeskError as error:
            log.warning("rows could not be sent; the sweep will", error=str(error))
            RELAY_FAILURES.labels(*self._labels, error.code).inc()
        except Exception:
            log.exception("rows could not be sent; the sweep will")
            RELAY_FAILURES.labels(*self._labels, "internal_error").inc()
        else:
            return True
        return False

    def _remember(self, rows: Sequence[Document]) -> None:
        for row in rows:
            self._sent[row["id"]] = None
        while len(self._sent) > REMEMBERED:
            self._sent.popitem(last=False)


def _pull(saved: Saved) -> Document:
    return {"$pull": {"outbox": {"id": {"$in": [row["id"] for row in saved.rows]}}}} if saved.rows else {}


def _by_record(batch: Sequence[Saved]) -> dict[tuple[str, Any], Saved]:
    """One `Saved` per record: the rows of all its saves in their order, each once; the newest version."""
    merged: dict[tuple[str, Any], Saved] = {}
    for saved in batch:
        key = (saved.collection, saved.id)
        known = merged.get(key)
        if known is None:
            merged[key] = saved
            continue
        first, second = sorted((known, saved), key=lambda each: each.version)
        rows = {row["id"]: row for row in (*first.rows, *second.rows)}
        strip = max(first.history_waiting, second.history_waiting)
        copied = first.copied | second.copied
        merged[key] = Saved(saved.collection, saved.id, second.version, tuple(rows.values()), strip, copied)
    return merged
