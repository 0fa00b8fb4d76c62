"""The relay of a process (`services.common.outbox` tells what it promises and how)."""

from __future__ import annotations

import queue
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

import structlog
from pymongo.database import Database

from services.common import history
from services.common.clock import Clock
from services.common.crash import CrashPoints
from services.common.database import Document, answering
from services.common.errors import InterdeskError
from services.common.metrics import PUBLISHED, RECORDS_WAITING, RELAY_FAILURES, SWEPT, WAITING
from services.common.outbox.events import Publishes, outgoing
from services.common.outbox.strips import by_record, take_off
from services.common.store import Saved, copy

log = structlog.get_logger(__name__)

MAX_BATCH = 200
SWEEP_BATCH = 200
IDLE_SWEEPS = 6
REMEMBERED = 20_000

MessageSink = Callable[[Sequence[Document]], None]


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
        rows = by_record(batch)
        self._copy(rows.values())
        # First what goes to partners: it has the longer way.
        handed_over = self._hand_over([saved for saved in rows.values() if saved.rows])
        events = [row for each in rows.values() for row in each.rows if row["kind"] == "event"]
        unsent = [row for row in events if row["id"] not in self._sent]
        if unsent:
            self._publisher.publish(*(outgoing(self._service, row) for row in unsent))
            PUBLISHED.labels(*self._labels).inc(len(unsent))
            self._remember(unsent)
            self._crash.here(f"{self._service}.after_publish")
        self._take_off(handed_over)
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
        RECORDS_WAITING.labels(*self._labels).set(len(since))
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

    def _hand_over(self, batch: list[Saved]) -> list[Saved]:
        """Hands messages to the border; those that it cannot take (there is none) stay in their record."""
        messages = [
            {**row, "collection": saved.collection, "record": saved.id}
            for saved in batch
            for row in saved.rows
            if row["kind"] == "message" and row["id"] not in self._sent
        ]
        if not messages:
            return batch
        if self.message_sink is None:
            log.error(
                "records hold messages to partners, and this service has no border",
                records=list({message["record"] for message in messages}),
            )
            return [_without_messages(saved) for saved in batch]
        self.message_sink(messages)
        self._remember(messages)
        self._crash.here(f"{self._service}.after_message_sink")
        return batch

    def _take_off(self, sent: Sequence[Saved]) -> None:
        take_off(self._database, sent)
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


def _without_messages(saved: Saved) -> Saved:
    others = tuple(row for row in saved.rows if row["kind"] != "message")
    if len(others) == len(saved.rows):
        return saved
    return Saved(saved.collection, saved.id, -1, others)  # no version: it stays marked as unsent
