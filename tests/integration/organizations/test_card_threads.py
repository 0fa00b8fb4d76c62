"""Words about cards: in their order, asked for again, after a restore."""

from __future__ import annotations

from datetime import timedelta

import pytest

from services.common.clock import SteppedClock
from services.federation.stored import DEPLOYMENT
from services.federation.thread_errors import AlreadyApplied, Gap
from services.federation.verdicts import done, refused
from services.organizations import partner, store
from services.organizations.actions.contact_cards import card_requests, linking
from tests.integration.organizations.agreements import (
    ASKED,
    PUBLISHED,
    agree,
    exchange,
)
from tests.integration.organizations.neighbourhood import Desk


def test_words_are_applied_once_and_in_order(gigatera: Desk, widget: Desk) -> None:
    agree(gigatera, widget)
    gigatera.edit(name="Second")
    first, second = gigatera.said()
    with pytest.raises(Gap):
        widget.hears(second)
    assert [widget.hears(first), widget.hears(second)] == [done(), done()]
    with pytest.raises(AlreadyApplied):
        widget.hears(first)
    assert widget.theirs()["name"] == "Second"


def test_a_card_that_does_not_come_is_asked_for_once_a_day(
    gigatera: Desk, widget: Desk, clock: SteppedClock
) -> None:
    agree(gigatera, widget)
    gigatera.delivered |= {row["id"] for row in gigatera.said()}  # it never arrives
    card_requests.ask_for_missing(widget.context)
    assert ASKED not in widget.types(), "it may be on its way"
    for hours in (1, 2, 25):
        clock.set(clock.now() + timedelta(hours=hours))
        card_requests.ask_for_missing(widget.context)
    assert widget.types().count(ASKED) == 2
    answers = widget.deliver(gigatera)
    assert answers.count((ASKED, done())) == 2
    assert gigatera.types() == [PUBLISHED] * 2, "both came at once, and one answer is enough"
    clock.set(clock.now() + timedelta(hours=25))
    card_requests.ask_for_missing(widget.context)
    widget.deliver(gigatera)
    assert gigatera.types() == [PUBLISHED] * 3


def test_who_is_not_entitled_is_refused_and_learns_nothing(
    gigatera: Desk, widget: Desk, clock: SteppedClock
) -> None:
    agree(gigatera, widget)
    widget.deliver(gigatera)
    agree_here_only = {"account": {"id": "gigatera"}, "remote_id": 5, "customer_id": widget.own_id}
    gigatera.agrees("sla", 5, status="expired", customer_account={"id": "widget"}, service_instance_id=3)
    gigatera.deliver(widget)
    widget.agrees("sla", 105, status="active", service_instance_id=8, **agree_here_only)
    assert widget.theirs()["card"] is None
    clock.set(clock.now() + timedelta(hours=1))
    card_requests.ask_for_missing(widget.context)
    (row,) = [row for row in widget.said() if row["type"] == ASKED]
    said = len(gigatera.said())
    assert widget.deliver(gigatera) == [(ASKED, refused("not_entitled"))]
    assert len(gigatera.said()) == said
    partner.refused(widget.context, "gigatera", row, "not_entitled")


def restored(desk: Desk, incarnation: int) -> None:
    state = {"incarnation": incarnation, "resuming": True}
    desk.context.database[DEPLOYMENT.name].update_one({}, {"$set": state})
    desk.context.kept.clear()


def test_a_restored_account_resumes_and_states_its_card(gigatera: Desk, widget: Desk) -> None:
    agree(gigatera, widget)
    exchange(gigatera, widget)
    restored(gigatera, 7)
    due = [each for each in partner.earlier(gigatera.context, 7) if each[1].startswith("card/")]
    assert len(due) == 2, "that of its own card, and that of widget's"
    for who, thread in due * 2:
        partner.resume(gigatera.context, who, thread)
    assert sorted(gigatera.deliver(widget)) == sorted(
        [("thread.resumed.v1", done()), (PUBLISHED, done()), ("thread.resumed.v1", done())], key=str
    )
    assert widget.theirs()["card_revision"] == [7, 1]
    assert widget.deliver(gigatera) == [], "widget had said nothing that was forgotten"


def test_a_thread_that_its_owner_forgot_is_replaced(gigatera: Desk, widget: Desk) -> None:
    agree(gigatera, widget)
    exchange(gigatera, widget)
    before, (forgotten,) = widget.theirs(), [row for row in gigatera.said() if row["type"] == PUBLISHED]
    gigatera.context.database[store.CARDS].delete_many({})
    restored(gigatera, 7)
    linking.follow(gigatera.context, "widget")
    assert gigatera.deliver(widget) == [(PUBLISHED, done())]
    gigatera.edit(name="GigaTera Anew")
    assert gigatera.deliver(widget) == [(PUBLISHED, done())]
    after = widget.theirs()
    assert (after["name"], after["_id"], after["card_revision"]) == ("GigaTera Anew", before["_id"], [7, 2])
    assert after["thread"]["id"] != before["thread"]["id"]
    assert widget.hears(forgotten) == refused("superseded_card")
    assert widget.theirs() == after


def test_a_discarded_card_is_gone_past_and_the_next_one_counts(gigatera: Desk, widget: Desk) -> None:
    agree(gigatera, widget)
    (row,) = gigatera.said()
    partner.discard(widget.context, widget.open(row))
    gigatera.delivered.add(row["id"])
    partner.refused(gigatera.context, "widget", row, "discarded")
    partner.unanswered(gigatera.context, {**row, "_id": row["id"]})
    (kept,) = gigatera.context.database[store.CARDS].find()
    assert (kept["refused"]["code"], kept["unanswered"]["type"]) == ("discarded", PUBLISHED)
    assert widget.theirs()["card"] is None
    gigatera.edit(name="Said again")
    assert gigatera.deliver(widget) == [(PUBLISHED, done())]
    assert widget.theirs()["name"] == "Said again"
