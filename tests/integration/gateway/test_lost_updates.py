"""A change under If-Match is made to that version or not at all, whoever comes between."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.integration.gateway.account import Account, Client

Made = dict[str, Any]


@pytest.fixture(scope="module")
def records(account: Account, administrator: Client) -> dict[str, tuple[str, Made, Made]]:
    """By kind: where the record is, one change of it, and another one that loses the first."""
    post = administrator.post
    person = post("people", {"name": "Ann", "primary_email": "ann@widget.example"})
    team = post("teams", {"name": "Team"})
    service = post("services", {"name": "Service"})
    fields = {"name": "Instance", "service_id": service["id"], "support_team_id": team["id"]}
    instance, other = post("service_instances", fields), post("service_instances", fields)
    offering = post("service_offerings", {"name": "Offering", "service_id": service["id"]})
    sla = post(
        "slas",
        {
            "name": "SLA",
            "service_instance_id": instance["id"],
            "service_offering_id": offering["id"],
            "coverage": "people",
        },
    )
    calendar = post("calendars", {"name": "Calendar"})
    days = {"start_at": "2026-12-25", "end_at": "2026-12-27"}
    holiday = post("holidays", {"name": "Holiday", "calendar_id": calendar["id"], **days})
    request = post("requests", {"subject": "Request", "category": "other"})
    scheme = post("sla_notification_schemes", {"name": "Scheme"})
    follow_up = post("waiting_for_customer_follow_ups", {"name": "Follow-up"})
    names = ({"name": "One"}, {"name": "Two"})
    roles = ({"roles": ["specialist"]}, {"roles": ["auditor"]})
    return {
        "person": (f"people/{person['id']}", *names),
        "team": (f"teams/{team['id']}", *names),
        "organization": (f"organizations/{post('organizations', {'name': 'Org'})['id']}", *names),
        "service": (f"services/{service['id']}", *names),
        "service instance": (f"service_instances/{instance['id']}", *names),
        "edges": (
            f"service_instances/{other['id']}",
            {"parent_service_instances": [{"service_instance_id": instance["id"]}]},
            {"parent_service_instances": []},
        ),
        "service offering": (f"service_offerings/{offering['id']}", *names),
        "SLA": (f"slas/{sla['id']}", *names),
        "calendar": (f"calendars/{calendar['id']}", *names),
        "holiday": (f"holidays/{holiday['id']}", *names),
        "scheme": (f"sla_notification_schemes/{scheme['id']}", *names),
        "follow-up": (f"waiting_for_customer_follow_ups/{follow_up['id']}", *names),
        "request": (f"requests/{request['id']}", {"subject": "One"}, {"subject": "Two"}),
        "account": ("account", {"locale": "nl"}, {"locale": "de"}),
        "permissions": (f"people/{person['id']}/permissions", *roles),
    }


KINDS = (
    "person",
    "team",
    "organization",
    "service",
    "service instance",
    "edges",
    "service offering",
    "SLA",
    "calendar",
    "holiday",
    "scheme",
    "follow-up",
    "request",
    "account",
    "permissions",
)


@pytest.mark.parametrize("kind", KINDS)
def test_what_came_between_the_look_and_the_save_is_not_lost(
    account: Account, administrator: Client, records: dict[str, tuple[str, Made, Made]], kind: str
) -> None:
    path, first, second = records[kind]
    tag = administrator.send("GET", path).headers["ETag"]
    account.caller.meanwhile = lambda: administrator.patch(path, first)
    late = administrator.send("PATCH", path, second, headers={"If-Match": tag})
    assert late.status_code == 412, late.text
    shown = administrator.get(path)
    kept = shown[0] if isinstance(shown, list) else shown
    name, value = next(iter(first.items()))
    if kind == "edges":
        assert [edge["service_instance"]["id"] for edge in kept[name]] == [value[0]["service_instance_id"]]
    else:
        assert kept[name] == value


@pytest.mark.parametrize("kind", ["team", "SLA", "request"])
def test_of_many_with_one_version_one_wins(
    administrator: Client, records: dict[str, tuple[str, Made, Made]], kind: str
) -> None:
    path = records[kind][0]
    tag, field = administrator.send("GET", path).headers["ETag"], next(iter(records[kind][1]))

    def change(number: int) -> int:
        body, headers = {field: f"By {number}"}, {"If-Match": tag}
        return administrator.send("PATCH", path, body, headers=headers).status_code

    with ThreadPoolExecutor(6) as pool:
        answered = Counter(pool.map(change, range(6)))
    assert answered == {200: 1, 412: 5}


def test_those_who_put_people_on_a_list_at_the_same_time_are_all_heard(
    account: Account, administrator: Client, records: dict[str, tuple[str, Made, Made]]
) -> None:
    path = f"{records['SLA'][0]}/people"
    people = [account.person(f"Listed {number}")[0]["id"] for number in range(6)]
    with ThreadPoolExecutor(6) as pool:
        answered = pool.map(lambda id: administrator.send("POST", f"{path}/{id}").status_code, people)
        assert set(answered) == {200}
    assert sorted(each["id"] for each in administrator.get(path)) == sorted(people)


def test_a_link_too_is_drawn_only_in_the_version_that_was_seen(
    administrator: Client, records: dict[str, tuple[str, Made, Made]]
) -> None:
    path = records["SLA"][0]
    seen = administrator.send("GET", path).headers["ETag"]
    administrator.patch(path, {"remarks": "Changed since"})
    late = administrator.send("POST", f"{path}/people/1", headers={"If-Match": seen})
    assert late.status_code == 412
    now = administrator.send("GET", path).headers["ETag"]
    assert administrator.send("POST", f"{path}/people/1", headers={"If-Match": now}).status_code == 200
