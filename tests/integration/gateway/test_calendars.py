"""Calendars and holidays over the API."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.integration.gateway.account import Account, Client

Made = dict[str, Any]
HOURS = [
    {"weekday": "tue", "time_from": "09:00", "time_until": "17:00"},
    {"weekday": "mon", "time_from": "09:00", "time_until": "17:00"},
]


@pytest.fixture(scope="module")
def designer(account: Account) -> Client:
    return account.person("Dora Designer", "specialist", "account_designer")[1]


@pytest.fixture(scope="module")
def office(designer: Client) -> Made:
    return designer.post("calendars", {"name": "Office", "calendar_hours": HOURS})


def test_a_calendar_shows_its_hours_and_lists_them_below(designer: Client, office: Made) -> None:
    assert [each["weekday"] for each in office["calendar_hours"]] == ["mon", "tue"]
    listed = designer.get(f"calendars/{office['id']}/calendar_hours")
    assert listed[0] == {"id": 1, "weekday": "mon", "time_from": "09:00", "time_until": "17:00"}
    assert [each["id"] for each in designer.get(f"calendars/{office['id']}/calendar_hours", sort="-id")] == [
        2,
        1,
    ]


def test_holidays_are_listed_by_their_local_times(designer: Client) -> None:
    calendar = designer.post("calendars", {"name": "Holidays"})
    fields = {"country": "NL", "language": "en_US", "years": [2026], "save": True}
    filled = designer.post(f"calendars/{calendar['id']}/fill_holidays", fields, status=200)
    path = f"calendars/{calendar['id']}/holidays"
    assert len(designer.get(path)) == len(filled["holidays"])
    spring = designer.get(path, start_at=">=2026-04-01<2026-05-01")
    assert [each["name"] for each in spring] == [
        "Good Friday",
        "Easter Sunday",
        "Easter Monday",
        "King's Day",
    ]
    assert spring[0]["start_at"] == "2026-04-03T00:00"
    assert spring[0]["calendar"]["name"] == "Holidays"
    assert (
        designer.get("holidays", start_at="2026-04-03", calendar=calendar["id"])[0]["id"] == spring[0]["id"]
    )
    designer.patch(f"holidays/{spring[0]['id']}", {"disabled": True})
    assert [each["id"] for each in designer.get("holidays/disabled")] == [spring[0]["id"]]
    refused = designer.send("GET", path, query_string={"start_at": "2026-04-03T00:00Z"})
    assert refused.status_code == 422


def test_holidays_leave_as_a_file_and_come_back(designer: Client) -> None:
    one, other = (designer.post("calendars", {"name": name}) for name in ("One", "Other"))
    days = {"start_at": "2026-12-24T12:00", "end_at": "2026-12-27"}
    designer.post("holidays", {"name": "Christmas, and more", "calendar": one["id"], **days})
    file = designer.send("GET", f"calendars/{one['id']}/icalendar")
    assert file.mimetype == "text/calendar"
    fields = {"icalendar": file.text, "first_year": 2026, "last_year": 2026, "save": True}
    taken = designer.post(f"calendars/{other['id']}/import_holidays", fields, status=200)
    assert [each["state"] for each in taken["holidays"]] == ["new"]
    (holiday,) = designer.get(f"calendars/{other['id']}/holidays")
    assert (holiday["name"], holiday["start_at"]) == ("Christmas, and more", "2026-12-24T12:00")
    broken = designer.send(
        "POST", f"calendars/{other['id']}/import_holidays", {**fields, "icalendar": "BEGIN"}
    )
    assert broken.status_code == 422
    ((field, text),) = json.loads(broken.data)["errors"]
    assert field == "icalendar"
    assert text.startswith("line 1")


def test_offerings_show_their_calendars_and_are_listed_below_them(account: Account, office: Made) -> None:
    _, manager = account.person("Mary Manager", "specialist", "service_level_manager")
    service = manager.post("services", {"name": "Hosting"})
    fields = {"name": "Gold", "service": service["id"], "service_hours": office["id"]}
    offering = manager.post("service_offerings", {**fields, "support_hours_rfc_id": office["id"]})
    assert offering["service_hours"]["name"] == "Office"
    assert offering["support_hours_rfc"]["id"] == office["id"]
    assert offering["support_hours_low"] is None
    below = manager.get(f"calendars/{office['id']}/service_offerings")
    assert [each["id"] for each in below] == [offering["id"]]


def test_everybody_may_read_calendars_and_few_may_change_them(account: Account, office: Made) -> None:
    _, end_user = account.person("End User")
    assert end_user.get(f"calendars/{office['id']}")["name"] == "Office"
    assert end_user.send("PATCH", f"calendars/{office['id']}", {"name": "Mine"}).status_code == 403
    assert end_user.send("POST", f"calendars/{office['id']}/fill_holidays", {}).status_code == 403
    assert end_user.send("POST", "holidays", {}).status_code == 403
