"""A partner floods at a hundred times its share, on valid seals, and its own border reads nothing: what
another partner notices of it, measured in turns with and without.
"""

from __future__ import annotations

import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from statistics import quantiles

import pytest

from services.common.errors import Unavailable
from tests.faults.cases import Case
from tests.faults.partners import CUSTOMER, PROVIDER, THIRD, Partners, partners_up
from tests.faults.smuggling import Smuggler
from tests.wire import golden

SHARE = 5  # messages a second
FLOOD = 100 * SHARE
TURNS = 3
TURN_SECONDS = 60
NOTES_A_SECOND = 4
MOST_RAISED = 1.2
MOST_GROWN_KIB = 64 * 1024


@pytest.mark.soak
def test_another_partners_p99_rises_by_no_more_than_a_fifth(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    environ = {"INTERDESK_LANE_MESSAGES_PER_SECOND": str(SHARE)}
    with partners_up(tmp_path, third=True, processes="account", broker="own", environ=environ) as partners:
        partners[THIRD].connect(partners[PROVIDER])
        flooder = Smuggler(partners, THIRD, PROVIDER)
        flood = _sealed(flooder, FLOOD * 10)
        case = Case(partners, "flooded")
        case.hand_over()
        case.arrived()
        seconds: dict[bool, list[float]] = {False: [], True: []}
        memory: list[int] = []
        _say_for(case, 20)  # until all is warm, and what was saved is spent
        for turn in range(2 * TURNS):
            flooded = bool(turn % 2)
            with _flooding(partners, flooder, flood, flooded):
                began = datetime.now(UTC)
                _say_for(case, TURN_SECONDS)
                memory.append(_memory(partners))
            seconds[flooded] += _answered(partners, began)
        p99 = {flooded: quantiles(each, n=100)[98] for flooded, each in seconds.items()}
        p50 = {flooded: quantiles(each, n=100)[49] for flooded, each in seconds.items()}
    with capsys.disabled():
        told = [
            f"{'flooded' if flooded else 'quiet':<8} {len(seconds[flooded]):>5} messages, "
            f"p50 {1000 * p50[flooded]:.0f} ms, p99 {1000 * p99[flooded]:.0f} ms"
            for flooded in (False, True)
        ]
        told += [f"provider's memory: {min(memory) >> 10} to {max(memory) >> 10} MiB"]
        sys.stdout.write("\n\n" + "\n".join(f"  {line}" for line in told) + "\n")
    assert min(len(each) for each in seconds.values()) > TURNS * TURN_SECONDS * NOTES_A_SECOND / 2
    assert p99[True] <= MOST_RAISED * p99[False]
    assert max(memory) - memory[0] <= MOST_GROWN_KIB


@contextmanager
def _flooding(partners: Partners, flooder: Smuggler, flood: list[bytes], on: bool) -> Iterator[None]:
    """While it lasts, the third account's own broker is stopped dead, so the answers to it go nowhere."""
    if not on:
        yield
        return
    ended = threading.Event()
    pouring = threading.Thread(target=_pour, args=(flooder, flood, ended))
    own = partners.deployment.broker_of(THIRD).processes
    for process in own:
        process.signal(signal.SIGSTOP)
    pouring.start()
    try:
        yield
    finally:
        ended.set()
        pouring.join()
        for process in own:
            process.signal(signal.SIGCONT)


def _pour(flooder: Smuggler, flood: list[bytes], ended: threading.Event) -> None:
    batch, at = FLOOD // 10, 0
    while not ended.wait(0.1):
        try:
            flooder.publish(*flood[at : at + batch])
        except Unavailable:
            continue  # the lane is full: that is what it is for
        at = (at + batch) % len(flood)


def _sealed(flooder: Smuggler, count: int) -> list[bytes]:
    """Hand-overs that nobody agreed to, each in a thread of its own."""
    body = golden.read("request.handed_over.v1")["message"]["body"]
    return [flooder.seal(flooder.message("request.handed_over.v1", body)) for _ in range(count)]


def _say_for(case: Case, seconds: float) -> None:
    """The customer adds notes in an even pace."""
    began, said = time.monotonic(), 0
    while (gone := time.monotonic() - began) < seconds:
        case.adds_note(f"{time.monotonic_ns()}")
        said += 1
        time.sleep(max(0.0, said / NOTES_A_SECOND - gone))


def _answered(partners: Partners, since: datetime) -> list[float]:
    """Seconds from the save at the customer to the provider's answer, of each note since."""
    notes = {"partner": PROVIDER, "type": "note.added.v1", "at": {"$gte": since}, "state": "accepted"}
    rows = partners.stored(CUSTOMER, "requests")["outbox"].find(notes, {"at": 1, "answered_at": 1})
    return [(row["answered_at"] - row["at"]).total_seconds() for row in rows]


def _memory(partners: Partners) -> int:
    """KiB that the provider's process holds."""
    pid = partners.deployment.processes[PROVIDER].pid
    status = Path(f"/proc/{pid}/status").read_text()
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS"))
