"""SLAs that are registered and changed, as the side's service level manager does it."""

from __future__ import annotations

from typing import Any

from services.slas.actions import agreements
from tests.integration.slas.accounts import Hosting, Side


def register(gigatera: Side, hosting: Hosting, **fields: Any) -> dict[str, Any]:
    return agreements.create_sla(gigatera.context, gigatera.manager, {**hosting.for_widget, **fields})


def update(side: Side, id: int, **fields: Any) -> dict[str, Any]:
    return agreements.update_sla(side.context, side.manager, id, fields)
