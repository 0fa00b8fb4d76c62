"""The two views of one request, over the public API of each account."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from selenium.webdriver.common.keys import Keys

from tests.stories.chromium import CHROMIUM, DRIVER, MISSING, PHONE, chromium
from tests.stories.sides import Desks, Record, Side
from tests.waiting import wait_until

pytestmark = pytest.mark.slow


def with_own_team(side: Side) -> Callable[[Record], bool]:
    return lambda seen: seen["team"]["id"] == side.stand.team_id


def complete(side: Side, reason: str = "solved", note: str = "A load balancer was replaced.") -> None:
    side.edit(status="completed", completion_reason=reason, note=note)


def test_after_the_provider_completes_its_completed_requests_have_it_with_its_reason_and_time(
    gigatera: Side,
) -> None:
    complete(gigatera)
    (listed,) = gigatera.listed("completed")
    assert (listed["status"], listed["completion_reason"]) == ("completed", "solved")
    assert listed["completed_at"] is not None
    assert gigatera.listed("open") == []


def test_customer_sees_request_open_after_provider_completed(widget: Side, gigatera: Side) -> None:
    """`assigned` to the team and member that handed it over."""
    complete(gigatera)
    widget.sees(with_own_team(widget))
    (listed,) = widget.listed("open")
    assert listed["status"] == "assigned"
    assert listed["team"]["name"] == widget.stand.cast.provided.team
    assert listed["member"]["id"] == widget.stand.people["specialist"]
    assert (listed["completion_reason"], listed["completed_at"]) == (None, None)
    assert widget.listed("completed") == []


@pytest.mark.timeout(300)
@pytest.mark.skipif(not (CHROMIUM.exists() and DRIVER.exists()), reason=MISSING)
def test_each_sides_page_shows_the_request_as_it_is_for_that_side(
    widget: Side, gigatera: Side, tmp_path: Path
) -> None:
    widget.api.post(f"requests/{widget.id}/notes", {"text": "It began at nine.", "internal": False})
    widget.api.post(f"requests/{widget.id}/notes", {"text": "Their second this week.", "internal": True})
    gigatera.edit(status="in_progress")
    complete(gigatera)
    widget.sees(with_own_team(widget))
    shots = []
    with chromium(tmp_path) as browser:
        for side, listed, status in ((gigatera, "completed", "Completed"), (widget, "open", "Assigned")):
            url, login = side.stand.account.url, side.stand.logins["specialist"]
            browser.sign_in(url, login["email"], "not the right one")
            browser.shows("[role=alert]", "not right")
            assert (browser.value("email"), browser.value("password")) == (login["email"], "")
            assert browser.focused() == "password"
            assert all("401" in said for said in browser.complaints()), "and nothing else was wrong"
            browser.type(login["password"], Keys.ENTER)
            browser.shows("header", login["name"])
            for path in (f"requests/{listed}", f"requests/{side.id}"):
                browser.open(f"{url}/{path}", PHONE)
                browser.keep(f"{side.stand.cast.id}-{listed}-{path.partition('/')[2]}-phone")
                assert browser.overflow() == 0
            browser.open(f"{url}/requests/{listed}")
            assert str(side.id) in browser.text("tbody .of-id")
            browser.keep(f"{side.stand.cast.id}-{listed}")
            assert browser.heads_columns_on_paper()
            browser.open(f"{url}/requests/{side.id}")
            assert browser.text("h1 + p .status") == status
            assert "A load balancer was replaced." in browser.text(".note")
            shots.append(browser.keep(f"{side.stand.cast.id}-request"))
            assert browser.complaints() == []
        browser.keep_beside("two-views", *shots)


def test_the_return_is_in_the_inbox_of_who_handed_it_over_once(widget: Side, gigatera: Side) -> None:
    widget.told()
    gigatera.edit(status="in_progress")
    gigatera.told("assigned")
    complete(gigatera)
    widget.told("returned")
    (entry,) = widget.inbox()
    assert (entry["request"]["status"], entry["read_at"]) == ("assigned", None)
    gigatera.told()
    complete(widget, "solved", "It is fast again.")
    widget.told()
    history = widget.api.get("me/my_inbox/closed", request=widget.id)
    assert [each["reason"] for each in history] == ["returned", "assigned"]


def test_after_the_customer_completes_each_keeps_its_own_reason_and_time(
    widget: Side, gigatera: Side
) -> None:
    complete(gigatera)
    before = gigatera.see()
    widget.sees(with_own_team(widget))
    complete(widget, "workaround", "It works again.")
    wait_until(lambda: gigatera.api.get(f"handovers/{gigatera.id}")["customer"]["ended"] == "accepted")
    ours, theirs = widget.see(), gigatera.see()
    assert (ours["completion_reason"], theirs["completion_reason"]) == ("workaround", "solved")
    assert theirs["completed_at"] == before["completed_at"] < ours["completed_at"]


def test_after_waiting_for_customer_the_customers_copy_is_assigned_to_the_team_that_handed_it_over(
    widget: Side, gigatera: Side
) -> None:
    gigatera.edit(status="waiting_for_customer", note="Which browser?")
    seen = widget.sees(with_own_team(widget))
    assert seen["status"] == "assigned"
    assert seen["member"]["id"] == widget.stand.people["specialist"]
    assert gigatera.see()["status"] == "waiting_for_customer"
    widget.told("waiting_on_me")
    gigatera.told()


def test_the_answer_goes_back_to_the_same_member(widget: Side, gigatera: Side) -> None:
    gigatera.edit(status="in_progress")
    gigatera.edit(status="waiting_for_customer", note="Which browser?")
    widget.sees(with_own_team(widget))
    instance = widget.api.get(f"service_instances/{widget.stand.providers['gigatera']}")
    widget.edit(team_id=instance["support_team"]["id"], note="All of them.")
    seen = gigatera.sees(lambda seen: seen["status"] == "assigned")
    assert seen["member"]["id"] == gigatera.stand.people["specialist"]
    assert "All of them." in [note["text"] for note in gigatera.notes()]


def test_the_end_user_is_told_nothing_of_the_completion_until_the_returning_team_publishes_it(
    desks: Desks, widget: Side, gigatera: Side
) -> None:
    end_user = Side(widget.stand, desks.api("widget", "end_user"), widget.id)
    complete(gigatera)
    widget.sees(with_own_team(widget))
    seen = end_user.see()
    assert (seen["status"], seen["completion_reason"], seen["completed_at"]) == ("assigned", None, None)
    assert end_user.notes() == []
    widget.told("returned")
    assert end_user.inbox() == []
    (solution,) = (note for note in widget.notes() if "load balancer" in note["text"])
    assert solution["internal"] is True
    widget.api.patch(f"notes/{solution['id']}", {"internal": False})
    (published,) = end_user.notes()
    assert published["text"] == "A load balancer was replaced."
    assert published["person"]["id"] == widget.stand.people["specialist"]


def test_through_a_chain_of_three_it_comes_back_hop_by_hop(
    desks: Desks, widget: Side, gigatera: Side
) -> None:
    globalnet = desks.given(gigatera, "globalnet")
    complete(globalnet, note="A router was replaced.")
    seen = gigatera.sees(with_own_team(gigatera))
    assert (seen["status"], gigatera.listed("completed")) == ("assigned", [])
    assert widget.see()["team"]["name"] == gigatera.stand.cast.provided.team
    complete(gigatera, note="The way to Asia is fast again.")
    seen = widget.sees(with_own_team(widget))
    assert (seen["status"], len(widget.listed("open"))) == ("assigned", 1)
    complete(widget, "workaround", "All is well.")
    reasons = [side.see()["completion_reason"] for side in (widget, gigatera, globalnet)]
    assert reasons == ["workaround", "solved", "solved"]
    assert not [note for note in widget.notes() if "router" in note["text"]]
    assert widget.holders() == ["widget", "gigatera", "widget"]
    assert gigatera.holders() == ["gigatera", "globalnet", "gigatera"]
    assert globalnet.holders() == ["globalnet"]
    shares = {
        each["account"]["id"]: each for each in widget.api.get(f"requests/{widget.id}/timeline/accounts")
    }
    assert shares["gigatera"]["support_hours_duration"] is not None


def test_a_question_below_does_not_reach_the_top_of_a_chain(
    desks: Desks, widget: Side, gigatera: Side
) -> None:
    globalnet = desks.given(gigatera, "globalnet")
    globalnet.edit(status="waiting_for_customer", note="Which line?")
    gigatera.sees(with_own_team(gigatera))
    assert widget.see()["team"]["name"] == gigatera.stand.cast.provided.team


def stands(affected: Record) -> bool:
    return affected["stopped_clock_at"] is not None


def runs(affected: Record) -> bool:
    return not stands(affected)


def test_while_the_provider_waits_its_clock_stands_and_the_customers_runs(
    widget: Side, gigatera: Side
) -> None:
    owed = gigatera.clocked(runs)
    assert (owed["accountability"], owed["actual_response_at"]) == ("provider", None)
    gigatera.edit(status="waiting_for_customer", note="Which browser?")
    widget.sees(with_own_team(widget))
    theirs = gigatera.clocked(stands)
    gigatera.sees(lambda seen: seen["next_target_at"] == "clock_stopped")
    ours = widget.clocked(lambda affected: affected["actual_response_at"] is not None)
    assert (theirs["accountability"], theirs["resolution_target_at"]) == ("provider", None)
    assert (ours["accountability"], ours["stopped_clock_periods"]) == ("supplier", [])
    assert ours["resolution_target_at"] is not None
    widget.sees(lambda seen: seen["next_target_at"] == ours["resolution_target_at"])
    instance = widget.api.get(f"service_instances/{widget.stand.providers['gigatera']}")
    widget.edit(team_id=instance["support_team"]["id"], note="All of them.")
    again = gigatera.clocked(runs)
    assert len(again["stopped_clock_periods"]) == 1
    assert again["resolution_target_at"] > owed["resolution_target_at"]
    told = [note["text"] for note in gigatera.notes() if note["medium"] == "system"]
    assert "The clock has stopped: waiting for the customer." in told
    assert "The clock runs again." in told
    assert not [note for note in widget.notes() if "clock" in note["text"]]


def test_in_a_chain_only_the_one_in_the_middle_stands_while_the_last_has_it(
    desks: Desks, widget: Side, gigatera: Side
) -> None:
    globalnet = desks.given(gigatera, "globalnet")
    middle = gigatera.clocked(stands)
    assert middle["accountability"] == "supplier"
    assert runs(globalnet.clocked(lambda affected: affected["accountability"] == "provider"))
    assert widget.clocked(runs)["stopped_clock_periods"] == []
    globalnet.edit(status="waiting_for_customer", note="Which line?")
    globalnet.clocked(stands)
    gigatera.clocked(runs)
    assert widget.clocked(runs)["stopped_clock_periods"] == []


def test_the_provider_sees_until_when_the_requester_expects_it_where_the_agreement_shares_that(
    desks: Desks, widget: Side
) -> None:
    theirs, ours = desks.api("gigatera", "manager"), desks.api("widget", "manager")
    (registered,) = theirs.get("slas", customer_account="widget")
    (known,) = (each for each in ours.get("slas") if (each.get("account") or {}).get("id") == "gigatera")
    theirs.patch(f"slas/{registered['id']}", {"asks_requester_target": True})
    wait_until(lambda: ours.get(f"slas/{known['id']}")["asks_requester_target"])
    ours.patch(f"slas/{known['id']}", {"shares_requester_target": True})
    expected = widget.sees(lambda seen: seen["requester_resolution_target_at"] is not None)
    gigatera = desks.given(widget, "gigatera")
    seen = gigatera.see()
    assert seen["customer_resolution_target_at"] == expected["requester_resolution_target_at"]
    assert seen["customer_resolution_target_at"] != seen["resolution_target_at"]
    assert widget.see()["customer_resolution_target_at"] is None
    widget.edit(provider_not_accountable=True)
    gigatera.sees(lambda seen: seen["customer_resolution_target_at"] is None)
    ours.patch(f"slas/{known['id']}", {"shares_requester_target": False})


def test_what_a_provider_declines_comes_back_to_the_team_that_handed_it_over(
    widget: Side, gigatera: Side
) -> None:
    gigatera.edit(status="declined", note="Not a matter of hosting.")
    seen = widget.sees(with_own_team(widget))
    assert seen["status"] == "assigned"
    assert gigatera.see()["completion_reason"] == "declined"
    held = gigatera.clocked(lambda affected: affected["accountability"] == "sla_not_affected")
    assert held["actual_response_at"] is not None
    assert (held["resolution_target_at"], held["actual_resolution_at"]) == (None, None)


def test_taken_back_it_is_withdrawn_at_the_provider(widget: Side, gigatera: Side) -> None:
    widget.edit(team_id=widget.stand.team_id, note="We found it ourselves.")
    seen = gigatera.sees(lambda seen: seen["status"] == "completed")
    assert seen["completion_reason"] == "withdrawn"
    assert widget.see()["team"]["id"] == widget.stand.team_id


def test_every_message_of_a_story_is_receipted(widget: Side, gigatera: Side) -> None:
    complete(gigatera)
    widget.sees(with_own_team(widget))
    complete(widget, "solved", "Thanks.")
    for side in (widget, gigatera):
        wait_until(partial(receipted, side))


def receipted(side: Side) -> bool:
    """Whether all that the account said about its request is accepted."""
    said = side.api.get(f"handovers/{side.id}/ledger")
    return all(message["state"] == "accepted" for message in said if message["direction"] == "sent")
