"""Timers: `@every(seconds, lease="name")` on `(self)`.

`seconds` is a number or the name of a setting ("sweep_seconds"). With a lease only one of several processes
runs it (leases.py); another takes over when that one ends. A run that fails is logged and counted; the next
one comes. Runs of one timer never overlap.
"""

from __future__ import annotations

import contextlib
import uuid
from typing import Any

import structlog
from nameko.timer import Timer
from pymongo.errors import PyMongoError

from services.common import logs
from services.common.errors import Unavailable
from services.common.leases import Lease
from services.common.metrics import TIMERS
from services.common.service_parts import ServiceParts
from services.common.verdicts import is_outage

log = structlog.get_logger(__name__)


class Every(Timer):
    """The entrypoint behind `every`."""

    parts = ServiceParts()

    def __init__(
        self, seconds: float | str, lease: str | None = None, at_start: bool = False, **options: Any
    ) -> None:
        super().__init__(0, eager=at_start, **options)
        self._seconds = seconds
        self._lease_name = lease
        self._lease: Lease | None = None

    def setup(self) -> None:
        config = self.parts.config
        self.interval = getattr(config, self._seconds) if isinstance(self._seconds, str) else self._seconds
        if self._lease_name is not None:
            self._lease = Lease(
                self.parts.context.database,
                f"{self.parts.service}.{self._lease_name}",
                uuid.uuid4().hex,
                max(config.lease_seconds, 2 * self.interval),
                self.parts.clock,
            )

    def stop(self) -> None:
        self.parts.draining.set()
        if self.gt is not None:
            super().stop()
        if self._lease is not None:
            with contextlib.suppress(Unavailable, PyMongoError):
                self._lease.release()

    def handle_timer_tick(self) -> None:
        logs.bind(self.parts.config.account, self.parts.service)
        try:
            ours = self._lease is None or self._lease.acquire()
        except Exception as error:
            log.warning("a timer's lease could not be asked for", timer=self.method_name, error=repr(error))
            ours = False
        if ours:
            super().handle_timer_tick()
        else:
            self.worker_complete.send()

    def handle_result(self, worker: Any, result: Any, exc_info: Any) -> tuple[Any, Any]:
        outcome = "ok"
        if exc_info is not None:
            outcome = "failed"
            error = exc_info[1]
            if is_outage(error):
                log.warning("timer failed", timer=self.method_name, error=repr(error))
            else:
                log.error("timer failed", timer=self.method_name, exc_info=error)
        labels = (self.parts.config.account, self.parts.service, self.method_name, outcome)
        TIMERS.labels(*labels).inc()
        return super().handle_result(worker, result, exc_info)  # type: ignore[no-any-return]


every = Every.decorator
