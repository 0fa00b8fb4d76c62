"""What the people of one account do with its requests."""

from __future__ import annotations

from dataclasses import replace

import pytest

from services.common.clock import SteppedClock
from services.common.errors import Conflict, Forbidden, IllegalMove, Invalid, NotFound
from services.common.ids import IntegerIds
from services.federation.verdicts import done
from services.requests import queries
from services.requests.actions import desk, due
from tests.integration.requests.accounts import OPERATIONS, OWN_INSTANCE, SERVICE_DESK, Desk
from tests.integration.requests.conftest import GIGATERA_HOSTING
from tests.integration.requests.plays import handed_over, settle


def test_what_a_member_declines_is_the_coordinators_while_he_is_active(widget: Desk) -> None:
    widget.around.keep("team", OPERATIONS, name="Operations", member_ids=[1, 2], coordinator_id=2)
    id = widget.create(team_id=OPERATIONS, member_id=1)
    assert widget.edit(id, status="declined", note="No time")["member_id"] == 2
    widget.edit(id, member_id=1)
    widget.around.keep("person", 2, name="Sam", organization_id=1, disabled=True)
    widget.context.copies.refresh("person", 2)
    assert widget.edit(id, status="declined", note="No time")["member_id"] is None


def test_a_discontinued_service_instance_is_not_chosen_and_one_being_prepared_may_be(widget: Desk) -> None:
    hosting = {"name": "Widget Hosting", "support_team_id": OPERATIONS}
    widget.around.keep("service_instance", OWN_INSTANCE, **hosting, status="being_prepared")
    having, without = widget.create(service_instance_id=OWN_INSTANCE), widget.create()
    widget.around.keep("service_instance", OWN_INSTANCE, **hosting, status="discontinued")
    widget.context.copies.refresh("service_instance", OWN_INSTANCE)
    for choose in (lambda **fields: widget.edit(without, **fields), widget.create):
        with pytest.raises(Invalid) as refused:
            choose(service_instance_id=OWN_INSTANCE)
        told = "the service instance Widget Hosting is discontinued"
        assert refused.value.errors == [("service_instance_id", told)]
    kept = widget.edit(having, service_instance_id=OWN_INSTANCE, subject="Still about it")
    assert (kept["subject"], kept["service_instance_id"]) == ("Still about it", OWN_INSTANCE)


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


def test_a_conversation_is_read_in_the_order_of_its_ids_whichever_process_takes_it_down(widget: Desk) -> None:
    id = widget.create()
    one, other = widget.context, replace(widget.context, ids=IntegerIds(widget.context.database))
    for n, context in enumerate([one, other, one, one, other, one]):
        key = "Sent twice" if n == 4 else None
        desk.add_note(context, widget.specialist, id, {"text": f"Note {n}", "internal": False}, key)
    assert widget.notes(id) == [f"Note {n}" for n in reversed(range(6))]


def first_line_for(widget: Desk, organization_id: int, **fields: object) -> None:
    """An FLSA of widget's with its operations team as the service desk."""
    promised = {"customer_id": organization_id, "service_desk_team_id": OPERATIONS, "status": "active"}
    widget.around.keep("flsa", 5, name="First line", **{**promised, **fields})
    widget.context.copies.refresh("flsa", 5)


def test_what_has_no_service_goes_to_the_service_desk_of_the_requesters_organization(widget: Desk) -> None:
    for id, above in ((2, 1), (3, 2)):
        widget.around.keep("organization", id, name=f"Plant {id}", parent_id=above)
    widget.around.keep("person", 3, name="Una", organization_id=3)
    first_line_for(widget, 2)
    led = widget.create(widget.end_user)
    assert widget.see(led)["team_id"] == OPERATIONS
    assert widget.see(widget.create())["team_id"] == SERVICE_DESK


@pytest.mark.parametrize("over", [{"status": "expired"}, {"account": {"id": "gigatera", "name": "GigaTera"}}])
def test_an_flsa_that_is_over_or_of_a_partner_that_takes_nothing_leads_nowhere(
    widget: Desk, over: dict[str, object]
) -> None:
    first_line_for(widget, 1, **over)
    assert widget.see(widget.create(widget.end_user))["team_id"] == SERVICE_DESK


def test_what_is_declined_and_was_nobodys_before_goes_to_the_service_desk_of_the_flsa(widget: Desk) -> None:
    id = widget.create(widget.end_user)
    assert widget.see(id)["team_id"] == SERVICE_DESK
    first_line_for(widget, 1)
    assert widget.edit(id, status="declined", note="Not ours")["team_id"] == OPERATIONS


@pytest.fixture
def partners_first_line(widget: Desk, gigatera: Desk) -> int:
    """Gigatera's service desk is widget's first line; gives widget's id of it."""
    thread, whose = "agreement/gigatera/first-line", {"id": "gigatera", "name": "GigaTera"}
    team = widget.around.call(
        "organizations", "introduce", None, "gigatera", "team", SERVICE_DESK, "GigaTera Service Desk"
    )
    first_line_for(widget, 1, account=whose, service_desk_team_id=team["id"])
    widget.around.first_lines[5] = {
        "agreement": thread,
        "partner": whose,
        "service_desk_team_id": team["id"],
        "supplier_id": None,
    }
    gigatera.around.agreements["widget", thread] = {
        "status": "active",
        "service_instance_id": None,
        "support_team_id": SERVICE_DESK,
    }
    return int(team["id"])


def test_what_an_end_user_asks_without_a_service_is_handed_over_under_a_partners_flsa(
    widget: Desk, gigatera: Desk, partners_first_line: int
) -> None:
    here = widget.create(widget.end_user)
    assert widget.see(here)["team_id"] == partners_first_line
    assert widget.deliver(gigatera) == [("request.handed_over.v1", done())]
    there = gigatera.crossed()
    seen = gigatera.see(there)
    assert (seen["team_id"], seen["service_instance_id"], seen["status"]) == (SERVICE_DESK, None, "assigned")
    gigatera.deliver(widget)
    (provider,) = queries.get_handover(widget.context.database, here, widget.specialist)["providers"]
    assert (provider["service_instance_id"], provider["turn"]) == (None, "with")
    gigatera.edit(there, status="completed", completion_reason="solved", note="Try again.")
    gigatera.deliver(widget)
    back = widget.see(here)
    assert (back["team_id"], back["status"]) == (SERVICE_DESK, "assigned")


def test_what_specialists_register_stays_until_they_pass_it_on(
    widget: Desk, gigatera: Desk, partners_first_line: int
) -> None:
    here = widget.create()
    assert widget.see(here)["team_id"] == SERVICE_DESK
    assert widget.edit(here, team_id=partners_first_line)["team_id"] == partners_first_line
    assert [type for type, _ in widget.deliver(gigatera)] == ["request.handed_over.v1"]


def test_a_hand_over_on_a_service_that_the_flsa_does_not_name_is_declined_by_itself(
    widget: Desk, gigatera: Desk, partners_first_line: int
) -> None:
    gigatera.around.agreements["widget", "agreement/gigatera/first-line"]["service_instance_id"] = 10
    here = widget.create(widget.end_user)
    widget.deliver(gigatera)
    gigatera.deliver(widget)
    assert widget.see(here)["team_id"] == SERVICE_DESK
    assert "wrong_service_instance" in " ".join(gigatera.notes(gigatera.crossed()))
