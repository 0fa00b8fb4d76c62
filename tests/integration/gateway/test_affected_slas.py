"""Affected SLAs over the API, and what a request shows of its targets."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from services.common.roles import SEE_REQUESTS
from services.requests.model.access import SEE_ALL
from tests.integration.gateway.account import Account, Client
from tests.integration.gateway.events import followed
from tests.integration.gateway.made import promised_to_all

Made = dict[str, Any]


@pytest.fixture(scope="module")
def specialist(account: Account) -> Client:
    return account.person("Sam Specialist", "specialist")[1]


@pytest.fixture(scope="module")
def eve(account: Account) -> Client:
    """Who asks for something."""
    return account.person("Eve Enduser")[1]


@pytest.fixture(scope="module")
def team(account: Account, administrator: Client, specialist: Client) -> Made:
    return administrator.post("teams", {"name": "Hosting", "members": [specialist.get("me")["id"]]})


@pytest.fixture(scope="module")
def instance(administrator: Client, team: Made) -> Made:
    service = administrator.post("services", {"name": "Hosting"})
    fields = {"name": "Hosting Gold", "service_id": service["id"], "support_team_id": team["id"]}
    made = administrator.post("service_instances", fields)
    targets = {"response_target_low": 60, "resolution_target_low": 480, "resolution_target_high_in_days": 2}
    offering = administrator.post(
        "service_offerings", {"name": "Gold", "service_id": service["id"], "status": "available", **targets}
    )
    promised_to_all(administrator, made, offering)
    return made


@pytest.fixture
def request_(account: Account, eve: Client, instance: Made) -> Made:
    asked = {"subject": "No web", "category": "incident", "impact": "low"}
    made = eve.post("requests", {**asked, "service_instance_id": instance["id"]})
    followed(account)
    return made


def test_an_affected_sla_shows_what_was_promised_and_how_far_it_is(
    account: Account, specialist: Client, request_: Made, instance: Made, team: Made
) -> None:
    begun = account.clock.now()
    path = f"requests/{request_['id']}/affected_slas"
    (listed,) = specialist.get(path)
    assert (listed["sla"]["name"], listed["accountability"]) == ("Hosting for all", "provider")
    specialist.patch(f"requests/{request_['id']}", {"status": "waiting_for_customer", "note": "Which?"})
    account.clock.step(minutes=30)
    specialist.patch(f"requests/{request_['id']}", {"status": "in_progress"})
    followed(account)
    shown = specialist.get(f"affected_slas/{listed['id']}")
    assert shown["request"]["subject"] == "No web"
    assert (shown["service_instance"]["id"], shown["support_team"]["id"]) == (instance["id"], team["id"])
    assert (shown["maximum_response_duration"], shown["maximum_resolution_duration"]) == (60, 480)
    assert shown["maximum_resolution_duration_in_days"] is None
    assert (shown["actual_response_duration"], shown["stopped_clock_duration"]) == (0, 30)
    assert len(shown["stopped_clock_periods"]) == 1
    expected = (begun + timedelta(minutes=510)).isoformat().replace("+00:00", "Z")
    assert shown["resolution_target_at"] == shown["next_target_at"] == expected
    assert (shown["actual_resolution_at"], shown["supplier"]) == (None, None)


def test_a_provider_that_is_not_accountable_is_not_charged(
    account: Account, specialist: Client, eve: Client, request_: Made
) -> None:
    path = f"requests/{request_['id']}"
    specialist.patch(path, {"provider_not_accountable": True})
    account.clock.step(minutes=20)
    seen = specialist.patch(path, {"provider_not_accountable": False})
    assert (seen["provider_not_accountable"], seen["provider_was_not_accountable"]) == (False, True)
    assert eve.get(path)["provider_was_not_accountable"] is None
    assert eve.send("PATCH", path, {"provider_not_accountable": True}).status_code == 403
    followed(account)
    (affected,) = specialist.get(f"{path}/affected_slas", fields="*")
    assert (affected["provider_not_accountable"], affected["provider_was_not_accountable"]) == (False, True)
    assert affected["stopped_clock_duration"] == 20
    told = [note["text"] for note in specialist.get(f"{path}/notes") if note["medium"] == "system"]
    assert sorted(told) == [
        "The clock has stopped: the provider is not accountable.",
        "The clock runs again.",
    ]


def test_affected_slas_are_filtered_and_sorted(specialist: Client, request_: Made) -> None:
    found = specialist.get("affected_slas", request=request_["id"], accountability="provider")
    assert [each["request"]["id"] for each in found] == [request_["id"]]
    assert specialist.get("affected_slas", request=request_["id"], accountability="supplier") == []
    targets = [each["id"] for each in specialist.get("affected_slas", sort="resolution_target_at")]
    assert targets == sorted(targets)


def test_who_sees_a_request_sees_its_affected_slas_and_not_those_of_others(
    account: Account, eve: Client, request_: Made, specialist: Client
) -> None:
    assert len(eve.get(f"requests/{request_['id']}/affected_slas")) == 1
    stranger = account.person("Nora Nobody")[1]
    assert stranger.send("GET", f"requests/{request_['id']}/affected_slas").status_code == 404
    assert eve.send("GET", "affected_slas").status_code == 403
    assert set(SEE_REQUESTS) == SEE_ALL


def test_a_request_shows_its_next_target(account: Account, specialist: Client, request_: Made) -> None:
    def shown() -> str:
        followed(account)
        (found,) = [
            each
            for each in specialist.get("requests", sort="-id", per_page=1, fields="next_target_at")
            if each["id"] == request_["id"]
        ]
        return str(found["next_target_at"])

    path, made = f"requests/{request_['id']}", account.clock.now()
    version = specialist.send("GET", path).headers["ETag"]
    assert shown() == (made + timedelta(minutes=60)).isoformat().replace("+00:00", "Z")
    assert specialist.send("GET", path).headers["ETag"] == version
    specialist.patch(path, {"status": "waiting_for_customer", "note": "Which?"})
    assert shown() == "clock_stopped"
    specialist.patch(path, {"subject": "No web at all"})
    assert shown() == "clock_stopped"
    specialist.patch(path, {"status": "completed", "completion_reason": "solved", "note": "Done."})
    assert specialist.get(path)["next_target_at"] == "no_target"
    assert shown() == "no_target"
    specialist.patch(path, {"status": "waiting_for_customer", "note": "Or which other?"})
    assert specialist.get(path)["next_target_at"] == "best_effort"
    assert shown() == "clock_stopped"


def test_a_request_shows_its_targets_also_when_they_are_met(
    account: Account, specialist: Client, eve: Client, request_: Made
) -> None:
    path, made = f"requests/{request_['id']}", account.clock.now()
    response, resolution = (
        (made + timedelta(minutes=minutes)).isoformat().replace("+00:00", "Z") for minutes in (60, 480)
    )

    def shown(client: Client) -> tuple[str | None, ...]:
        followed(account)
        seen = client.get(path)
        names = ("response_target_at", "resolution_target_at", "requester_resolution_target_at")
        return tuple(seen[name] for name in names)

    assert shown(eve) == shown(specialist) == (response, resolution, resolution)
    assert specialist.get(path)["resolution_duration"] is None
    specialist.patch(path, {"status": "waiting_for_customer", "note": "Which?"})
    assert shown(specialist) == (None, None, None)
    account.clock.step(minutes=30, seconds=59)
    specialist.patch(path, {"status": "completed", "completion_reason": "solved", "note": "Done."})
    later = (made + timedelta(minutes=510, seconds=59)).isoformat().replace("+00:00", "Z")
    assert shown(specialist)[1:] == (later, later)
    seen = specialist.get(path)
    assert (seen["next_target_at"], seen["resolution_duration"]) == ("no_target", 30)
    assert specialist.send("GET", "requests?requester_resolution_target_at=!").status_code == 422


def test_what_is_said_of_an_open_request_leaves_a_completed_one_without_a_next_target(
    account: Account, specialist: Client, request_: Made
) -> None:
    path = f"requests/{request_['id']}"
    specialist.patch(path, {"status": "completed", "completion_reason": "solved", "note": "Done."})
    late = {
        "request_id": request_["id"],
        "n": 8,
        "next_target_at": "best_effort",
        "accountable_team_ids": [4],
        "sla_ids": [3],
        "resolution_target_at": "2026-01-07T12:00:00Z",
    }
    account.caller.services["requests"].targets_said(late)
    seen = specialist.get(path)
    assert (seen["next_target_at"], seen["resolution_target_at"]) == ("no_target", "2026-01-07T12:00:00Z")
    assert request_["id"] not in [each["id"] for each in specialist.get("requests/sla_accountability")]


def test_a_request_is_found_by_the_teams_that_are_held_to_a_target(
    account: Account, specialist: Client, eve: Client, request_: Made
) -> None:
    found = [each["id"] for each in specialist.get("requests/sla_accountability")]
    assert request_["id"] in found
    other = account.person("Otto Other", "specialist")[1]
    assert other.get("requests/sla_accountability") == []
    specialist.patch(
        f"requests/{request_['id']}", {"status": "completed", "completion_reason": "solved", "note": "Done."}
    )
    assert request_["id"] not in [each["id"] for each in specialist.get("requests/sla_accountability")]


def test_what_was_said_of_an_earlier_situation_is_not_shown(
    account: Account, specialist: Client, request_: Made
) -> None:
    path = f"requests/{request_['id']}"
    before = specialist.get(path)["next_target_at"]
    late = {
        "request_id": request_["id"],
        "n": 1,
        "next_target_at": "best_effort",
        "accountable_team_ids": [],
        "sla_ids": [],
    }
    account.caller.services["requests"].targets_said(late)
    assert specialist.get(path)["next_target_at"] == before != "best_effort"
