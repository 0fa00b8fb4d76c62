"""What the slas service takes."""

from __future__ import annotations

from typing import Any

import pytest

from services.common.errors import Invalid
from services.common.schemas import loaded
from services.slas.model.shapes import copied, covering, shown
from services.slas.schemas import (
    ServiceInputSchema,
    ServiceInstanceInputSchema,
    ServiceOfferingInputSchema,
    SlaInputSchema,
)

SLA = SlaInputSchema()
OFFERING = ServiceOfferingInputSchema()


def wrong(schema: Any, **fields: Any) -> dict[str, str]:
    with pytest.raises(Invalid) as refused:
        loaded(schema, fields, partial=True)
    return dict(refused.value.errors)


@pytest.mark.parametrize(
    "given",
    [
        {"customer_account_id": "widget"},
        {"customer_account": "widget"},
        {"customer_account": {"id": "widget", "name": "Widget Data Center"}},
    ],
)
def test_the_customer_account_is_taken_as_4me_gives_it(given: dict[str, Any]) -> None:
    assert loaded(SLA, given, partial=True) == {"customer_account_id": "widget"}


def test_the_customer_account_is_given_once() -> None:
    assert "customer_account" in wrong(SLA, customer_account="widget", customer_account_id="widget")


def test_coverages_that_are_not_there_yet_are_refused_by_name() -> None:
    assert "must be one of customer_account" in wrong(SLA, coverage="skill_pools")["coverage"]


def test_a_target_is_minutes_or_hours_and_minutes() -> None:
    assert loaded(OFFERING, {"response_target_high": "1:30"}, partial=True) == {"response_target_high": 90}
    assert wrong(OFFERING, resolution_target_top=-5) == {
        "resolution_target_top": "must be between 0 and 1054080 minutes"
    }


def test_every_level_has_its_targets_and_charges() -> None:
    fields = OFFERING.fields.keys()
    for level in ("low", "medium", "high", "top", "rfc", "rfi", "case"):
        for name in ("response_target", "resolution_target"):
            assert {f"{name}_{level}", f"{name}_{level}_in_days"} <= fields
        assert {f"charge_type_{level}", f"rate_{level}", f"rate_{level}_currency"} <= fields


def test_an_availability_is_a_percentage() -> None:
    assert loaded(OFFERING, {"availability": 99.95}, partial=True) == {"availability": "99.9500"}
    assert wrong(OFFERING, availability="101") == {"availability": "must be between 0 and 100"}


def test_a_parent_says_what_a_failure_does_to_it_down_unless_said_otherwise() -> None:
    given = {
        "parent_service_instances": [
            {"service_instance": 5},
            {"service_instance_id": 6, "impact_relation": "degraded"},
        ]
    }
    assert loaded(ServiceInstanceInputSchema(), given, partial=True) == {
        "parent_service_instances": [
            {"service_instance_id": 5, "impact_relation": "down"},
            {"service_instance_id": 6, "impact_relation": "degraded"},
        ]
    }
    odd = wrong(ServiceInstanceInputSchema(), parent_service_instances=[{"impact_relation": "degraded"}])
    assert odd == {"parent_service_instances.0.service_instance_id": "Missing data for required field."}


def test_what_a_service_cannot_have_is_refused_by_name() -> None:
    assert wrong(ServiceInputSchema(), colour="red", account={"id": "gigatera"}) == {
        "colour": "Unknown field.",
        "account": "Unknown field.",
    }


def test_covered_instances_keep_what_was_said_of_them() -> None:
    sla = {"service_instances": [{"service_instance_id": 5, "impact_relation": "degraded"}]}
    assert covering(sla, [6, 5, 6]) == [
        {"service_instance_id": 5, "impact_relation": "degraded"},
        {"service_instance_id": 6, "impact_relation": "down"},
    ]


def test_a_copy_holds_only_what_others_need() -> None:
    state = {
        "name": "Hosting",
        "remarks": "CANARY",
        "agreementID": "CANARY",
        "told": {"sla": 1},
        "thread": None,
    }
    assert "CANARY" not in repr(copied("sla", 5, state))
    assert copied("sla", 5, state)["id"] == 5


def test_an_sla_from_before_there_were_sites_covers_none() -> None:
    record = shown("sla", {"_id": 5, "name": "Hosting", "people_ids": [1]})
    assert (record["site_ids"], record["coverage_group_ids"], record["people_ids"]) == ([], [], [1])


def test_nothing_of_the_store_is_shown() -> None:
    document = {"_id": 5, "name": "Hosting", "outbox": [1], "remote": "gigatera/3", "heard": {}, "unsent": 1}
    assert shown("service", document) == {"id": 5, "name": "Hosting"}
