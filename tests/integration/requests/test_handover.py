"""A request goes to a provider and comes back by itself: actions, documents, threads and seals together."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from services.common.clock import SteppedClock
from services.common.errors import Conflict, Forbidden, IllegalMove, Invalid, NotFound
from services.common.verdicts import Later
from services.federation.threads import AlreadyApplied, Gap
from services.federation.verdicts import done
from services.requests import partner, queries
from services.requests.actions import desk, due
from tests.integration.requests.accounts import OPERATIONS, OWN_INSTANCE, SERVICE_DESK, Desk, agree
from tests.integration.requests.conftest import GIGATERA_HOSTING, GLOBALNET_FOR_WIDGET, GLOBALNET_HOSTING


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


def test_what_a_member_declines_is_the_coordinators_while_he_is_active(widget: Desk) -> None:
    widget.around.keep("team", OPERATIONS, name="Operations", member_ids=[1, 2], coordinator_id=2)
    id = widget.create(team_id=OPERATIONS, member_id=1)
    assert widget.edit(id, status="declined", note="No time")["member_id"] == 2
    widget.edit(id, member_id=1)
    widget.around.keep("person", 2, name="Sam", organization_id=1, disabled=True)
    widget.context.copies.refresh("person", 2)
    assert widget.edit(id, status="declined", note="No time")["member_id"] is None


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


def test_a_wait_that_is_over_goes_back_to_assigned(widget: Desk, clock: SteppedClock) -> None:
    id = widget.create(team_id=OPERATIONS)
    until = clock.now().replace(microsecond=0)
    widget.edit(id, status="waiting_for", waiting_until=until)
    assert widget.see(id)["status"] == "waiting_for"
    assert due.end_waits(widget.context) == 1
    assert widget.see(id)["status"] == "assigned"
    assert due.end_waits(widget.context) == 0


def test_what_a_provider_waits_for_ends_no_wait_here(
    widget: Desk, gigatera: Desk, clock: SteppedClock
) -> None:
    here, there = handed_over(widget, gigatera)
    gigatera.edit(there, status="waiting_for", waiting_until=clock.now())
    settle(widget, gigatera)
    assert widget.see(here)["waiting_until"] == gigatera.see(there)["waiting_until"]
    assert due.end_waits(widget.context) == 0
    assert due.end_waits(gigatera.context) == 1
    settle(widget, gigatera)
    assert (widget.see(here)["status"], widget.see(here)["waiting_until"]) == ("assigned", None)


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


def test_an_illegal_move_says_what_would_be_legal(widget: Desk, gigatera: Desk) -> None:
    _here, there = handed_over(widget, gigatera)
    gigatera.edit(there, status="completed", completion_reason="solved", note="Done")
    with pytest.raises(IllegalMove) as refused:
        gigatera.edit(there, status="declined", note="Not ours after all")
    assert "Possible now: reopen" in refused.value.message


def test_what_somebody_may_not_see_is_not_there(widget: Desk) -> None:
    id = widget.create()
    with pytest.raises(NotFound):
        widget.see(id, widget.end_user)
    with pytest.raises(NotFound):
        widget.edit(id, widget.end_user, note="Hello")


def test_an_end_user_says_little_of_a_new_request(widget: Desk) -> None:
    with pytest.raises(Forbidden) as refused:
        widget.create(widget.end_user, team_id=OPERATIONS, status="in_progress")
    assert [field for field, _ in refused.value.errors] == ["status", "team_id"]


def test_a_request_of_one_source_is_registered_once(widget: Desk) -> None:
    first = widget.create(source="monitoring", sourceID="42")
    assert widget.create(source="monitoring", sourceID="42", subject="Again") == first
    assert widget.create(source="monitoring", sourceID="43") != first


def test_a_source_that_names_a_request_of_somebody_else_is_taken(widget: Desk) -> None:
    widget.create(source="monitoring", sourceID="42")
    with pytest.raises(Conflict):
        widget.create(widget.end_user, source="monitoring", sourceID="42")


def test_who_has_it_already_is_answered_though_no_agreement_leads_there_any_more(
    widget: Desk, gigatera: Desk
) -> None:
    here, there = handed_over(widget, gigatera)
    gigatera.edit(there, status="completed", completion_reason="solved", note="Done")
    settle(widget, gigatera)
    widget.around.leads.clear()
    (provider,) = queries.get_handover(widget.context.database, here, widget.specialist)["providers"]
    given = {"team_id": provider["team_id"], "service_instance_id": GIGATERA_HOSTING}
    widget.edit(here, **given, note="Not solved")
    settle(widget, gigatera)
    assert (gigatera.see(there)["status"], gigatera.see(there)["reopen_count"]) == ("assigned", 1)
    widget.edit(here, team_id=SERVICE_DESK)
    with pytest.raises(Invalid, match="Nothing leads to"):
        widget.edit(here, team_id=provider["team_id"])


def test_the_member_of_what_is_taken_back_is_of_the_team_that_gets_it(widget: Desk, gigatera: Desk) -> None:
    here, _there = handed_over(widget, gigatera)
    with pytest.raises(Invalid) as refused:
        widget.edit(here, service_instance_id=OWN_INSTANCE, member_id=1)
    assert refused.value.errors[0][0] == "member_id"
    taken_back = widget.edit(here, service_instance_id=OWN_INSTANCE, member_id=2)
    assert (taken_back["team_id"], taken_back["member_id"]) == (OPERATIONS, 2)


def test_a_member_must_be_of_the_team(widget: Desk) -> None:
    with pytest.raises(Invalid) as refused:
        widget.create(team_id=OPERATIONS, member_id=1)
    assert refused.value.errors[0][0] == "member_id"
    widget.around.keep("team", OPERATIONS, name="Widget Operations", member_ids=[1, 2])
    assert widget.create(team_id=OPERATIONS, member_id=1)  # the copy was a moment old
