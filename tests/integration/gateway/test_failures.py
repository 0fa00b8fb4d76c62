"""Where people find what failed: parked events, quarantine, and how it stands with a partner."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

import pytest

from services.common import parking
from services.common.clock import iso
from services.common.parking import Parked
from services.federation import stored
from tests.integration.gateway.account import Account, Client, pages


@pytest.fixture(scope="module")
def events(account: Account) -> list[str]:
    """Ids of parked events in two services, the first parked first."""
    ids = []
    for number in range(5):
        service = ("slas", "requests")[number % 2]
        body = json.dumps({"id": number, "record": {"credentials": "canary"}}).encode()
        event = Parked(
            f"evt-x--{service}.y", "team_saved", "team.saved", f"m {number}/?", body, "j", {}, "bug", "w", 5
        )
        account.clock.step(1)
        parking.park(account.contexts[service].database, account.clock, event)
        ids.append(event.id)
    return ids


@pytest.fixture(scope="module")
def specialist(account: Account) -> Client:
    return account.person("Sam Specialist", "specialist")[1]


def test_parked_events_of_all_services_are_one_list(
    account: Account, specialist: Client, events: list[str]
) -> None:
    shown = specialist.get("parked_events")
    assert [event["id"] for event in shown] == events[::-1]
    assert {event["service"] for event in shown} == {"slas", "requests"}
    walked = [json.loads(page.data) for page in pages(specialist, "parked_events", per_page=2)]
    assert [len(page) for page in walked] == [2, 2, 1]
    assert [event["id"] for page in walked for event in page] == events[::-1]
    ascending = specialist.get("parked_events", sort="parked_at", fields="parked_at")
    assert [event["id"] for event in ascending] == events


def test_parked_events_are_filtered(specialist: Client, events: list[str]) -> None:
    (one,) = specialist.get("parked_events", id=events[2], code="bug", handler="team_saved")
    assert one["id"] == events[2]
    assert specialist.get("parked_events", code="!bug") == []
    later = specialist.get("parked_events", parked_at=f">{one['parked_at']}")
    assert {event["id"] for event in later} == set(events[3:])
    refused = specialist.send("GET", "parked_events", query_string={"state": "parked"})
    assert (refused.status_code, json.loads(refused.data)["errors"][0][0]) == (422, "state")


def test_a_parked_event_shows_what_it_says_and_no_secret(specialist: Client, events: list[str]) -> None:
    response = specialist.send("GET", f"parked_events/{events[0]}")
    shown = json.loads(response.data)
    assert (shown["queue"], shown["tries"], shown["state"]) == ("evt-x--slas.y", 5, "parked")
    assert shown["payload"] == {"id": 0, "record": {"credentials": None}}
    assert "canary" not in response.text
    assert shown["settled_by"] is None


def test_an_operator_discards_an_event_and_it_is_on_record(
    account: Account, specialist: Client, events: list[str]
) -> None:
    path = f"parked_events/{events[4]}"
    assert specialist.send("POST", f"{path}/discard").status_code == 403
    before = specialist.send("GET", path).headers["ETag"]
    discarded = account.client().post(f"{path}/discard", None, 200)
    assert (discarded["state"], discarded["settled_by"]["id"]) == ("discarded", 1)
    assert discarded["settled_by"]["name"]
    assert specialist.send("GET", path).headers["ETag"] != before
    assert events[4] not in [event["id"] for event in specialist.get("parked_events")]
    (settled,) = specialist.get("parked_events/settled", fields="state,settled_by,settled_at")
    assert (settled["id"], settled["state"]) == (events[4], "discarded")
    again = account.client().send("POST", f"{path}/discard")
    assert (again.status_code, again.headers["X-Interdesk-Error"]) == (409, "not_parked")


def test_an_event_that_could_not_be_replayed_stays_parked(account: Account, events: list[str]) -> None:
    answer = account.client().send("POST", f"parked_events/{events[0]}/replay")
    assert (answer.status_code, answer.headers["X-Interdesk-Error"]) == (503, "broker_silent")
    assert account.client().get(f"parked_events/{events[0]}")["state"] == "parked"


@pytest.fixture(scope="module")
def trust(account: Account) -> str:
    """A partner that we could deliver to."""
    database = account.contexts["organizations"].database
    now = account.clock.now()
    login = {"border_address": "amqp://127.0.0.1/none", "border_ca": None, "credentials": "sealed"}
    trust: dict[str, Any] = {"_id": "gigatera", "name": "GigaTera", "domain": "gigatera.example"}
    trust |= {"status": "active", "version": 1, "created_at": now, "updated_at": now, **login}
    database["trusts"].insert_one(trust)
    return "gigatera"


@pytest.fixture(scope="module")
def quarantined(account: Account, trust: str) -> list[str]:
    ids = []
    for number, bytes_ in enumerate((b"PK\x03\x04 no seal at all", b"\xff" * 500)):
        document: dict[str, Any] = {
            "_id": account.contexts["slas"].new_uuid(),
            "partner": trust,
            "code": "not_an_envelope",
            "text": "not three segments",
            "sealed": bytes_,
            "size": len(bytes_),
            "received_at": account.clock.step(1),
        }
        service = ("slas", "requests")[number]
        account.contexts[service].database[stored.QUARANTINE.name].insert_one(document)
        ids.append(document["_id"])
    return ids


def test_quarantine_is_one_list(specialist: Client, quarantined: list[str]) -> None:
    shown = specialist.get("quarantined_messages", partner="gigatera", code="not_an_envelope")
    assert [one["id"] for one in shown] == quarantined[::-1]
    assert (shown[1]["service"], shown[1]["detail"], shown[1]["size"]) == ("slas", "not three segments", 19)
    first = [json.loads(page.data)[0] for page in pages(specialist, "quarantined_messages", per_page=1)]
    assert first == shown


def test_what_says_nothing_readable_shows_how_it_begins(specialist: Client, quarantined: list[str]) -> None:
    first, second = (specialist.get(f"quarantined_messages/{id}") for id in quarantined)
    assert first["beginning"] == "PK\x03\x04 no seal at all"
    assert second["beginning"] == "\\xff" * 400
    assert (first["claims"], first["tried_until"]) == (None, None)
    assert specialist.send("GET", "quarantined_messages/nothing").status_code == 404


def test_an_end_user_sees_none_of_it(account: Account, trust: str) -> None:
    nobody = account.person("Una Enduser")[1]
    for path in ("parked_events", "quarantined_messages", f"trusts/{trust}/health"):
        assert nobody.send("GET", path).status_code == 403


def shown(at: datetime) -> str:
    return iso(at).replace(".000Z", "Z")


def test_health_sums_up_what_each_service_knows(account: Account, trust: str, quarantined: list[str]) -> None:
    administrator, now = account.client(), account.clock.now()
    well = administrator.get(f"trusts/{trust}/health")
    assert (well["well"], well["problems"], well["delivery"]) == (True, [], "open")
    assert (well["heard_at"], well["unanswered_since"], well["quarantined"]) == (None, None, 2)

    requests, slas = (account.contexts[name].database for name in ("requests", "slas"))
    at, since = now - timedelta(days=2), now - timedelta(days=1)
    open_since = {"due": {"to": trust, "at": now}}
    requests["outbox"].insert_many(
        [
            {"_id": f"out {n}", "partner": trust, "state": state, "at": at, **due}
            for n, (state, due) in enumerate([("sent", open_since), ("held", open_since), ("refused", {})])
        ]
    )
    slas["inbox"].insert_one({"_id": "in 1", "partner": trust, "state": "parked"})
    slas["borders"].insert_one(
        {
            "_id": trust,
            "heard_at": since,
            "quarantined_bytes": 16 << 20,
            "dropped": 7,
            "dropped_at": since,
            "failing": {"code": "partner_silent", "text": "It says nothing.", "since": since},
            "clock": {"code": "clock_ahead", "seconds": 700, "at": since},
        }
    )
    owner = account.contexts["organizations"].database
    refused = {"id": "key 2", "keys": [], "at": since, "refused": "too_many_keys"}
    owner["trusts"].update_one({"_id": trust}, {"$set": {"announcement": refused}})
    for n, (type_, state) in enumerate(
        [
            ("trust.accepted.v1", "accepted"),
            ("keys.announced.v1", "accepted"),
            ("keys.announced.v1", "refused"),
            ("trust.ended.v1", "accepted"),
        ]
    ):
        row = {"thread": f"trust/{trust}/1", "partner": trust, "type": type_, "state": state}
        at = since + timedelta(minutes=n)
        owner["inbox"].insert_one({"_id": f"key {n}", **row, "received_at": at})
        owner["outbox"].insert_one({"_id": f"key {n}", **row, "at": at + timedelta(hours=1)})
    ill = administrator.get(f"trusts/{trust}/health")
    assert ill["keys_heard_at"] == shown(since + timedelta(minutes=1))
    assert ill["own_keys_taken_at"] == shown(since + timedelta(minutes=61))
    told = {problem["code"] for problem in ill["problems"]}
    assert told == {
        "unanswered",
        "messages_parked",
        "quarantine_full",
        "delivery_failing",
        "clock_ahead",
        "keys_refused",
    }
    assert (ill["well"], ill["delivery"]) == (False, "failing")
    assert (ill["unanswered"], ill["refused"], ill["parked"], ill["dropped"]) == (2, 2, 1, 7)
    assert ill["heard_at"] == shown(since)
    of = {each["service"]: each for each in ill["services"]}
    assert of["slas"]["failing"]["code"] == "partner_silent"
    assert of["slas"]["clock"]["seconds"] == 700
    assert (of["requests"]["failing"], of["requests"]["unanswered"]) == (None, 2)
    assert administrator.send("GET", "trusts/nobody/health").status_code == 404
