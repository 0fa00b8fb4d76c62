"""The inbox over the API: what a person finds there, of what requests he may see, and what he has read."""

from __future__ import annotations

from typing import Any

import pytest

from services.common.actor import Actor
from services.common.clock import iso
from tests.integration.gateway.account import Account, Client, pages
from tests.integration.gateway.events import heard

Made = dict[str, Any]


def told(account: Account) -> None:
    """The inbox service hears what is said of requests."""
    heard(account, "requests", "requests", "request.situation_changed", "notifications", "situation_changed")


@pytest.fixture(scope="module")
def ann(account: Account) -> tuple[Made, Client]:
    return account.person("Ann Specialist", "specialist")


@pytest.fixture(scope="module")
def bob(account: Account) -> tuple[Made, Client]:
    return account.person("Bob Specialist", "specialist")


@pytest.fixture(scope="module")
def eve(account: Account) -> tuple[Made, Client]:
    """Who asks for something."""
    return account.person("Eve Enduser")


@pytest.fixture(scope="module")
def team(administrator: Client, ann: tuple[Made, Client], bob: tuple[Made, Client]) -> Made:
    members = [ann[0]["id"], bob[0]["id"]]
    return administrator.post("teams", {"name": "Web", "members": members, "coordinator_id": bob[0]["id"]})


@pytest.fixture
def request_(account: Account, administrator: Client, eve: tuple[Made, Client], team: Made) -> Made:
    """Eve's request, with the team."""
    made = eve[1].post("requests", {"subject": "No web", "category": "incident", "impact": "low"})
    administrator.patch(f"requests/{made['id']}", {"team_id": team["id"]})
    told(account)
    return made


def inbox(client: Client, request: Made, path: str = "my_inbox", **asked: Any) -> list[Made]:
    found: list[Made] = client.get(f"me/{path}", request=request["id"], **asked)
    return found


def reasons(client: Client, request: Made, path: str = "my_inbox") -> list[str]:
    return sorted(entry["reason"] for entry in inbox(client, request, path))


def test_what_is_assigned_to_the_team_is_in_its_inbox_until_somebody_has_it(
    account: Account,
    administrator: Client,
    ann: tuple[Made, Client],
    bob: tuple[Made, Client],
    team: Made,
    request_: Made,
) -> None:
    (entry,) = inbox(ann[1], request_, "my_teams_inbox")
    assert (entry["reason"], entry["team"]["name"], entry["read_at"]) == ("assigned", "Web", None)
    assert inbox(ann[1], request_) == [] == inbox(administrator, request_, "my_teams_inbox")
    administrator.patch(f"requests/{request_['id']}", {"member_id": ann[0]["id"]})
    told(account)
    assert inbox(bob[1], request_, "my_teams_inbox") == [] == inbox(bob[1], request_)
    (mine,) = inbox(ann[1], request_)
    assert (mine["reason"], mine["team"], mine["closed_at"]) == ("assigned", None, None)
    (closed,) = ann[1].get("me/my_teams_inbox/closed", request=request_["id"])
    assert (closed["id"], closed["closed_at"] is None) == (entry["id"], False)


def test_an_entry_shows_its_request_as_it_is_now(
    account: Account,
    administrator: Client,
    ann: tuple[Made, Client],
    eve: tuple[Made, Client],
    request_: Made,
) -> None:
    path = f"requests/{request_['id']}"
    administrator.patch(path, {"member_id": ann[0]["id"]})
    told(account)
    administrator.patch(path, {"subject": "No web at all", "impact": "high"})
    (entry,) = inbox(ann[1], request_)
    shown = entry["request"]
    assert shown["href"] == f"https://widget.example/v1/{path}"
    assert (shown["id"], shown["nodeID"]) == (request_["id"], request_["nodeID"])
    assert (shown["subject"], shown["impact"], shown["status"]) == ("No web at all", "high", "assigned")
    assert (shown["team"]["name"], shown["member"]["id"]) == ("Web", ann[0]["id"])
    assert shown["next_target_at"] == "best_effort"
    assert shown["for"]["requester"]["id"] == eve[0]["id"]
    assert (shown["for"]["requester_name"], shown["new_assignment"]) == ("Eve Enduser", True)


def test_the_requester_is_asked_and_the_answer_brings_it_back(
    account: Account, ann: tuple[Made, Client], eve: tuple[Made, Client], request_: Made
) -> None:
    path = f"requests/{request_['id']}"
    ann[1].patch(path, {"member_id": ann[0]["id"], "status": "in_progress"})
    told(account)
    (taken,) = inbox(ann[1], request_)
    assert (taken["read_at"], taken["request"]["new_assignment"]) == (taken["at"], False)
    account.clock.step(60)
    ann[1].patch(path, {"status": "waiting_for_customer", "note": "Which browser?"})
    told(account)
    assert (reasons(eve[1], request_), reasons(ann[1], request_)) == (["waiting_on_me"], [])
    account.clock.step(60)
    eve[1].patch(path, {"note": "All of them."})
    told(account)
    assert (reasons(eve[1], request_), reasons(ann[1], request_)) == ([], ["assigned"])
    (again,) = inbox(ann[1], request_)
    assert (again["id"] > taken["id"], again["read_at"]) == (True, None)


def alarm(account: Account, request: Made, team: Made, **fields: Any) -> None:
    body = {
        "id": 17,
        "request_id": request["id"],
        "sla_id": 1,
        "service_instance_id": 1,
        "goal": "resolution",
        "percent": 75,
        "at": iso(account.clock.now()),
        "first_line_team_id": None,
        "support_team_id": team["id"],
        "service_owner_id": None,
        "notify": ["current_assignee", "support_team_coordinator"],
        **fields,
    }
    handler = "breached" if body["percent"] == 100 else "at_risk"
    getattr(account.caller.services["notifications"], handler)(body)


def test_whom_an_alarm_names_is_told(
    account: Account,
    administrator: Client,
    ann: tuple[Made, Client],
    bob: tuple[Made, Client],
    eve: tuple[Made, Client],
    team: Made,
    request_: Made,
) -> None:
    administrator.patch(f"requests/{request_['id']}", {"member_id": ann[0]["id"]})
    told(account)
    alarm(account, request_, team)
    assert reasons(ann[1], request_) == ["assigned", "at_risk"]
    (entry,) = inbox(bob[1], request_)
    assert (entry["reason"], entry["goal"], entry["percent"]) == ("at_risk", "resolution", 75)
    owner = account.person("Olga Owner", "specialist")
    scheme = {"notify": ["service_owner", "support_team_manager"], "service_owner_id": owner[0]["id"]}
    alarm(account, request_, team, percent=100, **scheme)
    alarm(account, request_, team, percent=90)
    assert (reasons(ann[1], request_), reasons(bob[1], request_)) == (["assigned"], [])
    assert reasons(owner[1], request_) == ["breached"]
    alarm(
        account,
        request_,
        team,
        percent=100,
        goal="response",
        notify=["service_owner"],
        service_owner_id=eve[0]["id"],
    )
    assert reasons(eve[1], request_) == []


def test_each_word_of_a_notification_scheme_tells_the_one_it_names(
    account: Account, administrator: Client, request_: Made
) -> None:
    lines: Made = {}
    people: dict[str, Client] = {}
    for line in ("first_line_team", "support_team"):
        offices = {}
        for office in ("coordinator", "manager"):
            person, client = account.person(f"{line} {office}", "specialist")
            offices[f"{office}_id"], people[f"{line}_{office}"] = person["id"], client
        members = {"members": [offices["coordinator_id"]]}
        team = administrator.post("teams", {"name": f"{line} of {request_['id']}", **members, **offices})
        lines[f"{line}_id"] = team["id"]
    for percent, word in enumerate(people, start=1):
        alarm(account, request_, {"id": None}, **lines, percent=percent, notify=[word])
        told_of = {name for name, client in people.items() if "at_risk" in reasons(client, request_)}
        assert told_of == {word}


def test_that_a_response_is_due_is_over_when_it_is_given(
    account: Account, bob: tuple[Made, Client], team: Made, request_: Made
) -> None:
    alarm(account, request_, team, goal="response")
    alarm(account, request_, team)
    assert reasons(bob[1], request_) == ["at_risk", "at_risk"]
    account.caller.services["notifications"].responded({"id": 17, "request_id": request_["id"]})
    assert [entry["goal"] for entry in inbox(bob[1], request_)] == ["resolution"]


def test_who_does_not_answer_is_reminded(
    account: Account, ann: tuple[Made, Client], eve: tuple[Made, Client], request_: Made
) -> None:
    ann[1].patch(f"requests/{request_['id']}", {"status": "waiting_for_customer", "note": "Which browser?"})
    asked = account.clock.now()
    told(account)
    account.clock.step(days=3)
    facts = {"id": 17, "request_id": request_["id"], "sla_id": 1, "waiting_since": iso(asked)}
    remind = account.caller.services["notifications"].follow_up
    remind({**facts, "rule": 1, "completes": False})
    remind({**facts, "rule": 1, "completes": False})
    remind({**facts, "rule": 2, "completes": True})
    assert reasons(eve[1], request_) == ["follow_up", "waiting_on_me"]
    assert inbox(ann[1], request_) == []


def test_who_may_not_see_the_request_any_more_does_not_find_it_in_his_inbox(
    account: Account, administrator: Client, team: Made, request_: Made
) -> None:
    person, client = account.person("Tim Temporary", "specialist")
    administrator.patch(f"requests/{request_['id']}", {"team_id": team["id"]})
    members = [each["id"] for each in administrator.get(f"teams/{team['id']}/members")]
    administrator.patch(f"teams/{team['id']}", {"members": [*members, person["id"]]})
    administrator.patch(f"requests/{request_['id']}", {"member_id": person["id"]})
    told(account)
    (entry,) = inbox(client, request_)
    administrator.patch(f"people/{person['id']}/permissions", {"roles": []})
    assert client.get("me/my_inbox") == []
    for method in ("GET", "PATCH"):
        body = {"read": True} if method == "PATCH" else None
        assert client.send(method, f"me/my_inbox/{entry['id']}", body).status_code == 404


def test_what_a_member_has_who_is_disabled_goes_to_his_team(
    account: Account, administrator: Client, bob: tuple[Made, Client], team: Made, request_: Made
) -> None:
    person, _ = account.person("Lea Leaver", "specialist")
    members = [each["id"] for each in administrator.get(f"teams/{team['id']}/members")]
    administrator.patch(f"teams/{team['id']}", {"members": [*members, person["id"]]})
    path = f"requests/{request_['id']}"
    administrator.patch(path, {"member_id": person["id"]})
    told(account)
    assert reasons(bob[1], request_, "my_teams_inbox") == []
    administrator.patch(f"people/{person['id']}", {"disabled": True})
    system = Actor.system("widget")
    for _ in range(2):
        saved = account.caller.call("organizations", "copy", system, "person", person["id"])
        account.caller.services["notifications"].person_saved(saved)
    (entry,) = inbox(bob[1], request_, "my_teams_inbox")
    assert (entry["reason"], entry["request"]["member"]["disabled"]) == ("assigned", True)
    administrator.patch(path, {"member_id": bob[0]["id"]})
    told(account)
    assert (reasons(bob[1], request_), reasons(bob[1], request_, "my_teams_inbox")) == (["assigned"], [])


def test_a_person_marks_what_he_has_read_and_each_member_of_a_team_for_himself(
    account: Account, ann: tuple[Made, Client], bob: tuple[Made, Client], request_: Made
) -> None:
    (entry,) = inbox(ann[1], request_, "my_teams_inbox")
    path = f"me/my_teams_inbox/{entry['id']}"
    seen = ann[1].send("GET", path)
    assert ann[1].patch(path, {"read": True})["read_at"] is not None
    assert ann[1].patch(path, {"read": True})["read_at"] is not None
    stale = {"If-Match": seen.headers["ETag"]}
    assert ann[1].send("PATCH", path, {"read": False}, headers=stale).status_code == 412
    assert ann[1].send("PATCH", path, {"read": "perhaps"}).status_code == 422
    unread = {"request": request_["id"]}
    assert ann[1].get("me/my_teams_inbox/unread", **unread) == []
    assert len(ann[1].get("me/my_teams_inbox/read", **unread)) == 1
    assert len(bob[1].get("me/my_teams_inbox/unread", **unread)) == 1
    assert ann[1].patch(path, {"read": False})["read_at"] is None
    assert bob[1].post("me/my_teams_inbox/mark_read", {}, 200)["marked"] >= 1
    assert bob[1].post("me/my_teams_inbox/mark_read", {}, 200) == {"marked": 0}
    assert bob[1].get("me/my_teams_inbox/unread") == []
    assert len(ann[1].get("me/my_teams_inbox/unread", **unread)) == 1


def test_an_inbox_is_a_list_as_any_other(
    account: Account, administrator: Client, ann: tuple[Made, Client], team: Made
) -> None:
    for number in range(5):
        fields = {"subject": f"Request {number}", "category": "other", "team_id": team["id"]}
        administrator.post("requests", {**fields, "member_id": ann[0]["id"]})
    told(account)
    shown = [each["id"] for page in pages(ann[1], "me/my_inbox", per_page=2) for each in page.json or ()]
    assert len(shown) >= 5
    assert shown == sorted(set(shown), reverse=True) == [each["id"] for each in ann[1].get("me/my_inbox")]
    assert shown[::-1] == [each["id"] for each in ann[1].get("me/my_inbox", sort="at", reason="assigned")]
    (chosen,) = ann[1].get("me/my_inbox", fields="reason,request", per_page=1)
    assert set(chosen) == {"id", "reason", "request"}
    assert ann[1].send("GET", "me/my_inbox", query_string={"subject": "a"}).status_code == 422


def test_what_is_over_is_kept_for_a_while(account: Account, ann: tuple[Made, Client], request_: Made) -> None:
    done = {"status": "completed", "completion_reason": "solved", "note": "Done."}
    ann[1].patch(f"requests/{request_['id']}", done)
    told(account)
    context, clear = account.contexts["notifications"], account.caller.services["notifications"].clear_inboxes
    clear()
    among = {"request": request_["id"]}
    assert len(ann[1].get("me/my_teams_inbox/closed", **among)) == 1
    account.clock.step(days=context.config.inbox_kept_days + 1)
    clear()
    assert ann[1].get("me/my_teams_inbox/closed", **among) == []
    assert context.database["tellings"].find_one({"_id": request_["id"]}) is None
