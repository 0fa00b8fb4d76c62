"""Requests and notes as different people of one account see them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import pytest

from tests.integration.gateway.account import Account, Client

Made = dict[str, Any]


@dataclass
class Desk:
    """A team with two specialists, an end user, and what they see."""

    team: Made
    member: Made
    specialist: Client
    colleague: Client
    end_user: Client
    requester: Made


@pytest.fixture(scope="module")
def desk(account: Account) -> Desk:
    member, specialist = account.person("Sally Specialist", "specialist")
    _, colleague = account.person("Carl Colleague", "specialist")
    requester, end_user = account.person("Eve Enduser")
    team = account.client().post("teams", {"name": "Network", "members": [member["id"]]})
    return Desk(team, member, specialist, colleague, end_user, requester)


def subjects(client: Client, path: str, **parameters: str) -> set[str]:
    return {request["subject"] for request in client.get(path, **parameters)}


@pytest.fixture(scope="module")
def requests(desk: Desk) -> dict[str, Made]:
    post, patch = desk.end_user.post, desk.specialist.patch
    made = {
        subject: post("requests", {"subject": subject, "category": "incident", "impact": None})
        for subject in ("Fresh", "With team", "With me", "Waiting", "Done")
    }
    for subject in ("With team", "With me", "Waiting", "Done"):
        patch(f"requests/{made[subject]['id']}", {"team_id": desk.team["id"]})
    for subject in ("With me", "Waiting", "Done"):
        patch(f"requests/{made[subject]['id']}", {"member_id": desk.member["id"], "status": "accepted"})
    ask = {"status": "waiting_for_customer", "note": "Which printer?"}
    patch(f"requests/{made['Waiting']['id']}", ask)
    done = {"status": "completed", "completion_reason": "solved", "note": "Replaced the cable."}
    patch(f"requests/{made['Done']['id']}", done)
    return made


def test_predefined_filters_are_paths_and_parameters(desk: Desk, requests: dict[str, Made]) -> None:
    for ask in (
        lambda name: subjects(desk.specialist, f"requests/{name}"),
        lambda name: subjects(desk.specialist, "requests", predefined_filter=name),
    ):
        assert ask("open") == {"Fresh", "With team", "With me", "Waiting"}
        assert ask("completed") == {"Done"}
        assert ask("assigned_to_my_team") == {"With team", "With me", "Waiting"}
        assert ask("assigned_to_me") == {"With me", "Waiting"}
        assert ask("requested_by_or_for_me") == set()
        assert ask("waiting_for_me") == set()
        assert ask("requests_of_my_organization") == {*requests}
        assert ask("problem_management_review") == set()
    assert subjects(desk.end_user, "requests/waiting_for_me") == {"Waiting"}
    assert subjects(desk.end_user, "requests/requested_by_or_for_me") == {*requests}
    assert subjects(desk.colleague, "requests/assigned_to_my_team") == set()


def test_filters_narrow_a_predefined_filter(desk: Desk, requests: dict[str, Made]) -> None:
    team = str(desk.team["id"])
    assert subjects(desk.specialist, "requests/open", status="accepted", team=team) == {"With me"}
    assert subjects(desk.specialist, "requests/open", member="") == {"Fresh", "With team"}
    assert subjects(desk.specialist, "requests", search="with ME") == {"With me"}


def test_an_end_user_sees_his_own_requests_only(desk: Desk, requests: dict[str, Made]) -> None:
    other = desk.colleague.post("requests", {"subject": "Not hers", "category": "rfi"})
    assert "Not hers" not in subjects(desk.end_user, "requests")
    for method, path, body in (
        ("GET", f"requests/{other['id']}", None),
        ("PATCH", f"requests/{other['id']}", {"subject": "Hers now"}),
        ("GET", f"requests/{other['id']}/notes", None),
        ("POST", f"requests/{other['id']}/notes", {"text": "Hello"}),
    ):
        assert desk.end_user.send(method, path, body).status_code == 404


def test_internal_notes_are_for_specialists(desk: Desk, requests: dict[str, Made]) -> None:
    path = f"requests/{requests['With me']['id']}/notes"
    public = desk.specialist.post(path, {"text": "We are on it."})
    internal = desk.specialist.post(path, {"text": "Looks like the switch.", "internal": True})
    assert internal["internal_account"] == {"id": "widget", "name": "Widget Data Center"}
    assert public["internal_account"] is None
    assert {each["id"] for each in desk.specialist.get(path)} >= {public["id"], internal["id"]}
    assert [each["id"] for each in desk.specialist.get(f"{path}/internal")] == [internal["id"]]
    assert internal["id"] not in [each["id"] for each in desk.end_user.get(path)]
    assert desk.end_user.get(f"{path}/internal") == []
    assert public["id"] in [each["id"] for each in desk.end_user.get(f"{path}/public")]


def test_all_notes_are_listed_for_who_works_on_requests(desk: Desk, requests: dict[str, Made]) -> None:
    assert "Replaced the cable." in {note["text"] for note in desk.colleague.get("notes/public")}
    assert desk.end_user.send("GET", "notes").status_code == 403


def test_a_note_of_a_request_is_written_beside_a_change(desk: Desk, requests: dict[str, Made]) -> None:
    path = f"requests/{requests['With team']['id']}"
    desk.specialist.patch(path, {"subject": "With team", "note": "Said", "internal_note": "Thought"})
    notes = {note["text"]: note["internal"] for note in desk.specialist.get(f"{path}/notes")}
    assert (notes["Said"], notes["Thought"]) == (False, True)


def test_publishing_a_note_answers_what_everybody_may_now_read(desk: Desk, requests: dict[str, Made]) -> None:
    path = f"requests/{requests['With team']['id']}/notes"
    inside = desk.specialist.post(path, {"text": "It was the cable.", "internal": True})
    public = desk.specialist.patch(f"notes/{inside['id']}", {"internal": False})
    assert (public["text"], public["internal"]) == ("It was the cable.", False)
    assert public["id"] in [each["id"] for each in desk.end_user.get(path)]


@pytest.mark.parametrize("filter", ["supplier=2", "supplier_id=2", "supplier_requestID!=3"])
def test_what_a_requester_is_not_shown_he_cannot_find_out_by_a_filter(desk: Desk, filter: str) -> None:
    refused = desk.end_user.send("GET", f"requests?{filter}")
    assert refused.status_code == 422
    assert "specialists only" in refused.text
    assert desk.specialist.send("GET", f"requests?{filter}").status_code == 200


def test_what_a_requester_is_not_shown_he_cannot_find_out_by_a_search(desk: Desk) -> None:
    made = desk.end_user.post("requests", {"subject": "Passed on", "category": "other"})
    desk.specialist.patch(f"requests/{made['id']}", {"supplier_requestID": "SUP4711"})
    assert desk.end_user.get("requests", search="SUP4711") == []
    assert [each["id"] for each in desk.specialist.get("requests", supplier_requestID="SUP4711")] == [
        made["id"]
    ]
    assert made["id"] not in [each["id"] for each in desk.specialist.get("requests", supplier_requestID="")]


def test_who_may_not_add_an_internal_note_is_told_by_the_field_he_gave(
    desk: Desk, requests: dict[str, Made]
) -> None:
    path = f"requests/{requests['Fresh']['id']}/notes"
    refused = desk.end_user.send("POST", path, {"text": "Psst", "internal": True})
    assert refused.status_code == 403
    assert [name for name, _ in json.loads(refused.data)["errors"]] == ["internal"]


@pytest.mark.parametrize("field", ["requested_by_id", "requested_for_id"])
def test_who_may_not_register_for_others_is_told_by_the_field_he_gave(desk: Desk, field: str) -> None:
    body = {"subject": "For her", field: desk.requester["id"]}
    refused = desk.specialist.send("POST", "requests", body)
    assert refused.status_code == 403
    assert [name for name, _ in json.loads(refused.data)["errors"]] == [field]


def test_who_registers_asks_and_who_asks_is_asked_for_unless_it_is_said(desk: Desk, account: Account) -> None:
    analyst, client = account.person("Ada Analyst", "specialist", "service_desk_analyst")
    other, _ = account.person("Una Other")
    for given, asked in (
        ({}, (analyst, analyst)),
        ({"requested_for_id": desk.requester["id"]}, (analyst, desk.requester)),
        ({"requested_by_id": desk.requester["id"]}, (desk.requester, desk.requester)),
        (
            {"requested_by_id": desk.requester["id"], "requested_for_id": other["id"]},
            (desk.requester, other),
        ),
    ):
        made = client.post("requests", {"subject": "For somebody", "category": "other", **given})
        by, for_ = (made[field]["id"] for field in ("requested_by", "requested_for"))
        assert (by, for_) == tuple(person["id"] for person in asked)


def test_what_only_specialists_may_set_is_named(desk: Desk, requests: dict[str, Made]) -> None:
    for method, path, body in (
        ("POST", "requests", {"subject": "Mine", "team_id": desk.team["id"]}),
        ("PATCH", f"requests/{requests['Fresh']['id']}", {"team_id": desk.team["id"]}),
    ):
        refused = desk.end_user.send(method, path, body)
        assert refused.status_code == 403
        assert [name for name, _ in json.loads(refused.data)["errors"]] == ["team_id"]


def test_an_illegal_move_is_refused_and_says_what_is_legal(desk: Desk, requests: dict[str, Made]) -> None:
    response = desk.specialist.send(
        "PATCH", f"requests/{requests['Fresh']['id']}", {"status": "completed", "completion_reason": "solved"}
    )
    assert response.status_code == 422
    body = json.loads(response.data)
    assert body["message"] == "Validation Failed"
    assert body["errors"]


def test_values_of_filters_are_checked(desk: Desk) -> None:
    for parameters in ({"status": "broken"}, {"team": "x"}, {"created_at": "<yesterday"}, {"note": "x"}):
        response = desk.specialist.send("GET", "requests", query_string=parameters)
        assert response.status_code == 422
        assert json.loads(response.data)["errors"][0][0] == next(iter(parameters))


def test_the_timeline_tells_everything_in_order(desk: Desk, requests: dict[str, Made]) -> None:
    path = f"requests/{requests['Done']['id']}/timeline"
    told = desk.specialist.get(path, per_page="100")
    assert [entry["id"] for entry in told] == list(range(1, len(told) + 1))
    assert all(entry["at"].endswith("Z") and entry["account"]["id"] == "widget" for entry in told)
    statuses = [entry["changes"]["status"][1] for entry in told if "status" in entry["changes"]]
    assert statuses[-1] == "completed"
    assert told[-1]["person"]["name"] == "Sally Specialist"
    newest = desk.specialist.get(path, per_page="1", sort="-id")
    assert newest == [told[-1]]
    assert desk.end_user.send("GET", path).status_code == 403


@pytest.mark.parametrize("path", ["handovers/{}", "handovers/{}/ledger"])
def test_what_was_never_handed_over_is_no_hand_over_and_has_no_ledger(
    desk: Desk, requests: dict[str, Made], path: str
) -> None:
    for id in (requests["Fresh"]["id"], 999_999, "handover"):
        refused = desk.specialist.send("GET", path.format(id))
        assert (refused.status_code, refused.headers["X-Interdesk-Error"]) == (404, "not_found")


def test_a_requests_source_can_be_said_later_and_is_one_requests_alone(account: Account) -> None:
    _, client = account.person("Source Sayer", "specialist")
    made = [client.post("requests", {"subject": "Alarm", "category": "incident"}) for _ in range(2)]
    origin = {"source": "monitoring", "sourceID": "alarm-7"}
    shown = client.patch(f"requests/{made[0]['id']}", origin)
    assert {name: shown[name] for name in origin} == origin
    assert [each["id"] for each in client.get("requests", **origin)] == [made[0]["id"]]
    line = client.get(f"requests/{made[0]['id']}/audit", fields="changes", per_page="1")[0]
    assert line["changes"] == {name: [None, value] for name, value in origin.items()}
    again = client.post("requests", {"subject": "Alarm", "category": "incident", **origin}, status=200)
    assert again["id"] == made[0]["id"]
    taken = client.send("PATCH", f"requests/{made[1]['id']}", origin)
    assert taken.status_code == 409
    assert taken.headers["X-Interdesk-Error"] == "already_taken"
    client.patch(f"requests/{made[0]['id']}", {"sourceID": None})
    client.patch(f"requests/{made[1]['id']}", origin)


def test_my_requests_are_below_me_too(account: Account) -> None:
    person, client = account.person("Asks Often")
    made = client.post("requests", {"subject": "Mine", "category": "other"})
    response = client.send("GET", "me/requested_by_or_for_me")
    assert [each["id"] for each in json.loads(response.data)] == [made["id"]]
    assert response.headers["X-Pagination-Total-Entries"] == "1"
    assert client.get("requests/requested_by_or_for_me")[0]["id"] == made["id"]
    assert person["id"] == client.get(f"requests/{made['id']}")["requested_by"]["id"]
