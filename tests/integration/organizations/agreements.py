"""An agreement between two desks, what then crosses, and what each shows of the other."""

from __future__ import annotations

from typing import Any

from services.common.actor import Actor
from services.common.listing import ListQuery
from services.organizations import queries
from services.organizations.actions.records import introductions
from tests.integration.organizations.neighbourhood import Desk

PUBLISHED, WITHDRAWN, ASKED = (f"organization.{verb}.v1" for verb in ("published", "withdrawn", "asked"))
CONTACT = {"contacts": [{"label": "service desk", "telephone": "+31 10 555 0100"}]}


def agree(gigatera: Desk, widget: Desk, id: int = 5, status: str = "active") -> None:
    """An SLA of gigatera's for widget, as both slas services have it."""
    actor = Actor.system(gigatera.account)
    known_as = introductions.introduce(gigatera.context, actor, "widget", "organization", None, "Widget")
    instance = {"id": 3, "provider_id": gigatera.own_id}
    gigatera.context.copies.store("service_instance", {"id": 3, "version": 1, "record": instance})
    customer = {"customer_account": {"id": "widget"}, "customer_id": known_as["id"]}
    gigatera.agrees("sla", id, status=status, service_instance_id=3, **customer)
    actor = Actor.system(widget.account)
    provider = introductions.introduce(
        widget.context, actor, "gigatera", "organization", gigatera.own_id, "GigaTera"
    )
    instance = {"id": 8, "provider_id": provider["id"]}
    widget.context.copies.store("service_instance", {"id": 8, "version": 1, "record": instance})
    theirs = {"account": {"id": "gigatera"}, "remote_id": id, "customer_id": widget.own_id}
    widget.agrees("sla", id + 100, status=status, service_instance_id=8, **theirs)


def exchange(one: Desk, other: Desk) -> list[tuple[str, Any]]:
    return [*one.deliver(other), *other.deliver(one)]


def names(desk: Desk, predefined: str | None = None) -> list[str]:
    """What stands in All Organizations there."""
    query = ListQuery.parse([("fields", "name,account,card_at")], queries.ORGANIZATIONS, predefined)
    page = queries.list_organizations(desk.context.database, query, desk.administrator)
    return [each["name"] for each in page.items]
