"""SLAs that are registered and changed, as the side's service level manager does it."""

from __future__ import annotations

from typing import Any

from services.slas.actions import agreements, services
from tests.integration.slas.accounts import Hosting, Side


def register(gigatera: Side, hosting: Hosting, **fields: Any) -> dict[str, Any]:
    return agreements.create_sla(gigatera.context, gigatera.manager, {**hosting.for_widget, **fields})


def update(side: Side, id: int, **fields: Any) -> dict[str, Any]:
    return agreements.update_sla(side.context, side.manager, id, fields)


def within(side: Side, instance_id: int, **fields: Any) -> dict[str, Any]:
    """An SLA within the account, about a service instance of its own."""
    service_id = side.document("service_instances", instance_id)["service_id"]
    offering = services.create_service_offering(
        side.context, side.manager, {"name": "Standard", "service_id": service_id}
    )
    about = {"service_instance_id": instance_id, "service_offering_id": offering["id"]}
    return agreements.create_sla(side.context, side.manager, {"name": "End to end", **about, **fields})
