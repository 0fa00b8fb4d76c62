"""What comes twice has its effect once; what is said in a row is heard in that order, by however many."""

from __future__ import annotations

import random
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any
from urllib.parse import quote

import pytest
import requests

from interdesk.hosting import Host, Hosting
from interdesk.ports import free_ports
from interdesk.replay.agreement import read_copy
from interdesk.waiting import holds_within
from services.federation.topology import border_vhost, lane_of
from tests.faults.at_rest import must_agree
from tests.faults.cases import Case, playing
from tests.faults.partners import CUSTOMER, PROVIDER, QUIET_SECONDS, Partners
from tests.faults.smuggling import Smuggler

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]

TIMES = 5
NOTES = 25


def test_captured_messages_that_come_again_in_any_order_have_no_effect(
    partners: Partners, choice: random.Random
) -> None:
    cases = [Case(partners, f"twice {number}") for number in range(4)]
    with playing(cases, Case.play):
        pass
    must_agree(partners, cases)
    before = [_copies(partners, case) for case in cases]
    for speaker, listener in ((CUSTOMER, PROVIDER), (PROVIDER, CUSTOMER)):
        smuggler = Smuggler(partners, speaker, listener)
        sealed = [each for each in smuggler.captured() for _ in range(TIMES)]
        answered = _messages_of(partners, listener)
        choice.shuffle(sealed)
        smuggler.publish(*sealed)
        _await_marker(partners, smuggler)
        assert _messages_of(partners, listener) == answered
    must_agree(partners, cases)
    assert [_copies(partners, case) for case in cases] == before


@pytest.mark.soak  # an echo of everything asks more of the local database than two cores give in minutes
def test_messages_that_come_again_while_they_are_new_have_their_effect_once(
    partners: Partners, choice: random.Random
) -> None:
    """Everything is published again by somebody who listens, while the requests are being worked on."""
    cases = [Case(partners, f"echo {number}") for number in range(8)]
    smugglers = [Smuggler(partners, CUSTOMER, PROVIDER), Smuggler(partners, PROVIDER, CUSTOMER)]
    echoed: list[set[bytes]] = [set(smuggler.captured()) for smuggler in smugglers]

    def echo() -> None:
        for smuggler, known in zip(smugglers, echoed, strict=True):
            fresh = [each for each in smuggler.captured() if each not in known]
            known.update(fresh)
            again = [each for each in fresh for _ in range(TIMES)]
            choice.shuffle(again)
            if again:
                smuggler.publish(*again)

    def all_closed() -> bool:
        echo()
        return all(case.step == "closed" for case in cases)

    with playing(cases, Case.play):
        assert holds_within(all_closed, 2 * QUIET_SECONDS)
    must_agree(partners, cases)


def test_the_order_of_a_thread_holds_with_two_processes_on_its_lane(partners: Partners) -> None:
    cases = [Case(partners, f"order {number}") for number in range(4)]
    for case in cases:
        case.hand_over()
    with second_process(partners, PROVIDER, "requests"):

        def tell(case: Case) -> None:
            for number in range(NOTES):
                case.adds_note(f"remark {number:02}")

        with ThreadPoolExecutor(len(cases)) as pool:
            for telling in [pool.submit(tell, case) for case in cases]:
                telling.result()
        for case in cases:
            case.arrived()
        must_agree(partners, cases)
    for case in cases:
        with partners[PROVIDER].api() as api:
            heard = [text for text in read_copy(api, PROVIDER, case.remote_id).public if "remark" in text]
        assert heard == [f"{case.key}: remark {number:02}" for number in range(NOTES)]


@contextmanager
def second_process(partners: Partners, account: str, service: str) -> Iterator[None]:
    """One more process of a service, beside the one that runs; both consume the account's lanes meanwhile."""
    directory = partners.deployment.directory
    host = Host(f"{account}/{service}/second", (account,), (service,))
    beside = directory / "second"
    beside.mkdir()
    (beside / "accounts").symlink_to(directory / "accounts")
    hosting = Hosting(beside, [host], dies_with_parent=True)
    (port,) = free_ports(1)
    hosting.start(host, {f"INTERDESK_{service.upper()}_ADDRESS": f"127.0.0.1:{port}"})
    try:
        assert holds_within(lambda: _consumers(partners, account, service) == 2, QUIET_SECONDS, 0.5)
        yield
        assert hosting.alive(host)
        assert _taken_by(port) > 0, "the second process has taken nothing"
    finally:
        hosting.kill([host])


def _consumers(partners: Partners, account: str, service: str) -> int:
    vhost, lane = quote(border_vhost(account), safe=""), lane_of(service, CUSTOMER)
    admin = partners.deployment.broker_of(account).admin_uri
    return int(requests.get(f"{admin}/api/queues/{vhost}/{lane}", timeout=10).json().get("consumers", 0))


def _taken_by(port: int) -> float:
    """How many verified deliveries the process there has taken from its lanes."""
    metrics = requests.get(f"http://127.0.0.1:{port}/metrics", timeout=10).text
    name = "interdesk_partner_messages_received_total{"
    return sum(float(line.rpartition(" ")[2]) for line in metrics.splitlines() if line.startswith(name))


def _copies(partners: Partners, case: Case) -> list[Any]:
    """All that both accounts show of a case."""
    found: list[Any] = []
    for account, id in ((CUSTOMER, case.request_id), (PROVIDER, case.remote_id)):
        with partners[account].api() as api:
            found.append(read_copy(api, account, id))
    return found


def _messages_of(partners: Partners, account: str) -> tuple[int, int]:
    """How many requests the account has, and how many messages it has applied."""
    stored = partners.stored(account, "requests")
    return (
        stored["requests"].count_documents({}),
        stored["inbox"].count_documents({"state": "accepted"}),
    )


def _await_marker(partners: Partners, smuggler: Smuggler) -> None:
    """A lane is taken in its order: when this is found in quarantine, all before it was taken."""
    marker = f"marker {uuid.uuid4()}".encode()
    smuggler.publish(marker)
    kept = partners.stored(smuggler.partner, "requests")["quarantine"]
    assert holds_within(lambda: kept.find_one({"sealed": marker}) is not None, QUIET_SECONDS, 0.3)
