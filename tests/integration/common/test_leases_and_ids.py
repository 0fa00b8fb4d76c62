"""What the processes of a service share: leases, and numbers that are given once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

from services.common.clock import SteppedClock
from services.common.ids import IntegerIds
from services.common.leases import Lease


def test_one_holder_at_a_time_has_the_lease(mongo: Any) -> None:
    clock = SteppedClock()
    mine = Lease(mongo, "x", "me", 30, clock)
    yours = Lease(mongo, "x", "you", 30, clock)
    assert mine.acquire()
    assert not yours.acquire()
    clock.step(29)
    assert mine.acquire()
    clock.step(29)
    assert not yours.acquire()
    clock.step(1)
    assert yours.acquire()
    assert not mine.acquire()
    mine.release()
    assert not mine.acquire()
    yours.release()
    assert mine.acquire()


def test_integer_ids_are_given_once_over_processes(mongo: Any) -> None:
    processes = [IntegerIds(mongo, block=5) for _ in range(3)]
    with ThreadPoolExecutor(6) as pool:
        given = list(pool.map(lambda n: processes[n % 3].next("request"), range(120)))
    assert len(set(given)) == 120
    assert min(given) == 1
    assert IntegerIds(mongo).next("person") == 1


def test_ids_that_tell_an_order_rise_over_processes(mongo: Any) -> None:
    processes = [IntegerIds(mongo, block=3) for _ in range(3)]
    given: list[int] = []
    for n in range(12):
        given.append(processes[n % 5 % 3].next("note", after=given[-1] if given else 0))
    assert given == sorted(set(given))
    assert processes[0].newest("note") > given[-1]


def test_the_newest_id_leaves_the_block_as_it_is(mongo: Any) -> None:
    ids = IntegerIds(mongo, block=3)
    assert (ids.next("note"), ids.newest("note"), ids.next("note"), ids.next("note")) == (1, 4, 2, 3)
    assert ids.next("note") == 5
