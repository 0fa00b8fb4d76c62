"""What many plays between desks begin with."""

from __future__ import annotations

from typing import Any

from tests.integration.requests.accounts import OPERATIONS, OWN_INSTANCE, Desk
from tests.integration.requests.conftest import GIGATERA_HOSTING


def settle(*desks: Desk) -> None:
    """Carries messages until nothing is in flight."""
    moved = True
    while moved:
        moved = any(one.deliver(other) for one in desks for other in desks if one is not other)


def handed_over(widget: Desk, gigatera: Desk, **fields: Any) -> tuple[int, int]:
    """(widget's id, gigatera's id) of a request that Sam of widget's operations has handed over."""
    id = widget.create(team_id=OPERATIONS, member_id=2, service_instance_id=OWN_INSTANCE, **fields)
    widget.edit(id, service_instance_id=GIGATERA_HOSTING)
    settle(widget, gigatera)
    return id, gigatera.crossed()
