"""The main job between accounts that share nothing but the wire: each on a broker of its own, with its own
certificate authority. One of the brokers is killed in the middle of it.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import requests

from interdesk.waiting import holds_within
from tests.faults.at_rest import must_agree
from tests.faults.cases import Case
from tests.faults.partners import CUSTOMER, PROVIDER, QUIET_SECONDS, Partners, partners_up

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def apart(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Partners]:
    """Customer and provider on two brokers; one process per account."""
    directory = tmp_path_factory.mktemp("apart")
    with partners_up(directory, broker="own", processes="account", durable=False) as up:
        yield up


def test_the_accounts_meet_on_each_others_border_over_tls_of_its_own_authority(apart: Partners) -> None:
    ours, theirs = (apart.deployment.broker_of(account) for account in (CUSTOMER, PROVIDER))
    assert ours.ca_pem != theirs.ca_pem
    for broker, guest in ((ours, f"{CUSTOMER}.from.{PROVIDER}"), (theirs, f"{PROVIDER}.from.{CUSTOMER}")):

        def guests(broker=broker, guest=guest) -> list[bool]:  # type: ignore[no-untyped-def]
            found = requests.get(f"{broker.admin_uri}/api/connections", timeout=10).json()
            return [one["ssl"] for one in found if one.get("user") == guest]

        assert holds_within(lambda guests=guests: bool(guests()), QUIET_SECONDS, 0.5)  # type: ignore[misc]
        assert all(guests())


def test_the_request_comes_back_by_itself_though_a_broker_was_killed_on_its_way(apart: Partners) -> None:
    provider_broker = apart.deployment.broker_of(PROVIDER)
    case = Case(apart, "apart")
    case.hand_over()
    case.ask()
    provider_broker.kill()
    case.answer()  # the customer's own account works on
    request = apart.api(CUSTOMER).get(f"requests/{case.request_id}")
    assert (request["status"], request["team"]["account"]["id"]) == ("assigned", PROVIDER)
    unanswered = apart.api(CUSTOMER).get("deliveries/unanswered", request=case.request_id)
    assert [each["type"] for each in unanswered] == ["request.answered.v1"]
    provider_broker.start()
    provider_broker.wait_ready()
    case.answer_comes()
    case.complete()
    returned = apart.api(CUSTOMER).get(f"requests/{case.request_id}")
    assert (returned["status"], returned["completion_reason"]) == ("assigned", None)
    assert "account" not in returned["team"]
    assert [each["id"] for each in apart.api(CUSTOMER).get("requests/open", id=case.request_id)] == [
        case.request_id
    ]
    completed = apart.api(PROVIDER).get("requests/completed", id=case.remote_id)
    assert [each["id"] for each in completed] == [case.remote_id]
    case.close()
    must_agree(apart, [case])
