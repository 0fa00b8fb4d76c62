"""Agreements between two running accounts: services as processes, a real broker and database between them."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import pytest

from interdesk.local.broker import Broker
from interdesk.local.database import Database
from services.common.actor import Actor
from services.common.errors import Invalid, Unavailable
from tests.integration.slas.running import Running, running_pair
from tests.waiting import wait_until

pytestmark = pytest.mark.timeout(300)
Pair = tuple[Running, Running]


@pytest.fixture(scope="module")
def pair(broker: Broker, database: Database, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    with running_pair(broker, database, tmp_path_factory.mktemp("agreements")) as pair:
        yield pair


@pytest.fixture
def alive(pair: Pair) -> Pair:
    """The pair, both alive, whatever an earlier test did. Every test has an agreement of its own."""
    for one in pair:
        if not one.alive:
            one.start("slas")
    return pair


def agreed(gigatera: Running, widget: Running, name: str) -> tuple[int, dict[str, Any]]:
    """The SLA's id at the provider, and the customer's copy."""
    sla = gigatera.slas("create_sla", gigatera.sla_for("widget", name))
    return sla["id"], wait_until(lambda: widget.copy(name))


def test_an_agreement_is_offered_covers_changes_and_ends_between_running_accounts(alive: Pair) -> None:
    gigatera, widget = alive
    id, copy = agreed(gigatera, widget, "Hosting")
    shop, _ = widget.instance("Shop")
    with pytest.raises(Invalid) as refused:
        widget.slas("agreement_for", copy["service_instance_id"], shop, None)
    assert "a service level manager must choose" in refused.value.message

    widget.slas("update_sla", copy["_id"], {"service_instance_ids": [shop]})
    lead = widget.slas("agreement_for", copy["service_instance_id"], shop, None)
    assert lead["partner"] == {"id": "gigatera", "name": "GigaTera"}
    there = gigatera.slas("agreement", "widget", lead["agreement"], actor=Actor.system("gigatera"))
    assert there["support_team_id"] == gigatera.team_id

    gigatera.ask("organizations", "update_team", gigatera.team_id, {"name": "Night shift"})
    wait_until(lambda: named(widget, lead["support_team_id"]) == "Night shift")
    gigatera.slas("update_sla", id, {"expiry_date": "2020-01-01"})
    wait_until(lambda: status(widget, copy["thread"]["id"]) == "expired")
    wait_until(gigatera.delivered)
    with pytest.raises(Invalid) as over:
        widget.slas("agreement_for", copy["service_instance_id"], shop, None)
    assert over.value.code == "no_agreement"
    assert widget.database["quarantine"].count_documents({}) == 0


def status(running: Running, thread: str) -> str | None:
    found = running.copy(thread)
    return found["status"] if found else None


def named(running: Running, team_id: int) -> str | None:
    found = running.database["copy_team"].find_one({"_id": team_id})
    return found["name"] if found else None


def test_a_partner_that_was_offline_catches_up_in_order(alive: Pair) -> None:
    gigatera, widget = alive
    id, copy = agreed(gigatera, widget, "Housing")
    widget.account.stop("slas")
    for number in range(1, 6):
        gigatera.slas("update_sla", id, {"name": f"Housing {number}"})
    gigatera.slas("update_sla", id, {"expiry_date": "2020-01-01"})
    assert not gigatera.delivered()
    widget.start("slas")
    wait_until(gigatera.delivered)
    (found,) = widget.copies(copy["thread"]["id"])
    assert (found["_id"], found["name"], found["status"]) == (copy["_id"], "Housing 5", "expired")
    assert found["thread"]["applied"]["sequence"] == 8


@pytest.mark.parametrize(
    ("dying", "point"),
    [
        ("gigatera", "slas.after_save"),
        ("gigatera", "slas.after_message_sink"),
        ("gigatera", "slas.after_deliver"),
        ("widget", "slas.after_inbox_ack"),
        ("widget", "slas.after_save"),
        ("widget", "slas.after_apply"),
    ],
)
def test_an_agreement_arrives_once_though_a_side_dies_in_the_middle(
    alive: Pair, dying: str, point: str
) -> None:
    gigatera, widget = alive
    fields = gigatera.sla_for("widget", f"Network {dying} {point}")
    wait_until(gigatera.delivered)
    died = gigatera if dying == "gigatera" else widget
    died.account.stop("slas")
    died.start("slas", INTERDESK_CRASH_AT=point)
    with contextlib.suppress(Unavailable):  # it may die before it answers
        gigatera.slas("create_sla", fields, timeout=4)
    wait_until(lambda: not died.alive)
    died.start("slas")
    wait_until(lambda: widget.copy(fields["name"]))
    wait_until(gigatera.delivered)
    assert gigatera.database["slas"].count_documents({"name": fields["name"]}) == 1
    (copy,) = widget.copies(fields["name"])
    assert copy["thread"]["applied"]["sequence"] == 1
    remote = {"account.id": "gigatera", "remote_id": fields["service_instance_id"]}
    assert widget.database["service_instances"].count_documents(remote) == 1
