"""Schemes and follow-ups over the API, and what becomes of a request by them."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from services.common import bus_json
from services.common.context import Context
from services.slas.actions import alarms
from tests.crashing import Crash, Crashing
from tests.integration.gateway.account import Account, Client
from tests.integration.gateway.events import followed
from tests.integration.gateway.made import promised_to_all

Made = dict[str, Any]
HANDLERS = {
    "affected_sla.at_risk": "target_at_risk",
    "affected_sla.breached": "target_breached",
    "affected_sla.follow_up": "customer_silent",
}


@pytest.fixture(scope="module")
def manager(account: Account) -> Client:
    return account.person("Mia Manager", "specialist", "service_level_manager")[1]


@pytest.fixture(scope="module")
def eve(account: Account) -> Client:
    """Who asks for something."""
    return account.person("Eve Enduser")[1]


@pytest.fixture(scope="module")
def third_line(administrator: Client) -> Made:
    return administrator.post("teams", {"name": "Third Line"})


@pytest.fixture(scope="module")
def scheme(manager: Client, third_line: Made) -> Made:
    rules = [
        {"threshold_percentage": 75, "escalate_to_team": third_line["id"], "notify_service_owner": True},
        {"threshold_percentage": 25, "notify_current_assignee": True, "make_urgent": True},
    ]
    return manager.post("sla_notification_schemes", {"name": "Hurry", "rules": rules})


@pytest.fixture(scope="module")
def instance(administrator: Client, manager: Client, scheme: Made) -> Made:
    team = administrator.post("teams", {"name": "Hosting"})
    service = administrator.post("services", {"name": "Hosting"})
    fields = {"name": "Hosting Gold", "service_id": service["id"], "support_team_id": team["id"]}
    made = administrator.post("service_instances", fields)
    patience = {
        "name": "Patience",
        "rules": [{"nr_of_business_days": 1}],
        "auto_complete": True,
        "auto_complete_nr_of_business_days": 2,
    }
    offering = manager.post(
        "service_offerings",
        {
            "name": "Gold",
            "service_id": service["id"],
            "resolution_target_low": 100,
            "resolution_target_notification_scheme_low": scheme["id"],
            "waiting_for_customer_follow_up": manager.post("waiting_for_customer_follow_ups", patience)["id"],
        },
    )
    assert offering["resolution_target_notification_scheme_low"]["name"] == "Hurry"
    assert offering["waiting_for_customer_follow_up"]["name"] == "Patience"
    promised_to_all(manager, made, offering)
    return made


@pytest.fixture
def request_(account: Account, eve: Client, instance: Made) -> Made:
    asked = {"subject": "No web", "category": "incident", "impact": "low"}
    made = eve.post("requests", {**asked, "service_instance_id": instance["id"]})
    followed(account)
    return made


def falls_due(account: Account, request: Made, minutes: float) -> list[tuple[str, Made]]:
    """After so many minutes: what is told of a request, by the handler it goes to."""
    followed(account)
    account.clock.step(minutes=minutes)
    alarms.raise_due(account.contexts["slas"])
    (kept,) = account.contexts["slas"].database["affected_slas"].find({"request_id": request["id"]})
    return [
        (HANDLERS[row["type"]], bus_json.decode(bus_json.encode(row["body"])))
        for row in kept["outbox"]
        if row["type"] in HANDLERS
    ]


def hear(account: Account, words: list[tuple[str, Made]], context: Context | None = None) -> None:
    service = account.caller.services["requests"]
    known = service.context
    service.context = context or known
    try:
        for handler, body in words:
            getattr(service, handler)(body)
    finally:
        service.context = known


def system_notes(client: Client, request: Made) -> list[str]:
    notes = client.get(f"requests/{request['id']}/notes", fields="text,medium", sort="id")
    return [note["text"] for note in notes if note["medium"] == "system"]


def escalations(client: Client, request: Made) -> list[str]:
    timeline = client.get(f"requests/{request['id']}/timeline", per_page=100)
    return [each["text"] for each in timeline if each["what"] == "escalated"]


def test_a_scheme_shows_its_rules_in_their_order(manager: Client, scheme: Made, third_line: Made) -> None:
    assert [each["threshold_percentage"] for each in scheme["rules"]] == [25, 75]
    assert scheme["rules"][1] == {
        "threshold_percentage": 75,
        "notify_current_assignee": False,
        "notify_first_line_team_coordinator": False,
        "notify_first_line_team_manager": False,
        "notify_support_team_coordinator": False,
        "notify_support_team_manager": False,
        "notify_service_owner": True,
        "make_urgent": False,
        "escalate_to_team": {"id": third_line["id"], "name": "Third Line", "nodeID": third_line["nodeID"]},
    }
    assert [each["id"] for each in manager.get("sla_notification_schemes/enabled")] == [scheme["id"]]
    (line,) = manager.get(f"sla_notification_schemes/{scheme['id']}/audit")
    assert line["action"] == "create"


@pytest.mark.parametrize(
    ("path", "wrong", "field"),
    [
        (
            "sla_notification_schemes",
            {"rules": [{"threshold_percentage": 101}]},
            "rules.0.threshold_percentage",
        ),
        (
            "sla_notification_schemes",
            {"rules": [{"threshold_percentage": 0}]},
            "rules.0.threshold_percentage",
        ),
        ("sla_notification_schemes", {"rules": [{"threshold_percentage": 5}] * 2}, "rules"),
        (
            "sla_notification_schemes",
            {"rules": [{"threshold_percentage": 5, "escalate_to_team_id": 999}]},
            "rules.0.escalate_to_team_id",
        ),
        (
            "waiting_for_customer_follow_ups",
            {"rules": [{"nr_of_business_days": 0}]},
            "rules.0.nr_of_business_days",
        ),
        ("waiting_for_customer_follow_ups", {"auto_complete": True}, "auto_complete_nr_of_business_days"),
    ],
)
def test_what_makes_no_sense_is_refused_by_name(manager: Client, path: str, wrong: Made, field: str) -> None:
    refused = manager.send("POST", path, {"name": "Wrong", **wrong})
    assert refused.status_code == 422, refused.text
    assert [name for name, _ in json.loads(refused.data)["errors"]] == [field]


def test_only_who_maintains_agreements_makes_schemes(account: Account, eve: Client) -> None:
    specialist = account.person("Sam Specialist", "specialist")[1]
    for client in (eve, specialist):
        for path in ("sla_notification_schemes", "waiting_for_customer_follow_ups"):
            assert client.send("POST", path, {"name": "Mine"}).status_code == 403


def test_a_request_is_escalated_as_its_scheme_says_and_its_people_read_why(
    account: Account, manager: Client, eve: Client, request_: Made, third_line: Made
) -> None:
    path = f"requests/{request_['id']}"
    hear(account, falls_due(account, request_, 26))
    assert (manager.get(path)["urgent"], eve.get(path)["urgent"]) == (True, None)
    hear(account, falls_due(account, request_, 50))
    assert manager.get(path)["team"]["id"] == third_line["id"]
    told = [
        "The resolution target of Hosting for all was 25 % gone: made urgent.",
        "The resolution target of Hosting for all was 75 % gone: assigned to Third Line.",
    ]
    assert system_notes(manager, request_) == told
    assert system_notes(eve, request_) == []
    assert escalations(manager, request_) == told


def test_an_alarm_that_comes_twice_or_late_escalates_once(
    account: Account, manager: Client, request_: Made
) -> None:
    first = falls_due(account, request_, 26)
    words = falls_due(account, request_, 50)
    assert [body["percent"] for _, body in words] == [25, 75]
    hear(account, [words[1], *first, words[1], *words])
    assert len(system_notes(manager, request_)) == 1


@pytest.mark.parametrize("nth", [1, 2])
def test_an_escalation_that_is_broken_off_is_made_once_when_it_comes_again(
    account: Account, manager: Client, request_: Made, nth: int
) -> None:
    words = falls_due(account, request_, 26)
    with pytest.raises(Crash):
        hear(account, words, replace(account.contexts["requests"], crash=Crashing(nth)))
    for _ in range(2):
        hear(account, words)
    # The note itself is moved to its place by a sweep where the process was gone.
    told = ["The resolution target of Hosting for all was 25 % gone: made urgent."]
    assert escalations(manager, request_) == told


def test_a_requester_who_does_not_answer_is_reminded_and_in_the_end_completed(
    account: Account, manager: Client, eve: Client, request_: Made
) -> None:
    path = f"requests/{request_['id']}"
    account.clock.step(hours=23 - account.clock.now().hour)
    account.client().patch("account", {"time_zone": "Pacific/Kiritimati"})
    account.contexts["requests"].copies.refresh("account", "widget")
    manager.patch(path, {"status": "waiting_for_customer", "note": "Which one?"})
    followed(account)
    since = (account.clock.now() + timedelta(hours=14)).date().isoformat()
    for _ in range(2):
        hear(account, falls_due(account, request_, 48 * 60))
    assert system_notes(eve, request_) == [
        f"Reminder: we have been waiting for your answer since {since}.",
        f"We have waited for your answer since {since}, and complete this request without it.",
    ]
    shown = eve.get(path)
    assert (shown["status"], shown["completion_reason"]) == ("completed", "no_reply")


def test_who_answers_is_not_reminded_of_it(
    account: Account, manager: Client, eve: Client, request_: Made
) -> None:
    manager.patch(f"requests/{request_['id']}", {"status": "waiting_for_customer", "note": "Which one?"})
    followed(account)
    words = falls_due(account, request_, 48 * 60)
    eve.post(f"requests/{request_['id']}/notes", {"text": "The big one."})
    hear(account, words)
    assert system_notes(eve, request_) == []
    assert [body["rule"] for _, body in words] == [1]
