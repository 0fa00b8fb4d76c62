"""Words that come late, twice, or not at all, and those that nobody can act on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from services.common.clock import SteppedClock
from services.common.crash import CrashPoints
from services.common.errors import Conflict
from services.common.verdicts import Later
from services.federation.thread_errors import AlreadyApplied, Gap
from services.federation.verdicts import done
from services.requests import partner
from services.requests.actions import due
from tests.integration.requests.accounts import OPERATIONS, SERVICE_DESK, Desk, agree
from tests.integration.requests.conftest import GIGATERA_HOSTING
from tests.integration.requests.plays import handed_over, settle


def test_a_first_hand_over_can_be_discarded_only_when_a_team_has_what_is_left_of_it(
    widget: Desk, gigatera: Desk
) -> None:
    widget.create(team_id=OPERATIONS, member_id=2, service_instance_id=GIGATERA_HOSTING)
    (row,) = widget.waiting(gigatera)
    message = gigatera.open(row, "widget")
    gigatera.around.keep("account", "gigatera", name="GigaTera", service_desk_team_id=None)
    gigatera.context.copies.refresh("account", "gigatera")
    with pytest.raises(Conflict, match="no_service_desk_team"):
        partner.discard(gigatera.context, message)
    assert gigatera.context.database["requests"].count_documents({}) == 0
    # The copy is older than what the administrator has done about it.
    gigatera.around.keep("account", "gigatera", name="GigaTera", service_desk_team_id=SERVICE_DESK)
    partner.discard(gigatera.context, message)
    assert gigatera.see(gigatera.crossed())["team_id"] == SERVICE_DESK


def test_a_later_word_can_be_discarded_without_a_service_desk_team(widget: Desk, gigatera: Desk) -> None:
    here, _ = handed_over(widget, gigatera)
    gigatera.around.keep("account", "gigatera", name="GigaTera", service_desk_team_id=None)
    gigatera.context.copies.refresh("account", "gigatera")
    widget.edit(here, note="Any news?")
    (row,) = widget.waiting(gigatera)
    partner.discard(gigatera.context, gigatera.open(row, "widget"))
    assert gigatera.notes(gigatera.crossed()) == []


def test_a_message_is_applied_once_and_in_its_order(widget: Desk, gigatera: Desk) -> None:
    _here, there = handed_over(widget, gigatera)
    gigatera.edit(there, status="in_progress")
    gigatera.edit(there, status="completed", completion_reason="solved", note="Done")
    first, second = (widget.open(row, "gigatera") for row in gigatera.waiting(widget))
    with pytest.raises(Gap):
        partner.receive(widget.context, second)
    assert partner.receive(widget.context, first) == done()
    with pytest.raises(AlreadyApplied):
        partner.receive(widget.context, first)
    assert partner.receive(widget.context, second) == done()


class Meanwhile(CrashPoints):
    """Where a process might die before its first save, another does `what`."""

    def __init__(self, what: Callable[[], object]) -> None:
        super().__init__()
        self._whats = [what]

    def here(self, name: str) -> None:
        if name == "requests.before_save" and self._whats:
            self._whats.pop()()


def test_of_two_who_apply_a_hand_over_at_the_same_moment_one_makes_the_request(
    widget: Desk, gigatera: Desk
) -> None:
    widget.create(team_id=OPERATIONS, member_id=2, service_instance_id=GIGATERA_HOSTING)
    (row,) = widget.waiting(gigatera)
    message = gigatera.open(row, "widget")
    other = Meanwhile(lambda: partner.receive(gigatera.context, message))
    with pytest.raises(AlreadyApplied) as seen:
        partner.receive(replace(gigatera.context, crash=other), message)
    assert seen.value.verdict == done()
    assert gigatera.context.database["requests"].count_documents({}) == 1


def test_a_hand_over_waits_for_its_agreement_and_is_then_declined(
    widget: Desk, gigatera: Desk, clock: SteppedClock
) -> None:
    gigatera.around.agreements.clear()
    id = widget.create(team_id=OPERATIONS)
    widget.edit(id, service_instance_id=GIGATERA_HOSTING)
    (row,) = widget.waiting(gigatera)
    message = gigatera.open(row, "widget")
    received = replace(message, received_at=clock.now())
    with pytest.raises(Later):
        partner.receive(gigatera.context, received)
    clock.step(gigatera.context.config.agreement_wait_seconds)
    assert partner.receive(gigatera.context, received) == done()
    widget.delivered.add(row["id"])
    settle(gigatera, widget)
    assert gigatera.see(gigatera.crossed())["completion_reason"] == "declined"
    assert widget.see(id)["team_id"] == OPERATIONS


def test_a_chain_that_bites_its_tail_is_declined_as_a_loop(widget: Desk, gigatera: Desk) -> None:
    agree(widget, gigatera, 400)
    here, there = handed_over(widget, gigatera)
    gigatera.edit(there, service_instance_id=400)
    settle(widget, gigatera)
    assert gigatera.see(there)["team_id"] == OPERATIONS
    assert any("loop" in text for text in gigatera.notes(there))
    assert widget.see(here)["status"] == "assigned"


def test_a_refused_hand_over_comes_back_flagged(widget: Desk, gigatera: Desk) -> None:
    id = widget.create(team_id=OPERATIONS, member_id=2)
    widget.edit(id, service_instance_id=GIGATERA_HOSTING)
    (row,) = widget.waiting(gigatera)
    widget.context.database["outbox"].insert_one({**row, "_id": row["id"]})
    for _ in range(2):
        partner.refused(widget.context, "gigatera", {**row, "_id": row["id"]}, "discarded")
    seen = widget.see(id)
    assert (seen["team_id"], seen["member_id"]) == (OPERATIONS, 2)
    assert [(flag["kind"], flag["code"]) for flag in seen["flags"]] == [("refused", "discarded")]


@pytest.mark.parametrize(
    ("answer", "flags"),
    [
        ({"state": "sent"}, ["unanswered"]),
        ({"state": "held"}, ["unanswered"]),
        ({"state": "accepted"}, []),
        ({"state": "refused", "refused_code": "discarded"}, []),
        ({"state": "refused", "refused_code": "chain_broken"}, ["unanswered"]),
    ],
)
def test_a_message_without_an_answer_is_flagged_until_it_has_one(
    widget: Desk, answer: dict[str, str], flags: list[str]
) -> None:
    id = widget.create(team_id=OPERATIONS, member_id=2)
    widget.edit(id, service_instance_id=GIGATERA_HOSTING)
    (row,) = widget.written()
    outbox = widget.context.database["outbox"]
    outbox.insert_one({**row, "_id": row["id"], "state": "sent"})
    for _ in range(2):
        partner.unanswered(widget.context, {**row, "_id": row["id"]})
    due.settle_flags(widget.context)
    assert [flag["kind"] for flag in widget.see(id)["flags"]] == ["unanswered"]
    outbox.update_one({"_id": row["id"]}, {"$set": answer})
    due.settle_flags(widget.context)
    assert [flag["kind"] for flag in widget.see(id)["flags"]] == flags
