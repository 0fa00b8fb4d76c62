"""Agreements that begin and end on their days."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from services.common.clock import SteppedClock
from services.common.errors import IllegalMove, Invalid
from services.slas.actions import dates, services
from tests.integration.slas.accounts import Hosting, Side
from tests.integration.slas.registering import register, update


def test_a_scheduled_agreement_becomes_active_and_expires_on_its_days(
    gigatera: Side, widget: Side, hosting: Hosting, clock: SteppedClock
) -> None:
    dated = {"status": "scheduled_for_activation", "start_date": "2026-02-01", "expiry_date": "2026-02-28"}
    sla = register(gigatera, hosting, **dated)
    assert (sla["status"], dates.move_due(gigatera.context)) == ("scheduled_for_activation", 0)
    seen = []
    for day in (
        datetime(2026, 2, 1, tzinfo=UTC),
        datetime(2026, 2, 28, 23, tzinfo=UTC),
        datetime(2026, 3, 1, tzinfo=UTC),
    ):
        clock.set(day)
        moved = dates.move_due(gigatera.context)
        gigatera.deliver(widget)
        seen.append((moved, widget.slas()[0]["status"]))
    assert seen == [(1, "active"), (0, "active"), (1, "expired")]
    assert [row["type"] for row in gigatera.written()] == [
        "agreement.offered.v1",
        "agreement.activated.v1",
        "agreement.ended.v1",
    ]


def test_the_day_begins_in_the_offerings_time_zone(
    gigatera: Side, hosting: Hosting, clock: SteppedClock
) -> None:
    services.update_service_offering(
        gigatera.context, gigatera.manager, hosting.offering_id, {"time_zone": "Pacific/Auckland"}
    )
    register(gigatera, hosting, status="scheduled_for_activation", start_date="2026-02-01")
    clock.set(datetime(2026, 1, 31, 10, 59, tzinfo=UTC))
    assert dates.move_due(gigatera.context) == 0
    clock.set(datetime(2026, 1, 31, 11, 0, tzinfo=UTC))
    assert dates.move_due(gigatera.context) == 1


def test_no_agreement_is_active_before_its_start_date(
    gigatera: Side, hosting: Hosting, agreed: dict[str, Any]
) -> None:
    with pytest.raises(Invalid) as refused:
        register(gigatera, hosting, status="active", start_date="2026-02-01")
    assert [field for field, _ in refused.value.errors] == ["start_date"]
    with pytest.raises(Invalid) as refused:
        update(gigatera, agreed["remote_id"], start_date="2026-02-01")
    assert [field for field, _ in refused.value.errors] == ["start_date"]
    assert update(gigatera, agreed["remote_id"], start_date="2025-12-01")["status"] == "active"


def test_expired_cannot_be_set_by_hand_and_an_expired_agreement_can_be_renewed(
    gigatera: Side, widget: Side, agreed: dict[str, Any]
) -> None:
    with pytest.raises(IllegalMove) as refused:
        update(gigatera, agreed["remote_id"], status="expired")
    assert "expiry_date" in refused.value.message
    assert update(gigatera, agreed["remote_id"], expiry_date="2025-06-30")["status"] == "expired"
    with pytest.raises(Invalid) as over:
        update(gigatera, agreed["remote_id"], status="active")
    assert over.value.errors == [("expiry_date", "is over (2025-06-30): give a later one, or none")]
    assert update(gigatera, agreed["remote_id"], status="active", expiry_date=None)["status"] == "active"
    said = [type for type, _ in gigatera.deliver(widget)]
    assert said == [
        "agreement.changed.v1",
        "agreement.ended.v1",
        "agreement.changed.v1",
        "agreement.activated.v1",
    ]
    assert widget.slas()[0]["status"] == "active"


def test_those_whose_day_has_not_come_in_their_zone_keep_nobody_waiting(
    gigatera: Side, hosting: Hosting, clock: SteppedClock
) -> None:
    database = gigatera.context.database
    auckland = {"time_zone": "Pacific/Auckland"}
    services.update_service_offering(gigatera.context, gigatera.manager, hosting.offering_id, auckland)
    ends: dict[str, Any] = {"status": "active", "expiry_date": "2026-02-28"}
    first = register(gigatera, hosting, **ends)
    offering = gigatera.document("service_offerings", hosting.offering_id)
    database["service_offerings"].insert_one({**offering, "_id": 900, "time_zone": "Pacific/Honolulu"})
    there = {**gigatera.document("slas", first["id"]), "service_offering_id": 900, "customer_account": None}
    del there["thread"]
    database["slas"].insert_many([{**there, "_id": -number} for number in range(1, 202)])
    register(gigatera, hosting, **ends)
    clock.set(datetime(2026, 2, 28, 12, tzinfo=UTC))
    assert dates.move_due(gigatera.context) == 2
