"""The accounts that the tests of the sla service play with (`accounts.py`)."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from typing import Any

import pytest

from interdesk.local.database import Database
from services.common.clock import SteppedClock
from services.federation.sealing.rings import PartnerRing
from services.slas.actions import agreements, services
from tests.integration.slas.accounts import Hosting, Side, own_instance, side_of, trust
from tests.integration.slas.registering import register
from tests.integration.slas.situations import TARGETS, Document, office


@pytest.fixture
def clock() -> SteppedClock:
    return SteppedClock()


@pytest.fixture
def sides(database: Database, clock: SteppedClock) -> Iterator[tuple[Side, Side]]:
    """(gigatera, widget), trusting each other."""
    with database.administrator() as client:
        names = [f"test_{secrets.token_hex(6)}" for _ in range(2)]
        gigatera, widget = (
            side_of(account, client.get_database(name), clock)
            for account, name in zip(("gigatera", "widget"), names, strict=True)
        )
        for one, other in ((gigatera, widget), (widget, gigatera)):
            trust(one, other.account, "active")
            one.partner_rings[other.account] = PartnerRing.from_wire(other.account, other.ring.to_wire())
        yield gigatera, widget
        for name in names:
            client.drop_database(name)


@pytest.fixture
def gigatera(sides: tuple[Side, Side]) -> Side:
    return sides[0]


@pytest.fixture
def widget(sides: tuple[Side, Side]) -> Side:
    return sides[1]


@pytest.fixture
def hosting(gigatera: Side) -> Hosting:
    context, manager = gigatera.context, gigatera.manager
    service = services.create_service(context, manager, {"name": "Hosting"})
    instance = services.create_service_instance(
        context,
        manager,
        {"name": "Hosting Gold", "service_id": service["id"], "support_team_id": 2, "first_line_team_id": 1},
    )
    offering = services.create_service_offering(
        context, manager, {"name": "Gold", "service_id": service["id"], "status": "available"}
    )
    gigatera.directory.keep("organization", 7, name="Widget Data Center")
    return Hosting(service["id"], instance["id"], offering["id"], customer_id=7)


@pytest.fixture
def webshop(widget: Side) -> int:
    """An own service instance of widget's."""
    return own_instance(widget, "Webshop")


@pytest.fixture
def agreed(gigatera: Side, widget: Side, hosting: Hosting, webshop: int) -> dict[str, Any]:
    """Widget's copy of an active SLA that covers its web shop."""
    agreements.create_sla(gigatera.context, gigatera.manager, hosting.for_widget)
    gigatera.deliver(widget)
    (sla,) = widget.slas()
    fields = {"service_instance_ids": [webshop]}
    return agreements.update_sla(widget.context, widget.manager, sla["_id"], fields)


@pytest.fixture
def handed_over(gigatera: Side, hosting: Hosting) -> Document:
    """What is the same in all situations of a request that widget has handed to gigatera's Hosting."""
    terms = {**TARGETS, "support_hours_low_id": office(gigatera), "time_zone": "UTC"}
    services.update_service_offering(gigatera.context, gigatera.manager, hosting.offering_id, terms)
    register(gigatera, hosting)
    (sla,) = gigatera.slas()
    return {
        "customer_account": "widget",
        "agreement": sla["thread"]["id"],
        "service_instance_id": hosting.instance_id,
        "about_id": hosting.instance_id,
        "team_id": 2,
        "requested_for_id": None,
    }
