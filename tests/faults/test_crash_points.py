"""A service is killed at each named point while people work: nothing is lost or doubled.

All kills are one ordeal (`ordeal.py`), gone through once; the tests look at what came of it. With one process
per service, up to seven of them are dead at any time.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

import pytest

from services.common import crash
from tests.faults import churn, files
from tests.faults.at_rest import must_agree, not_followed, not_told
from tests.faults.cases import Case
from tests.faults.ordeal import Host, Ordeal
from tests.faults.partners import CUSTOMER, PROVIDER, THIRD, Partners
from tests.waiting import wait_until

DEADLINE_SECONDS = 420

SAVING = ("before_save", "after_save", "after_publish", "after_mark", "before_reply")
SENDING = ("after_message_sink", "before_deliver", "after_deliver", "after_delivery_mark")
RECEIVING = ("before_inbox_store", "after_inbox_store", "after_inbox_ack", "after_apply", "after_receipt")

# Requests are worked on, sent and received on both sides: each point on one of them, or (for long) on both.
# Of an agreement the provider speaks, of a new trust the one that accepts it.
SIDES: dict[Host, tuple[str, ...]] = {
    (CUSTOMER, "requests"): crash.PLACES,
    (PROVIDER, "requests"): crash.PLACES,
    (CUSTOMER, "slas"): ("after_event", *RECEIVING),
    (PROVIDER, "slas"): (*SAVING, *SENDING),
    (CUSTOMER, "organizations"): ("after_event", *RECEIVING),
    (THIRD, "organizations"): (*SAVING, *SENDING),
    (CUSTOMER, "notifications"): crash.HEARING,
}


@dataclass
class Survived:
    """The ordeal when it is over: which side was to die where, and has died. `attached`: files, by their
    requests.
    """

    cases: list[Case]
    attached: dict[int, bytes]
    planned: dict[str, set[Host]]
    reached: dict[str, set[Host]]


def planned(choice: random.Random, both_sides: bool) -> dict[Host, list[str]]:
    plan = {
        host: choice.sample([f"{host[1]}.{place}" for place in places], len(places))
        for host, places in SIDES.items()
    }
    if not both_sides:
        points = plan[CUSTOMER, "requests"]
        half = len(points) // 2
        plan[CUSTOMER, "requests"], plan[PROVIDER, "requests"] = points[:half], points[half:]
    return plan


def by_point(hosts: Iterable[tuple[Host, str]]) -> dict[str, set[Host]]:
    found: dict[str, set[Host]] = defaultdict(set)
    for host, point in hosts:
        found[point].add(host)
    return found


@pytest.fixture(
    scope="module", params=[False, pytest.param(True, marks=pytest.mark.soak)], ids=["one side", "both sides"]
)
def survived(partners: Partners, seed: int, request: pytest.FixtureRequest) -> Survived:
    choice = random.Random(seed)
    plan = planned(choice, both_sides=request.param)
    played: list[Case] = []
    attached: dict[int, bytes] = {}
    ordeal = Ordeal(partners, plan, choice)
    drivers = [
        churn.cases(partners, "a", played),
        churn.cases(partners, "b", played),
        files.attaching(partners, attached),
        churn.agreements(partners),
        churn.cards(partners),
        churn.trusts(partners),
        churn.reading(partners),
    ]
    ordeal.run(drivers, DEADLINE_SECONDS)
    each = by_point((host, point) for host, points in plan.items() for point in points)
    return Survived(played, attached, each, by_point(ordeal.reached))


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("name", crash.NAMES)
def test_a_process_is_killed_at(name: str, survived: Survived) -> None:
    assert survived.planned[name], f"nobody is killed at {name}"
    assert survived.reached[name] >= survived.planned[name]


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_after_crashes_both_accounts_agree_and_nothing_is_lost_or_doubled(
    survived: Survived, partners: Partners
) -> None:
    assert len(survived.cases) >= 4
    must_agree(partners, survived.cases)
    assert {case.step for case in survived.cases} == {"closed"}


@pytest.mark.slow
def test_after_crashes_every_note_has_its_file(survived: Survived, partners: Partners) -> None:
    assert len(survived.attached) >= 10
    assert files.not_attached(partners, survived.attached) == []


@pytest.mark.slow
def test_after_crashes_affected_slas_have_followed_their_requests_to_the_end(
    survived: Survived, partners: Partners
) -> None:
    wait_until(lambda: [each for name in (CUSTOMER, PROVIDER) for each in not_followed(partners, name)] == [])
    affected = list(partners.stored(PROVIDER, "slas")["affected_slas"].find({}))
    assert len(affected) == len({each["request_id"] for each in affected}) >= len(survived.cases)
    assert all(each["ended_at"] is not None for each in affected)
    assert all(stop["until"] is not None for each in affected for stop in each["stops"])


@pytest.mark.slow
def test_after_crashes_every_inbox_holds_what_requests_have_come_to(
    survived: Survived, partners: Partners
) -> None:
    wait_until(lambda: [each for name in (CUSTOMER, PROVIDER) for each in not_told(partners, name)] == [])
    for name in (CUSTOMER, PROVIDER):
        entries = list(partners.stored(name, "notifications")["inbox_entries"].find({}))
        assert {"assigned", "returned"} & {each["reason"] for each in entries}
        causes = [
            tuple(each[part] for part in ("request_id", "reason", "person_id", "team_id", "at"))
            for each in entries
        ]
        assert len(causes) == len(set(causes))


@pytest.mark.slow
def test_after_crashes_agreements_and_trusts_are_the_same_on_both_sides(
    survived: Survived, partners: Partners
) -> None:
    at_provider, at_customer = churn.sla_names(partners)
    assert at_provider == at_customer
    assert churn.trust_statuses(partners) == ("active", "active")


@pytest.mark.slow
def test_after_crashes_a_partner_has_the_card_as_it_was_published_last(
    survived: Survived, partners: Partners
) -> None:
    wait_until(lambda: churn.contacts(partners, PROVIDER) == churn.contacts(partners, CUSTOMER))
    (shown,) = partners.stored(PROVIDER, "organizations")["cards"].find({"partner": CUSTOMER})
    (heard,) = partners.stored(CUSTOMER, "organizations")["organizations"].find({"account.id": PROVIDER})
    assert {**heard["card"], "of_account": heard["is_account"]} == shown["told"]
    assert heard["card_revision"] == shown["revision"]
    assert (
        heard["thread"]["applied"]["sequence"] == shown["thread"]["sent"]["sequence"] == shown["revision"][1]
    )
