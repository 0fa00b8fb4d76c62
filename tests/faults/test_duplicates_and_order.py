"""What comes twice has its effect once; what is said in a row is heard in that order, by however many."""

from __future__ import annotations

import random
import uuid
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import quote

import pytest
import requests

from interdesk.replay.agreement import read_copy
from interdesk.waiting import holds_within
from services.federation.partners.topology import border_vhost, lane_of
from tests.faults.at_rest import must_agree
from tests.faults.cases import Case, playing
from tests.faults.partners import CUSTOMER, PROVIDER, QUIET_SECONDS, Partners
from tests.faults.replicas import replicas_of
from tests.faults.smuggling import Smuggler

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

TIMES = 5
NOTES = 15


def test_captured_messages_that_come_again_in_any_order_have_no_effect(
    partners: Partners, choice: random.Random
) -> None:
    cases = [Case(partners, f"twice {number}") for number in range(4)]
    smugglers = [Smuggler(partners, CUSTOMER, PROVIDER), Smuggler(partners, PROVIDER, CUSTOMER)]
    of_others = [set(smuggler.captured()) for smuggler in smugglers]
    with playing(cases, Case.play):
        pass
    must_agree(partners, cases)
    before = [_copies(partners, case) for case in cases]
    for smuggler, known in zip(smugglers, of_others, strict=True):
        sealed = TIMES * [each for each in smuggler.captured() if each not in known]
        answered = _messages_of(partners, smuggler.partner)
        choice.shuffle(sealed)
        smuggler.publish(*sealed)
        _await_marker(partners, smuggler)
        assert _messages_of(partners, smuggler.partner) == answered
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
    with replicas_of(partners, PROVIDER, {"requests": 1}) as replicas:
        replicas.start(*replicas.more)
        assert holds_within(lambda: _consumers(partners, PROVIDER, "requests") == 2, QUIET_SECONDS, 0.5)

        def tell(case: Case) -> None:
            for number in range(NOTES):
                case.adds_note(f"remark {number:02}")

        with ThreadPoolExecutor(len(cases)) as pool:
            for telling in [pool.submit(tell, case) for case in cases]:
                telling.result()
        for case in cases:
            case.arrived()
        must_agree(partners, cases)
        taken = replicas.metric("requests", "interdesk_partner_messages_received_total")
        assert taken[replicas.more[0].address] > 0, "the second process has taken nothing"
    for case in cases:
        with partners[PROVIDER].api() as api:
            heard = [text for text in read_copy(api, PROVIDER, case.remote_id).public if "remark" in text]
        assert heard == [f"{case.key}: remark {number:02}" for number in range(NOTES)]


def _consumers(partners: Partners, account: str, service: str) -> int:
    vhost, lane = quote(border_vhost(account), safe=""), lane_of(service, CUSTOMER)
    admin = partners.deployment.broker_of(account).admin_uri
    return int(requests.get(f"{admin}/api/queues/{vhost}/{lane}", timeout=10).json().get("consumers", 0))


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
