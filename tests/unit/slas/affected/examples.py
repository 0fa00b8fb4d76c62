"""A request of widget's, and the affected SLA that its table of scenarios calls Shop."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from services.requests.model.situation import BEGUN
from services.slas.model.affected import Affected, Situation
from tests.unit.slas.clocks.examples import at
from tests.unit.slas.scenarios.world import TEAMS, widget

WIDGET = widget()
SHOP = WIDGET.slas["Shop"]
WEBSHOP = WIDGET.instances["Webshop"]


def situation(when: str = "23 09:00", **fields: Any) -> Situation:
    """A low incident on the web shop, with its service desk."""
    usual = Situation(
        at(when),
        "assigned",
        "incident",
        impact="low",
        service_instance_id=WEBSHOP,
        about_id=WEBSHOP,
        team_id=TEAMS["Service Desk"],
    )
    return replace(usual, begun=fields.get("status") in BEGUN, **fields)


def shop(when: str = "23 09:00", **fields: Any) -> Affected:
    """Affected since then."""
    first = situation(when, **fields)
    return Affected.started(SHOP.promise, SHOP.terms(first.level), first)
