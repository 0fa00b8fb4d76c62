"""The broker, the database or a lane goes while requests cross the border: nothing is lost, doubled or out of
order.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from urllib.parse import quote

import pytest
import requests

from interdesk.waiting import holds_within
from services.federation.partners.topology import border_vhost, lane_of
from tests.faults.at_rest import must_agree
from tests.faults.cases import Case, playing
from tests.faults.partners import CUSTOMER, PROVIDER, QUIET_SECONDS, Partners

MANY = 14

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


def play_through(partners: Partners, name: str, choice: random.Random, crash: Callable[[], None]) -> None:
    """Many requests cross and return; in the middle of it `crash` happens."""
    cases = [Case(partners, f"{name}{number}") for number in range(MANY)]
    closed_before = choice.randint(1, MANY // 3)
    with playing(cases, Case.play_without_question):
        assert holds_within(lambda: _closed(cases) >= closed_before, QUIET_SECONDS)
        crash()
        assert _closed(cases) < MANY, "all was over before the crash"
    must_agree(partners, cases)
    assert _closed(cases) == MANY


def _closed(cases: list[Case]) -> int:
    return sum(case.step == "closed" for case in cases)


def test_a_broker_that_is_killed_loses_nothing(partners: Partners, choice: random.Random) -> None:
    broker = partners.deployment.broker_of(CUSTOMER)

    def crash() -> None:
        broker.kill()
        broker.start()
        broker.wait_ready()

    play_through(partners, "broker ", choice, crash)


def test_a_database_that_is_killed_loses_nothing(partners: Partners, choice: random.Random) -> None:
    def crash() -> None:
        partners.database.kill()
        partners.database.start()
        partners.database.wait_ready()

    play_through(partners, "database ", choice, crash)


def test_what_was_in_a_deleted_lane_is_sent_again(partners: Partners) -> None:
    partners[PROVIDER].kill("requests")
    cases = [Case(partners, f"lane {number}") for number in range(5)]
    for case in cases:
        case.hand_over()
    broker = partners.deployment.broker_of(PROVIDER)
    vhost, lane = quote(border_vhost(PROVIDER), safe=""), lane_of("requests", CUSTOMER)
    queue = f"{broker.admin_uri}/api/queues/{vhost}/{lane}"

    def waiting() -> int:
        return int(requests.get(queue, timeout=10).json().get("messages", 0))

    assert holds_within(lambda: waiting() >= len(cases), QUIET_SECONDS), "the hand-overs are not in the lane"
    requests.delete(queue, timeout=10).raise_for_status()
    partners[PROVIDER].start("requests")
    for case in cases:
        case.complete()
        case.close()
    must_agree(partners, cases)
