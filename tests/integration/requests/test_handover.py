"""A request goes to a provider and comes back by itself: actions, documents, threads and seals together."""

from __future__ import annotations

import pytest

from services.common.clock import SteppedClock
from services.federation.verdicts import done
from services.requests import queries
from services.requests.actions import desk, due
from tests.integration.requests.accounts import OPERATIONS, OWN_INSTANCE, SERVICE_DESK, Desk
from tests.integration.requests.conftest import GIGATERA_HOSTING, GLOBALNET_FOR_WIDGET, GLOBALNET_HOSTING
from tests.integration.requests.plays import handed_over, settle


def ended(desk: Desk, partner: str) -> None:
    """The trust with the partner has ended, as the copy has it; nothing has followed from it yet."""
    desk.around.keep("trust", partner, name=partner, status="ended")
    desk.context.copies.refresh("trust", partner)
    desk.context.kept.clear()


def test_a_request_that_is_handed_over_is_with_the_provider(widget: Desk, gigatera: Desk) -> None:
    here, there = handed_over(widget, gigatera, note="Since noon")
    seen = gigatera.see(there)
    assert (seen["status"], seen["team_id"], seen["service_instance_id"]) == (
        "assigned",
        OPERATIONS,
        OWN_INSTANCE,
    )
    assert (seen["subject"], seen["requester"]) == ("It is slow", "Sam")
    assert "Since noon" in gigatera.notes(there)
    mine = widget.see(here)
    team = widget.around.records["team", mine["team_id"]]
    assert (mine["status"], team["account"]["id"], team["name"]) == (
        "assigned",
        "gigatera",
        "GigaTera Operations",
    )
    assert (mine["supplier_requestID"], mine["member_id"]) == (str(there), None)
    assert widget.listed("open") == [here]
    handover = queries.get_handover(widget.context.database, here, widget.specialist)
    assert (handover["holder"]["id"], handover["providers"][0]["turn"]) == ("gigatera", "with")


def test_customer_sees_request_open_after_provider_completed(widget: Desk, gigatera: Desk) -> None:
    here, there = handed_over(widget, gigatera)
    gigatera.edit(there, status="in_progress")
    settle(widget, gigatera)
    assert widget.see(here)["status"] == "in_progress"
    gigatera.edit(there, status="completed", completion_reason="solved", note="Restarted it")
    settle(widget, gigatera)
    assert (gigatera.listed("completed"), gigatera.listed("open")) == ([there], [])
    theirs, mine = gigatera.see(there), widget.see(here)
    assert (theirs["completion_reason"], theirs["completed_at"] is not None) == ("solved", True)
    assert widget.listed("open") == [here]
    assert (mine["status"], mine["team_id"], mine["member_id"]) == ("assigned", OPERATIONS, 2)
    assert (mine["completion_reason"], mine["completed_at"]) == (None, None)
    assert "Restarted it" in widget.notes(here)


def test_each_keeps_its_own_reason_and_time(widget: Desk, gigatera: Desk, clock: SteppedClock) -> None:
    here, there = handed_over(widget, gigatera)
    gigatera.edit(there, status="completed", completion_reason="solved", note="Done")
    settle(widget, gigatera)
    clock.step(3600)
    widget.edit(here, status="completed", completion_reason="workaround", note="Told the user")
    settle(widget, gigatera)
    mine, theirs = widget.see(here), gigatera.see(there)
    assert (mine["completion_reason"], theirs["completion_reason"]) == ("workaround", "solved")
    assert mine["completed_at"] > theirs["completed_at"]
    handover = queries.get_handover(gigatera.context.database, there, gigatera.specialist)
    assert (handover["customer"]["ended"], handover["customer"]["open"]) == ("accepted", False)


def test_a_question_comes_back_to_the_team_that_handed_over_and_its_answer_resumes(
    widget: Desk, gigatera: Desk
) -> None:
    here, there = handed_over(widget, gigatera)
    gigatera.edit(there, status="waiting_for_customer", note="Which browser?", member_id=2)
    settle(widget, gigatera)
    mine = widget.see(here)
    assert (mine["status"], mine["team_id"], mine["member_id"]) == ("assigned", OPERATIONS, 2)
    assert gigatera.see(there)["status"] == "waiting_for_customer"
    providers = queries.get_handover(widget.context.database, here, widget.specialist)["providers"]
    assert providers[0]["turn"] == "asked"
    widget.edit(here, team_id=providers[0]["team_id"], note="Firefox")
    settle(widget, gigatera)
    theirs = gigatera.see(there)
    assert (theirs["status"], theirs["member_id"]) == ("assigned", 2)
    assert "Firefox" in gigatera.notes(there)


def test_the_end_user_is_told_nothing_of_the_completion_until_it_is_published(
    widget: Desk, gigatera: Desk
) -> None:
    here = widget.create(widget.end_user)
    widget.edit(here, team_id=OPERATIONS)
    widget.edit(here, service_instance_id=GIGATERA_HOSTING)
    settle(widget, gigatera)
    gigatera.edit(gigatera.crossed(), status="completed", completion_reason="solved", note="Restarted it")
    settle(widget, gigatera)
    assert widget.notes(here, widget.end_user) == []
    assert widget.see(here, widget.end_user)["status"] == "assigned"
    assert widget.told() == []
    solution = next(
        note
        for note in widget.context.database["notes"].find({"request_id": here})
        if note["text"] == "Restarted it"
    )
    desk.publish_note(widget.context, widget.specialist, solution["_id"])
    assert widget.notes(here, widget.end_user) == ["Restarted it"]
    assert widget.told() == ["note"]


def test_a_chain_returns_hop_by_hop(widget: Desk, gigatera: Desk, globalnet: Desk) -> None:
    here, middle = handed_over(widget, gigatera)
    gigatera.edit(middle, service_instance_id=GLOBALNET_HOSTING)
    settle(widget, gigatera, globalnet)
    below = globalnet.crossed()
    globalnet.edit(below, status="completed", completion_reason="solved", note="A cable")
    settle(widget, gigatera, globalnet)
    assert gigatera.see(middle)["status"] == "assigned"
    assert gigatera.see(middle)["team_id"] == OPERATIONS
    assert widget.see(here)["status"] == "assigned"
    handover = queries.get_handover(widget.context.database, here, widget.specialist)
    assert handover["holder"] == {"id": "gigatera", "name": "gigatera"}
    gigatera.edit(middle, status="completed", completion_reason="solved", note="Fixed below")
    settle(widget, gigatera, globalnet)
    assert (widget.see(here)["team_id"], widget.listed("open")) == (OPERATIONS, [here])
    assert "A cable" not in widget.notes(here)


def test_declining_sends_it_back_to_who_handed_it_over(widget: Desk, gigatera: Desk) -> None:
    here, there = handed_over(widget, gigatera)
    gigatera.edit(there, status="declined", note="Not ours")
    settle(widget, gigatera)
    assert gigatera.see(there)["completion_reason"] == "declined"
    mine = widget.see(here)
    assert (mine["status"], mine["team_id"]) == ("assigned", OPERATIONS)


def test_taking_back_while_the_provider_completes_keeps_both_results(widget: Desk, gigatera: Desk) -> None:
    here, there = handed_over(widget, gigatera)
    gigatera.edit(there, status="completed", completion_reason="solved", note="Done")
    widget.edit(here, team_id=SERVICE_DESK)
    verdicts = [*gigatera.deliver(widget), *widget.deliver(gigatera)]
    assert ("request.completed.v1", done("superseded")) in verdicts
    settle(widget, gigatera)
    assert (widget.see(here)["team_id"], widget.see(here)["status"]) == (SERVICE_DESK, "assigned")
    assert gigatera.see(there)["completion_reason"] == "solved"


def test_giving_it_to_another_provider_ends_the_first_episode(
    widget: Desk, gigatera: Desk, globalnet: Desk
) -> None:
    here, there = handed_over(widget, gigatera)
    widget.edit(here, service_instance_id=GLOBALNET_FOR_WIDGET)
    settle(widget, gigatera, globalnet)
    assert gigatera.see(there)["completion_reason"] == "withdrawn"
    assert globalnet.see(globalnet.crossed())["status"] == "assigned"


def test_the_end_of_a_trust_ends_what_is_open_on_each_side(widget: Desk, gigatera: Desk) -> None:
    here, there = handed_over(widget, gigatera)
    due.end_with(widget.context, "gigatera")
    due.end_with(gigatera.context, "widget")
    assert widget.see(here)["team_id"] == OPERATIONS
    assert gigatera.see(there)["completion_reason"] == "withdrawn"
    assert (widget.waiting(gigatera), gigatera.waiting(widget)) == ([], [])


@pytest.mark.parametrize(("now", "stays"), [("ended", False), ("active", True)])
def test_a_hand_over_saved_just_after_its_trust_ended_comes_back_by_itself(
    widget: Desk, gigatera: Desk, now: str, stays: bool
) -> None:
    """Unless there is a new trust already, of which the copy does not know yet."""
    here, there = handed_over(widget, gigatera)
    ended(widget, "gigatera")
    ended(gigatera, "widget")
    widget.around.keep("trust", "gigatera", name="GigaTera", status=now)
    for _ in range(2):
        due.end_with_ended(widget.context)
    shown = widget.see(here)
    assert ((shown["team_id"] == OPERATIONS), (shown["supplier_id"] is None)) == (not stays, not stays)
    due.end_with_ended(gigatera.context)
    assert gigatera.see(there)["completion_reason"] == "withdrawn"


def test_what_was_looked_for_with_an_ended_trust_is_only_what_is_open(widget: Desk, gigatera: Desk) -> None:
    here, _there = handed_over(widget, gigatera)
    requests_ = widget.context.database["requests"]
    assert requests_.count_documents({"open_with": "gigatera"}) == 1
    widget.edit(here, team_id=OPERATIONS)
    assert requests_.count_documents({"open_with": {"$exists": True}}) == 0
