"""What operators see of the border."""

from __future__ import annotations

import re
import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest

from services.common.actor import Actor
from services.common.errors import Forbidden, NotFound
from services.common.listing import Listing, ListQuery
from services.common.metrics import rendered
from services.federation import queries
from services.federation.incoming import lane_depths
from services.federation.outgoing.deliveries import Deliveries
from services.federation.outgoing.settlement import Settlement
from services.federation.partners import health, measuring
from services.federation.sealing.envelope import Message
from tests.federation.conftest import Sides
from tests.federation.sides import Side

Pair = tuple[Side, Side]
ADMIN = Actor(1, "widget", frozenset({"account_administrator"}))
END_USER = Actor(2, "widget")


def asked(listing: Listing, predefined: str | None = None, **arguments: str) -> ListQuery:
    return ListQuery.parse(list(arguments.items()), listing, predefined=predefined)


def told(side: Side, other: Side, thread: str) -> Sequence[dict[str, Any]]:
    return queries.list_ledger(side.database, [(other.account, thread)], asked(queries.LEDGER)).items


@pytest.fixture
def talk(pair: Pair) -> tuple[Side, Side, str]:
    """A thread with an accepted, a refused and a parked message, and one that waits behind that."""
    widget, giga = pair
    thread = widget.open(giga.account, "1")
    widget.say(giga.account, thread, "no", "odd", "4")
    widget.waits_until(lambda: widget.delivered(thread) == ["accepted", "refused", "held", "held"])
    return widget, giga, thread


def test_each_message_shows_what_became_of_it(talk: tuple[Side, Side, str]) -> None:
    widget, _, thread = talk
    databases = {"requests": widget.database}
    page = queries.list_deliveries(databases, asked(queries.DELIVERIES, thread=thread), ADMIN)
    shown = sorted(page.items, key=lambda item: item["sequence"])
    assert [item["state"] for item in shown] == ["accepted", "refused", "held", "held"]
    assert shown[1]["refused_code"] == "not_wanted"
    assert all("sealed" not in item and "receipt" not in item for item in shown)
    refused = queries.list_deliveries(databases, asked(queries.DELIVERIES, "refused", thread=thread), ADMIN)
    assert [item["sequence"] for item in refused.items] == [2]
    one = queries.get_delivery(databases, shown[1]["id"], ADMIN)
    assert one["payload"]["body"]["note"]["text"] == "no"


@pytest.mark.parametrize("verdict", ["accepted", "refused", "held"])
def test_what_is_answered_before_it_is_marked_shows_that_it_was_sent(make_side: Sides, verdict: str) -> None:
    widget = make_side("widget")
    thread, at = f"handover/widget/{uuid.uuid4()}", widget.context.clock.now()
    place = {"thread": thread, "incarnation": 1, "sequence": 1}
    row = {"id": "m1", "kind": "message", "partner": "gigatera", "type": "note.added.v1", "at": at}
    Deliveries(widget.context).take([{**row, **place, "hash": "f" * 64, "sealed": b""}])
    applied = {"incarnation": 1, "sequence": 1 if verdict != "held" else 0}
    said = {**place, "hash": "f" * 64, "verdict": verdict, "code": None, "applied": applied, "missing": []}
    receipt = Message("r1", "receipt.v1", "gigatera", "widget", thread, 1, 0, None, at, None, said)
    Settlement(widget.context).settle(receipt, b"")
    page = queries.list_deliveries({"requests": widget.database}, asked(queries.DELIVERIES), ADMIN)
    (shown,) = page.items
    assert (shown["state"], shown["attempts"]) == (verdict, 1)
    assert shown["sent_at"] >= shown["created_at"]


def test_a_parked_message_shows_why_what_it_says_and_what_waits_behind_it(
    talk: tuple[Side, Side, str],
) -> None:
    _, giga, thread = talk
    databases = {"requests": giga.database}
    page = queries.list_parked(databases, asked(queries.PARKED_MESSAGES), ADMIN)
    (parked,) = [item for item in page.items if item["thread"] == thread]
    assert (parked["code"], parked["sequence"]) == ("odd_text", 3)
    one = queries.get_parked(databases, parked["id"], ADMIN)
    assert one["payload"]["body"]["note"]["text"] == "odd"
    assert one["waiting_behind"] == 1
    with pytest.raises(NotFound):
        queries.get_parked(databases, "no such id", ADMIN)


def test_the_metrics_say_how_it_stands_with_a_partner(talk: tuple[Side, Side, str]) -> None:
    widget, giga, _ = talk
    for side in (giga, widget):
        measuring.measure(side.context)
    count = health.standing(giga.database, "requests", widget.account).parked
    assert count > 0
    parked = f'parked_messages{{account="{giga.account}",partner="{widget.account}",service="requests"}}'
    assert f"{parked} {count}.0" in rendered(giga.account, "requests").decode()
    ours = rendered(widget.account, "requests").decode()
    assert (
        f'refused_messages{{account="{widget.account}",partner="{giga.account}",service="requests"}}' in ours
    )
    gaps = health.standing(giga.database, "requests", widget.account).gaps
    assert gaps > 0
    assert f"{parked.replace('parked', 'gap')} {gaps}.0" in rendered(giga.account, "requests").decode()
    it = health.standing(widget.database, "requests", giga.account)
    assert it.heard_at is not None
    for name, value in (
        ("unreceipted_messages", it.unanswered),
        ("partner_failing", 0),
        ("border_paused", 0),
    ):
        labels = f'account="{widget.account}",partner="{giga.account}",service="requests"'
        assert f"interdesk_{name}{{{labels}}} {float(value)}" in ours
    delivered = re.search(rf"partner_delivery_seconds_count{{{labels}}} (\d+)", ours)
    assert delivered
    assert int(delivered[1]) >= 4


def test_the_metrics_say_how_many_messages_wait_in_a_lane(make_side: Sides) -> None:
    widget, giga = make_side("widget"), make_side("gigatera")
    for side, other in ((widget, giga), (giga, widget)):
        side.trusts(other)
    widget.smuggle(giga, b"one", b"two")  # nobody consumes it yet
    lane = f'lane_messages{{account="{giga.account}",partner="{widget.account}",service="requests"}}'

    def shown(count: int) -> bool:
        lane_depths.measure(giga.context, [widget.account, "nobody"])
        return f"{lane} {count}.0" in rendered(giga.account, "requests").decode()

    giga.waits_until(lambda: shown(2))
    giga.start()
    giga.waits_until(lambda: shown(0))
    giga.stop()


def test_the_ledger_tells_who_said_what_and_how_it_was_answered(talk: tuple[Side, Side, str]) -> None:
    widget, giga, thread = talk
    sent = told(widget, giga, thread)
    received = told(giga, widget, thread)
    assert [entry["hash"] for entry in sent] == [entry["hash"] for entry in received]
    assert [entry["direction"] for entry in sent] == ["sent"] * 4
    assert [entry["state"] for entry in received] == ["accepted", "refused", "parked", "waiting"]
    assert [entry["receipt"] for entry in sent] == [True, True, False, False]
    assert {(entry["partner"], entry["thread"]) for entry in sent} == {(giga.account, thread)}


@pytest.mark.parametrize("sort", ["at", "-at", "id", "-id"])
def test_no_message_is_left_out_of_a_ledger_however_long_it_is(make_side: Sides, sort: str) -> None:
    widget = make_side("widget")
    threads = [
        ("gigatera", f"handover/widget/{uuid.uuid4()}"),
        ("globalnet", f"handover/widget/{uuid.uuid4()}"),
    ]
    began = widget.context.clock.now()
    for nth in range(60):
        partner, thread = threads[nth % 2]
        place = {"partner": partner, "thread": thread, "type": "note.added.v1", "incarnation": 1}
        row = {**place, "sequence": nth, "hash": f"{nth}", "state": "accepted"}
        at = began + timedelta(seconds=nth * 7 % 60 // 2)
        if nth % 3:
            widget.database["outbox"].insert_one({**row, "_id": f"m{nth:03}", "at": at})
        else:
            kept = {"_id": f"r{nth}", "message_id": f"m{nth:03}", "received_at": at, "code": None}
            widget.database["inbox"].insert_one({**row, **kept})
    shown: list[tuple[str, datetime]] = []
    query = asked(queries.LEDGER, sort=sort, per_page="7")
    while True:
        page = queries.list_ledger(widget.database, threads, query)
        shown += [(entry["id"], entry["at"]) for entry in page.items]
        assert page.total == 60
        if page.next is None:
            break
        query = asked(queries.LEDGER, sort=sort, per_page="7", search_after=page.next)
    by = (lambda entry: entry) if "id" in sort else (lambda entry: (entry[1], entry[0]))
    assert len({id for id, _ in shown}) == 60
    assert shown == sorted(shown, key=by, reverse=sort.startswith("-"))


def test_an_end_user_sees_nothing_of_it(talk: tuple[Side, Side, str]) -> None:
    widget, _, _ = talk
    databases = {"requests": widget.database}
    for ask in (queries.list_deliveries, queries.list_parked, queries.list_quarantined):
        with pytest.raises(Forbidden):
            ask(databases, asked(queries.DELIVERIES), END_USER)
