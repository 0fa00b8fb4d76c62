"""The alerts that matter most are raised by a real Prometheus when what they are for happens, name whom it
happens to, and are over when it is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from services.federation.partners.topology import BrokerAdmin
from tests.faults.at_rest import await_quiet
from tests.faults.cases import Case
from tests.faults.partners import CUSTOMER, PROVIDER, Partners
from tests.faults.test_poison import command, thread_of, unreadable, wait_parked
from tests.waiting import wait_until
from tests.watching import Prometheus, watching

pytestmark = [pytest.mark.timeout(600)]

# How it stands with partners is measured twice a minute.
MEASURED_SECONDS = 60
BREACHES = 12


@pytest.fixture(scope="module")
def prometheus(partners: Partners, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prometheus]:
    targets = {account: partners[account].metrics for account in (CUSTOMER, PROVIDER)}
    directory = tmp_path_factory.mktemp("prometheus")
    with watching(directory, targets, alerting=True) as prometheus:
        yield prometheus


def raised(prometheus: Prometheus, alert: str, **labels: str) -> Callable[[], bool]:
    return lambda: any(labels.items() <= each.items() for each in prometheus.alerts().get(alert, []))


def over(prometheus: Prometheus, alert: str) -> Callable[[], bool]:
    return lambda: alert not in prometheus.alerts()


def test_a_service_that_is_down(partners: Partners, prometheus: Prometheus) -> None:
    assert over(prometheus, "InterdeskServiceDown")()
    provider = partners[PROVIDER]
    provider.kill("notifications")
    address = provider.addresses["notifications"]
    wait_until(raised(prometheus, "InterdeskServiceDown", instance=address, severity="page"))
    provider.start("notifications")
    wait_until(over(prometheus, "InterdeskServiceDown"))


@pytest.mark.soak
def test_a_partner_that_cannot_be_reached(partners: Partners, prometheus: Prometheus) -> None:
    admin = BrokerAdmin(partners.deployment.broker_of(PROVIDER).admin_uri)
    partners[PROVIDER].stop("organizations")  # it would let the partner in again within seconds
    admin.shut_out(PROVIDER, CUSTOMER)
    case = Case(partners, "out of reach")
    case.hand_over()
    wait_until(
        raised(prometheus, "InterdeskPartnerUnreachable", account=CUSTOMER, partner=PROVIDER),
        MEASURED_SECONDS,
    )
    partners[PROVIDER].start("organizations")
    case.arrived()
    wait_until(over(prometheus, "InterdeskPartnerUnreachable"), MEASURED_SECONDS)


@pytest.mark.soak
def test_a_partner_that_does_not_answer(partners: Partners, prometheus: Prometheus) -> None:
    partners[PROVIDER].stop("requests")
    case = Case(partners, "without an answer")
    case.hand_over()
    rows = partners.stored(CUSTOMER, "requests")["outbox"]
    row = wait_until(lambda: rows.find_one({"due.to": PROVIDER}))
    rows.update_one({"_id": row["_id"]}, {"$set": {"at": row["at"] - timedelta(hours=2)}})
    wait_until(
        raised(prometheus, "InterdeskOutboxAgeing", account=CUSTOMER, partner=PROVIDER), MEASURED_SECONDS
    )
    partners[PROVIDER].start("requests")
    case.arrived()
    wait_until(over(prometheus, "InterdeskOutboxAgeing"), MEASURED_SECONDS)


@pytest.mark.soak
def test_a_message_that_is_parked(partners: Partners, prometheus: Prometheus) -> None:
    case = Case(partners, "parked")
    case.hand_over()
    case.arrived()
    with unreadable(partners, case.remote_id):
        case.adds_note("more")
        parked = wait_parked(partners, thread_of(partners, case))
        wait_until(
            raised(prometheus, "InterdeskMessagesParked", account=PROVIDER, partner=CUSTOMER),
            MEASURED_SECONDS,
        )
    command(partners, "parked", "replay", parked["id"])
    await_quiet(partners, (CUSTOMER, PROVIDER))
    wait_until(over(prometheus, "InterdeskMessagesParked"), MEASURED_SECONDS)


@pytest.mark.soak
def test_many_targets_that_are_breached(partners: Partners, prometheus: Prometheus) -> None:
    cases = [Case(partners, f"late {number}") for number in range(BREACHES)]

    def arrives(case: Case) -> None:
        case.hand_over()
        case.arrived()

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(arrives, cases))
    affected = partners.stored(PROVIDER, "slas")["affected_slas"]
    ours = {"request_id": {"$in": [case.remote_id for case in cases]}, "ended_at": None}
    wait_until(lambda: affected.count_documents(ours) == BREACHES)
    assert over(prometheus, "InterdeskBreaches")()
    for each in list(affected.find(ours, {"started_at": 1})):
        long_ago = each["started_at"] - timedelta(days=60)
        moved = {"started_at": long_ago, "due": each["started_at"]}
        affected.update_one({"_id": each["_id"]}, {"$set": moved})
    wait_until(raised(prometheus, "InterdeskBreaches", account=PROVIDER, goal="resolution"))
