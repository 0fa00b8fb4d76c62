"""Hand-overs: complete cycles per second, what they cost, and how fast a request returns."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from tests.bench import bare
from tests.bench.client import Client
from tests.bench.counts import Counts, counted
from tests.bench.ears import Ears
from tests.bench.figures import Figure, percentile
from tests.bench.sizes import Sizes
from tests.bench.subject import Subject, inside

CYCLE_MESSAGES = 5  # handed over, taken, progressed, completed, closed


class Handovers:
    """Plays cycles: create, hand over, take, complete, return, close."""

    def __init__(self, subject: Subject, customer: Ears, provider: Ears) -> None:
        self._subject = subject
        self._customer, self._provider = customer, provider
        self._numbers = itertools.count(1)
        self._clients = threading.local()

    def cycle(self) -> None:
        """Over when the provider knows that the customer has closed it."""
        here, there = self.taken()
        self.complete(there)
        self._customer.wait(here, "request.status_changed", "assigned")
        ours, _ = self._at()
        ours.patch(
            f"requests/{here}", {"status": "completed", "completion_reason": "solved", "note": "Thanks."}
        )
        # Its notes there: of the hand-over, of the completion, of the end.
        self._provider.wait(there, "request.note_added", times=3)

    def returned_after(self) -> float:
        """Seconds from the provider's PATCH to the customer's copy being returned, and told so."""
        here, there = self.taken()
        self._customer.wait(here, "request.status_changed", "in_progress")
        time.sleep(0.05)  # what follows from it (receipts, marks) is not to be measured with it
        begin = time.perf_counter()
        self.complete(there)
        return self._customer.wait(here, "request.status_changed", "assigned") - begin

    def taken(self) -> tuple[int, int]:
        """A new request that the provider works on: its ids here and there."""
        ours, theirs = self._at()
        made = ours.post(
            "requests",
            {
                "subject": f"Measured {next(self._numbers)}",
                "category": "incident",
                "impact": "low",
                "service_instance_id": self._subject.instance_id,
                "note": "It is slow.",
            },
        )
        here = int(made["id"])
        ours.patch(f"requests/{here}", {"service_instance_id": self._subject.lead_id})
        there = 0
        for known in itertools.count(1):
            if there:
                break
            # Every update may be the one that brought the provider's id.
            self._customer.wait(here, "request.updated", times=known)
            there = int(ours.get(f"requests/{here}?fields=supplier_requestID")["supplier_requestID"] or 0)
        theirs.patch(f"requests/{there}", {"status": "in_progress"})
        return here, there

    def complete(self, there: int) -> None:
        _, theirs = self._at()
        solved = {"status": "completed", "completion_reason": "solved", "note": "Restarted a server."}
        theirs.patch(f"requests/{there}", solved)

    def _at(self) -> tuple[Client, Client]:
        """This thread's clients of both accounts."""
        known = self._clients.__dict__
        if "both" not in known:
            known["both"] = (self._subject.at_customer(), self._subject.at_provider())
        both: tuple[Client, Client] = known["both"]
        return both


@contextmanager
def listening(subject: Subject) -> Iterator[Handovers]:
    with Ears(inside(subject.customer)) as ours, Ears(inside(subject.provider)) as theirs:
        yield Handovers(subject, ours, theirs)


def cycles(subject: Subject, handovers: Handovers, sizes: Sizes, idle: Counts) -> list[Figure]:
    """`idle`: what both accounts do in a second anyhow, which is taken off what a cycle costs."""
    with ThreadPoolExecutor(sizes.cycles_at_a_time) as pool:
        _all(pool, handovers, sizes.cycles_at_a_time)  # warm: connections, caches, the threads' clients
        before, begin = counted(subject.accounts), time.perf_counter()
        _all(pool, handovers, sizes.cycles)
        seconds = time.perf_counter() - begin
    cost = (counted(subject.accounts) - before).without(idle, seconds).per(sizes.cycles)
    bare_messages = bare.messages_per_second(
        subject.amqp_uri, subject.mongo_uri, sizes.bare_messages, sizes.cycles_at_a_time
    )
    saves, publishes = CYCLE_MESSAGES * bare.MESSAGE_SAVES, CYCLE_MESSAGES * bare.MESSAGE_PUBLISHES
    beside = f"{CYCLE_MESSAGES} messages, each {bare.MESSAGE_SAVES} saves, {bare.MESSAGE_PUBLISHES} publishes"
    return [
        Figure(
            f"hand-over cycles, {sizes.cycles_at_a_time} at a time",
            sizes.cycles / seconds,
            "/s",
            bare_messages / CYCLE_MESSAGES,
            beside,
            aim=0.4,
            aims_at_ratio=True,
        ),
        Figure("saves of records in a cycle", cost.saves, "", saves, "the fixed minimum"),
        Figure("writes to the database in a cycle", cost.writes, "", saves, "the fixed minimum"),
        Figure("reads of the database in a cycle", cost.reads, ""),
        Figure("publishes in a cycle", cost.publishes, "", publishes, "the fixed minimum"),
    ]


def returns(subject: Subject, handovers: Handovers, sizes: Sizes) -> list[Figure]:
    handovers.returned_after()
    ours = [handovers.returned_after() * 1000 for _ in range(sizes.returns)]
    hops = [hop * 1000 for hop in bare.hops(subject.amqp_uri, subject.mongo_uri, sizes.bare_hops)]
    beside = "one publish and one save"
    return [
        Figure(
            "return after PATCH, p50", percentile(ours, 0.5), "ms", percentile(hops, 0.5), beside, 8, True
        ),
        Figure("return after PATCH, p99", percentile(ours, 0.99), "ms", percentile(hops, 0.99), beside),
    ]


def _all(pool: ThreadPoolExecutor, handovers: Handovers, count: int) -> None:
    for each in [pool.submit(handovers.cycle) for _ in range(count)]:
        each.result()
