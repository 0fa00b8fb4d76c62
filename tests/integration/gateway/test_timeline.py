"""Whose time a request took, over the API."""

from __future__ import annotations

from typing import Any

import pytest

from tests.integration.gateway.account import Account, Client
from tests.integration.gateway.events import followed
from tests.integration.gateway.made import promised_to_all

Made = dict[str, Any]


@pytest.fixture(scope="module")
def sam(account: Account) -> Client:
    return account.person("Sam Specialist", "specialist")[1]


@pytest.fixture(scope="module")
def eve(account: Account) -> Client:
    return account.person("Eve Enduser")[1]


@pytest.fixture(scope="module")
def teams(administrator: Client, sam: Client) -> tuple[Made, Made]:
    """Of the first line, and of the second."""
    members = [sam.get("me")["id"]]
    first, second = (
        administrator.post("teams", {"name": name, "members": members}) for name in ("First", "Second")
    )
    return first, second


@pytest.fixture(scope="module")
def sla(administrator: Client, teams: tuple[Made, Made]) -> Made:
    """Office hours in Amsterdam; the account's clock begins at ten there, on a Monday."""
    days = ("mon", "tue", "wed", "thu", "fri")
    hours = [{"weekday": day, "time_from": "09:00", "time_until": "17:00"} for day in days]
    calendar = administrator.post("calendars", {"name": "Office", "calendar_hours": hours})
    service = administrator.post("services", {"name": "Hosting"})
    terms = {"support_hours_low_id": calendar["id"], "time_zone": "Europe/Amsterdam"}
    targets = {"resolution_target_low": 480, "status": "available", **terms}
    offering = administrator.post(
        "service_offerings", {"name": "Gold", "service_id": service["id"], **targets}
    )
    instance = administrator.post(
        "service_instances",
        {"name": "Hosting Gold", "service_id": service["id"], "support_team_id": teams[0]["id"]},
    )
    return promised_to_all(administrator, instance, offering)


@pytest.fixture(scope="module")
def path(account: Account, sam: Client, eve: Client, sla: Made, teams: tuple[Made, Made]) -> str:
    """An hour with the first line, from two hours before the end of the day until it has seen it; then with
    the second until the next noon; half an hour of waiting; and a last minute."""
    account.clock.step(hours=5)  # 15:00 in Amsterdam
    asked = {"subject": "No web", "category": "incident", "impact": "low"}
    made = eve.post("requests", {**asked, "service_instance_id": sla["service_instance"]["id"]})
    path = f"requests/{made['id']}"
    account.clock.step(hours=1, seconds=30)
    sam.patch(path, {"team_id": teams[1]["id"]})
    account.clock.step(hours=20, seconds=-30)
    sam.patch(path, {"status": "waiting_for_customer", "note": "Which?"})
    account.clock.step(minutes=30)
    sam.patch(path, {"status": "in_progress", "internal_note": "Aha."})
    account.clock.step(seconds=90)
    followed(account)
    return path


def test_periods_say_who_held_it_how_long_and_how_much_of_that_in_support_hours(
    sam: Client, path: str, sla: Made, teams: tuple[Made, Made]
) -> None:
    periods = sam.get(f"{path}/timeline/periods")
    held = [(each["team"]["name"], each["status"]) for each in periods]
    assert held == [
        ("First", "assigned"),
        ("Second", "assigned"),
        ("Second", "waiting_for_customer"),
        ("Second", "in_progress"),
    ]
    assert {each["account"]["id"] for each in periods} == {"widget"}
    assert [each["duration"] for each in periods] == [60, 1199, 30, 1]
    assert [each["support_hours_duration"] for each in periods] == [60, 239, 30, 1]
    assert {each["sla"]["name"] for each in periods} == {"Hosting for all"}
    assert [each["from"] for each in periods[1:]] == [each["until"] for each in periods[:-1]]
    assert (periods[0]["from"], periods[-1]["until"]) == (sam.get(path)["created_at"], None)


def test_time_is_summed_by_account_team_and_status_before_it_is_cut_to_minutes(
    sam: Client, path: str
) -> None:
    def shares(by: str) -> list[tuple[int, int]]:
        return [
            (each["duration"], each["support_hours_duration"]) for each in sam.get(f"{path}/timeline/{by}")
        ]

    assert shares("accounts") == [(1291, 331)]
    assert shares("teams") == [(60, 60), (1231, 271)]
    assert shares("statuses") == [(1260, 300), (30, 30), (1, 1)]
    (first, second) = sam.get(f"{path}/timeline/teams", fields="team,duration,account")
    assert (first["team"]["name"], second["account"]["id"]) == ("First", "widget")


def test_an_entry_of_the_timeline_has_the_period_that_began_with_it(sam: Client, path: str) -> None:
    periods = sam.get(f"{path}/timeline/periods")
    begun = [each["period"] for each in sam.get(f"{path}/timeline") if each["period"]]
    assert begun == [{name: value for name, value in each.items() if name != "id"} for each in periods]


def test_who_asked_sees_periods_and_sums_and_no_history(
    account: Account, eve: Client, sam: Client, path: str
) -> None:
    assert eve.get(f"{path}/timeline/periods") == sam.get(f"{path}/timeline/periods")
    assert eve.get(f"{path}/timeline/accounts") == sam.get(f"{path}/timeline/accounts")
    assert eve.send("GET", f"{path}/timeline").status_code == 403
    stranger = account.person("Nora Nobody")[1]
    for below in ("periods", "accounts", "teams", "statuses"):
        assert stranger.send("GET", f"{path}/timeline/{below}").status_code == 404


def test_where_no_sla_is_affected_nothing_is_counted_in_support_hours(
    account: Account, eve: Client, sam: Client, teams: tuple[Made, Made]
) -> None:
    made = eve.post("requests", {"subject": "Coffee", "category": "other"})
    account.clock.step(minutes=7)
    sam.patch(f"requests/{made['id']}", {"team_id": teams[0]["id"]})
    account.clock.step(minutes=5)
    done = {"status": "completed", "completion_reason": "solved", "note": "Here."}
    sam.patch(f"requests/{made['id']}", done)
    account.clock.step(days=3)
    first, last = sam.get(f"requests/{made['id']}/timeline/periods")
    assert (first["duration"], last["duration"]) == (7, 5)
    assert last["until"] == sam.get(f"requests/{made['id']}")["completed_at"]
    (share,) = sam.get(f"requests/{made['id']}/timeline/accounts")
    assert (share["duration"], share["support_hours_duration"], share["sla"]) == (12, None, None)
