"""Every service of an account runs three times; some are killed, some drained, some added, while requests
cross: nothing is lost or done twice, threads keep their order, and of each timer one runs.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from functools import partial

import pytest

from interdesk.waiting import holds_within
from tests.faults.at_rest import must_agree, not_counted, not_followed, not_told
from tests.faults.cases import Case, playing
from tests.faults.partners import CUSTOMER, PROVIDER, QUIET_SECONDS, Partners
from tests.faults.replicas import Replicas, replicas_of
from tests.waiting import wait_until

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

SERVICES = ("requests", "slas", "organizations", "notifications", "reporting", "gateway")
MORE = 2
# By service, a timer of which one replica has the lease.
LEASED = {"slas": "raise_alarms"}


@pytest.fixture(scope="module")
def replicas(partners: Partners) -> Iterator[Replicas]:
    """Of the provider's services."""
    with replicas_of(partners, PROVIDER, dict.fromkeys(SERVICES, MORE)) as replicas:
        replicas.start(*replicas.more)
        replicas.await_ready()
        yield replicas


def in_turn(case: Case) -> None:
    """A whole life, with a few notes in a row that must keep their order."""
    case.hand_over()
    for number in range(4):
        case.adds_note(f"remark {number}")
    case.notes_come()
    case.ask()
    case.answer()
    case.answer_comes()
    case.complete()
    case.close()


def test_requests_cross_while_replicas_are_killed_drained_and_added(
    partners: Partners, replicas: Replicas, choice: random.Random
) -> None:
    cross(partners, replicas, choice, [Case(partners, f"three {number}") for number in range(6)], 1)


@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_they_cross_for_long(partners: Partners, replicas: Replicas, choice: random.Random) -> None:
    cross(partners, replicas, choice, [Case(partners, f"many {number}") for number in range(120)], 20)


def cross(
    partners: Partners, replicas: Replicas, choice: random.Random, cases: list[Case], waves: int
) -> None:
    with playing(cases, in_turn):
        for _ in range(waves):
            wave(partners, replicas, choice)
    replicas.await_ready()
    partners[PROVIDER].wait_ready()
    later = [Case(partners, f"{cases[0].key} later {number}") for number in range(4)]
    with playing(later, Case.play_without_question):
        pass
    must_agree(partners, [*cases, *later], (CUSTOMER, PROVIDER))
    for followed in (not_followed, not_told, not_counted):
        assert holds_within(lambda each=followed: each(partners, PROVIDER) == [], QUIET_SECONDS, 0.5)  # type: ignore[misc]
    taken = replicas.metric("requests", "interdesk_partner_messages_received_total")
    assert sum(count > 0 for count in taken.values()) >= 2, f"one process has taken everything: {taken}"


def wave(partners: Partners, replicas: Replicas, choice: random.Random) -> None:
    """Of each service one process dies and one is drained, one service after the other; both come again."""
    for service in choice.sample(SERVICES, len(SERVICES)):
        dies, drained = choice.sample(replicas.of(service), MORE)
        replicas.kill(dies)
        replicas.start(dies)
        assert replicas.stop(drained) == 0, f"{service} did not drain"
        replicas.start(drained)
    own = choice.choice(SERVICES)
    partners[PROVIDER].kill(own)
    partners[PROVIDER].start(own)


def test_of_each_timer_one_replica_runs_and_another_takes_over(
    partners: Partners, replicas: Replicas
) -> None:
    replicas.await_ready()
    partners[PROVIDER].wait_ready()
    for service, timer in LEASED.items():
        runs = partial(replicas.metric, service, "interdesk_timer_runs_total", timer=timer)
        # A process that stalls for longer than its lease loses it: then two have run.
        running = wait_until(partial(_the_one, runs))
        killed = [each for each in replicas.of(service) if each.address == running]
        replicas.kill(*killed)
        if not killed:
            partners[PROVIDER].kill(service)
        wait_until(partial(_the_one, runs))
        replicas.start(*killed)
        partners[PROVIDER].start(service)
    replicas.await_ready()
    partners[PROVIDER].wait_ready()


def _the_one(runs: Callable[[], dict[str, float]]) -> str | None:
    """Where the timer runs, when it is in one process."""
    running = _who_runs(runs)
    return running.pop() if len(running) == 1 else None


def _who_runs(runs: Callable[[], dict[str, float]], times: int = 3) -> set[str]:
    """Where the timer has run meanwhile: until somebody has run it so many times."""
    before = runs()
    wait_until(lambda: any(now - before.get(at, 0) >= times for at, now in runs().items()))
    return {at for at, now in runs().items() if now > before.get(at, 0)}
