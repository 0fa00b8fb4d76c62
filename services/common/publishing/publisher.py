"""Many callers, one thread, one connection. See the package."""

from __future__ import annotations

import contextlib
import queue
import threading
from collections.abc import Callable, Sequence

import structlog
from kombu import Exchange

from services.common.errors import Unavailable
from services.common.publishing.messages import Job, Outgoing
from services.common.publishing.wire import CONNECT_SECONDS, Wire

log = structlog.get_logger(__name__)

IDLE_SECONDS = 5
MAX_BATCH = 500


class Publisher:
    """Publishes to the broker at `uri`. `declare` is made sure of on every new connection."""

    def __init__(
        self, uri: str, *, declare: Sequence[Exchange] = (), timeout_seconds: float = 10, name: str = ""
    ) -> None:
        self._uri = uri
        self._declare = tuple(declare)
        self._timeout = timeout_seconds
        self._name = name or "publisher"
        self._jobs: queue.Queue[Job | None] = queue.Queue()
        self._thread: threading.Thread | None = None
        self._starting = threading.Lock()
        self._closed = False
        self._wire: Wire | None = None

    def publish(self, *messages: Outgoing, timeout_seconds: float | None = None) -> None:
        """Returns when all are confirmed. Raises `Unavailable` (`broker_silent`, `broker_refused`),
        `Unroutable`.
        """
        if not messages:
            return
        job = self._queue(messages, None)
        if not job.done.wait(timeout_seconds or self._timeout + CONNECT_SECONDS):
            job.abandoned = True
            raise _silent()
        if job.error is not None:
            raise job.error

    def submit(self, *messages: Outgoing, failed: Callable[[Unavailable], None] | None = None) -> None:
        """Queues messages and returns at once; `failed` is told if they could not be published."""
        self._queue(messages, failed)

    def close(self, wait_seconds: float = 5) -> None:
        """Publishes what is queued, then hangs up."""
        with self._starting:
            self._closed = True
            thread = self._thread
        if thread is not None:
            self._jobs.put(None)
            thread.join(wait_seconds)

    @property
    def connected(self) -> bool:
        return self._wire is not None

    def _queue(self, messages: Sequence[Outgoing], failed: Callable[[Unavailable], None] | None) -> Job:
        with self._starting:
            if self._closed:
                raise Unavailable("shutting_down", "This service is shutting down.")
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name=self._name, daemon=True)
                self._thread.start()
            job = Job(messages, failed)
            self._jobs.put(job)
        return job

    def _run(self) -> None:
        while True:
            jobs, last = self._take()
            if jobs:
                self._work(jobs)
            elif self._wire is not None and not last:
                self._breathe()
            if last:
                self._hang_up()
                return

    def _take(self) -> tuple[list[Job], bool]:
        jobs: list[Job] = []
        with contextlib.suppress(queue.Empty):
            first = self._jobs.get(timeout=IDLE_SECONDS)
            while first is not None:
                jobs.append(first)
                if len(jobs) >= MAX_BATCH:
                    return jobs, False
                first = self._jobs.get_nowait()
            return jobs, True
        return jobs, False

    def _work(self, jobs: list[Job]) -> None:
        wanted = [job for job in jobs if not job.abandoned]
        try:
            self._send(wanted)
        except Exception as error:
            # Whatever the connection died of: its callers learn that nothing is known, and the next one is
            # new.
            log.warning("publishing failed", publisher=self._name, error=repr(error))
            self._hang_up()
            for job in wanted:
                job.error = job.error or _silent()
        finally:
            for job in jobs:
                job.finish()

    def _send(self, jobs: list[Job]) -> None:
        if self._wire is not None and not self._wire.alive():
            self._hang_up()
        if self._wire is None:
            self._wire = Wire(self._uri, self._declare, self._timeout)
        self._wire.send(jobs, self._timeout)

    def _breathe(self) -> None:
        """Keeps an idle connection's heartbeat going."""
        if self._wire is not None and not self._wire.alive():
            self._hang_up()

    def _hang_up(self) -> None:
        wire, self._wire = self._wire, None
        if wire is not None:
            wire.close()


def _silent() -> Unavailable:
    return Unavailable("broker_silent", "The message broker does not answer just now; try again later.")
