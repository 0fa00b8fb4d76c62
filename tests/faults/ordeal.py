"""An ordeal: the services are killed again and again while people go on working.

Each process is told one crash point (`INTERDESK_CRASH_AT`), works until it comes there and is gone, and is
started again with the next point of its list, which it may pass once before. A process that does not come to
its point in time is killed where it is, and the point's turn comes again later, without passing.

The processes are started by the thread that calls `run`, because they die with it.
"""

from __future__ import annotations

import random
import signal
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field

from tests.faults.partners import Partners

Host = tuple[str, str]  # account, service
Driver = Callable[[threading.Event], None]

PATIENCE_SECONDS = 30.0
LOOK_SECONDS = 0.05


@dataclass
class Armed:
    """A process that is to die at `point` (None: it is left alone)."""

    point: str | None
    since: float
    tries: int = 0


@dataclass
class Ordeal:
    """`plan`: for each host the points it is killed at. `reached`: where each has died."""

    partners: Partners
    plan: Mapping[Host, Sequence[str]]
    choice: random.Random
    reached: list[tuple[Host, str]] = field(default_factory=list)
    kills: int = 0

    def run(self, drivers: Sequence[Driver], deadline_seconds: float) -> None:
        """Returns when every point was reached or the time is over, and the drivers have ended.

        Everything is up then. Raises what a driver raised.
        """
        over = threading.Event()
        ends_at = time.monotonic() + deadline_seconds
        left = {host: deque((point, 0) for point in points) for host, points in self.plan.items()}
        armed: dict[Host, Armed] = {}
        with ThreadPoolExecutor(len(drivers)) as pool:
            running = [pool.submit(driver, over) for driver in drivers]
            try:
                for host in self.plan:
                    self._kill(host)
                    armed[host] = self._start(host, left[host])
                while any(each.point for each in armed.values()) and time.monotonic() < ends_at:
                    self._look(armed, left)
                    if _failed(running):
                        break
                    time.sleep(LOOK_SECONDS)
            finally:
                over.set()
                self._spare(armed)
                self._wait(running, armed)
        for each in running:
            each.result()

    def _look(self, armed: dict[Host, Armed], left: Mapping[Host, deque[tuple[str, int]]]) -> None:
        for host, state in armed.items():
            if state.point is None:
                continue
            account, service = host
            process = self.partners[account].processes[service]
            if not process.alive:
                assert process.child is not None
                assert process.child.wait() == -signal.SIGKILL, f"{host} ended: {process.last_lines()}"
                self.reached.append((host, state.point))
                self.kills += 1
            elif time.monotonic() - state.since > PATIENCE_SECONDS:
                self._kill(host)
                left[host].append((state.point, state.tries + 1))
            else:
                continue
            armed[host] = self._start(host, left[host])

    def _start(self, host: Host, left: deque[tuple[str, int]]) -> Armed:
        account, service = host
        point, tries = left.popleft() if left else (None, 0)
        times = 1 if tries else self.choice.randint(1, 2)
        settings = {"INTERDESK_CRASH_AT": f"{point}:{times}"} if point else {}
        self.partners[account].start(service, settings=settings)
        return Armed(point, time.monotonic(), tries)

    def _kill(self, host: Host) -> None:
        account, service = host
        self.partners[account].kill(service)
        self.kills += 1

    def _spare(self, armed: Mapping[Host, Armed]) -> None:
        """What is still told to die is killed and started to live."""
        for host, state in armed.items():
            if state.point is not None:
                self._kill(host)
                self._start(host, deque())

    def _wait(self, running: Sequence[Future[None]], armed: Mapping[Host, Armed]) -> None:
        while not all(each.done() for each in running):
            time.sleep(LOOK_SECONDS)
        for account, service in armed:
            self.partners[account].wait_ready(service)


def _failed(running: Sequence[Future[None]]) -> bool:
    return any(each.done() and each.exception() is not None for each in running)
