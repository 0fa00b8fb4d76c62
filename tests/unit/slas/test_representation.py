"""Who represents a customer, as its account tells it to the provider; and what of the provider's own such an
SLA affects.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from services.slas.model.affected.affecting import Promise, affected_by
from services.slas.model.affected.situation import Situation
from services.slas.model.coverage import Asking
from services.slas.model.representation import to_tell, without_the_expired

NAMES = {1: "Grace", 2: "Omar"}
SLA: dict[str, Any] = {"status": "active", "customer_representative_ids": [2, 1]}
GRACE, OMAR = {"id": 1, "name": "Grace"}, {"id": 2, "name": "Omar"}


@pytest.mark.parametrize("status", ["being_prepared", "scheduled_for_activation", "active"])
def test_all_representatives_are_told_at_once(status: str) -> None:
    assert to_tell({**SLA, "status": status}, NAMES) == [GRACE, OMAR]


def test_what_was_told_is_not_told_again() -> None:
    assert to_tell({**SLA, "represented_told": [GRACE, OMAR]}, NAMES) is None
    assert to_tell({**SLA, "customer_representative_ids": []}, NAMES) is None


def test_another_name_or_another_person_is_told() -> None:
    told = {**SLA, "represented_told": [GRACE, OMAR]}
    assert to_tell(told, {**NAMES, 1: "Grace Lin"}) == [{"id": 1, "name": "Grace Lin"}, OMAR]
    assert to_tell({**told, "customer_representative_ids": [1]}, NAMES) == [GRACE]


@pytest.mark.parametrize("over", [{"status": "expired"}, {"discarded": True}])
def test_of_an_sla_that_is_over_nobody_is_told(over: dict[str, Any]) -> None:
    assert to_tell({**SLA, **over, "represented_told": [GRACE]}, NAMES) == []
    assert to_tell({**SLA, **over}, NAMES) is None


def test_the_provider_keeps_no_name_when_the_sla_is_over() -> None:
    assert without_the_expired({"status": "expired", "represented_by": [GRACE]})["represented_by"] == []
    assert without_the_expired({"status": "active", "represented_by": [GRACE]})["represented_by"] == [GRACE]
    assert without_the_expired({"status": "expired"}) == {"status": "expired"}


PROMISE = Promise(
    id=3, status="active", service_instance_id=8, coverage="customer_account", agreement="t", customer_id=70
)
OWN = Situation(
    at=datetime(2026, 1, 5, tzinfo=UTC), status="assigned", category="incident", service_instance_id=8
)


@pytest.mark.parametrize(
    ("promise", "organizations", "affected"),
    [
        (PROMISE, (70,), [3]),
        (PROMISE, (71, 70), [3]),
        (PROMISE, (71,), []),
        (PROMISE, (), []),
        (replace(PROMISE, status="expired"), (70,), []),
        (replace(PROMISE, customer_id=None), (70,), []),
        (replace(PROMISE, service_instance_id=9), (70,), []),
    ],
)
def test_a_request_of_our_own_for_the_customers_organization_affects_its_sla(
    promise: Promise, organizations: tuple[int, ...], affected: list[int]
) -> None:
    assert affected_by([promise], OWN, Asking(requester_id=5, organization_ids=organizations)) == affected


def test_what_another_account_handed_over_affects_no_other_customers_sla() -> None:
    theirs = replace(OWN, agreement="other")
    assert affected_by([PROMISE], theirs, Asking(requester_id=5, organization_ids=(70,))) == []
    assert affected_by([PROMISE], replace(OWN, agreement="t"), Asking()) == [3]
