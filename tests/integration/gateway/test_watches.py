"""What people watch, over the API, and what they hear of it in their inbox."""

from __future__ import annotations

from typing import Any

import pytest

from services.notifications.actions.watching import MAX_WATCHES
from tests.integration.gateway.account import Account, Client
from tests.integration.gateway.events import heard, noted

Made = dict[str, Any]


@pytest.fixture(scope="module")
def ann(account: Account) -> Client:
    return account.person("Ann Specialist", "specialist")[1]


@pytest.fixture(scope="module")
def wim(account: Account, administrator: Client) -> Client:
    """Who watches: the key contact of the account's organization."""
    person, client = account.person("Wim Watcher", "key_contact")
    administrator.patch(f"people/{person['id']}", {"organization_id": home(administrator)})
    return client


def home(administrator: Client) -> int:
    return int(administrator.get("organizations")[0]["id"])


@pytest.fixture(scope="module")
def eve(account: Account, administrator: Client) -> Client:
    person, client = account.person("Eve Enduser")
    administrator.patch(f"people/{person['id']}", {"organization_id": home(administrator)})
    return client


@pytest.fixture
def request_(account: Account, eve: Client) -> Made:
    made = eve.post("requests", {"subject": "No web", "category": "incident", "impact": "low"})
    told(account)
    return made


def told(account: Account) -> None:
    heard(account, "requests", "requests", "request.situation_changed", "notifications", "situation_changed")
    noted(account)


def watch(client: Client, request: Made, status: int = 201) -> Made:
    made: Made = client.post("me/watches", {"request": request["id"]}, status)
    return made


def reasons(client: Client, request: Made) -> list[str]:
    return sorted(entry["reason"] for entry in client.get("me/my_inbox", request=request["id"]))


def test_a_person_watches_what_he_may_see_once_and_takes_it_off(
    account: Account, wim: Client, request_: Made
) -> None:
    made = watch(wim, request_)
    assert (made["request"]["subject"], made["request"]["status"]) == ("No web", "assigned")
    assert watch(wim, request_, 200)["id"] == made["id"]
    listed = wim.get("me/watches", request=request_["id"])
    assert [(each["id"], each["request"]["nodeID"]) for each in listed] == [(made["id"], request_["nodeID"])]
    stranger = account.person("Sue Stranger")[1]
    assert stranger.get("me/watches") == []
    path = f"me/watches/{made['id']}"
    assert [stranger.send(method, path).status_code for method in ("GET", "DELETE")] == [404, 404]
    refused = stranger.send("POST", "me/watches", {"request_id": request_["id"]})
    assert (refused.status_code, (refused.json or {})["errors"][0][0]) == (422, "request_id")
    assert wim.get(path)["id"] == made["id"]
    assert wim.send("DELETE", path).status_code == 204
    assert wim.send("DELETE", path).status_code == 404
    assert wim.get("me/watches", request=request_["id"]) == []


def test_who_watches_hears_of_notes_and_of_the_status_and_of_nothing_internal(
    account: Account, ann: Client, wim: Client, eve: Client, request_: Made
) -> None:
    path, made = f"requests/{request_['id']}", watch(wim, request_)
    ann.post(f"{path}/notes", {"text": "psst", "internal": True})
    wim.post(f"{path}/notes", {"text": "We all wait for it."})
    told(account)
    assert reasons(wim, request_) == []
    account.clock.step(60)
    ann.post(f"{path}/notes", {"text": "We look."})
    told(account)
    assert (reasons(wim, request_), reasons(eve, request_)) == (["note_added"], [])
    account.clock.step(60)
    ann.patch(path, {"status": "completed", "completion_reason": "solved", "note": "Done."})
    told(account)
    assert reasons(wim, request_) == ["note_added", "status_changed"]
    (entry,) = wim.get("me/my_inbox", request=request_["id"], reason="status_changed")
    assert entry["request"]["status"] == "completed"
    assert wim.patch(f"me/my_inbox/{entry['id']}", {"read": True})["read_at"] is not None
    assert wim.send("DELETE", f"me/watches/{made['id']}").status_code == 204
    assert reasons(wim, request_) == []


def test_of_what_he_may_see_no_more_a_watcher_hears_nothing(
    account: Account, administrator: Client, ann: Client, request_: Made
) -> None:
    person, client = account.person("Tom Temporary", "key_contact")
    administrator.patch(f"people/{person['id']}", {"organization_id": home(administrator)})
    made = watch(client, request_)
    account.clock.step(60)
    ann.patch(f"requests/{request_['id']}", {"note": "We look."})
    told(account)
    assert reasons(client, request_) == ["note_added"]
    administrator.patch(f"people/{person['id']}/permissions", {"roles": []})
    assert reasons(client, request_) == [] == client.get("me/watches")
    assert client.send("GET", f"me/watches/{made['id']}").status_code == 404


def test_news_of_what_is_long_over_are_cleared(
    account: Account, ann: Client, wim: Client, request_: Made
) -> None:
    watch(wim, request_)
    account.clock.step(60)
    done = {"status": "completed", "completion_reason": "solved", "note": "Done."}
    ann.patch(f"requests/{request_['id']}", done)
    told(account)
    context, clear = account.contexts["notifications"], account.caller.services["notifications"].clear_inboxes
    clear()
    assert reasons(wim, request_) == ["note_added", "status_changed"]
    account.clock.step(days=context.config.inbox_kept_days + 1)
    clear()
    assert context.database["inbox_entries"].find_one({"request_id": request_["id"]}) is None


def test_nobody_watches_more_than_he_can_look_at(account: Account, eve: Client, request_: Made) -> None:
    person, client = account.person("Max Many", "specialist")
    others = [
        {"_id": -number, "person_id": person["id"], "request_id": -number, "version": 1}
        for number in range(1, MAX_WATCHES)
    ]
    account.contexts["notifications"].database["watches"].insert_many(others)
    last = watch(client, request_)
    other = eve.post("requests", {"subject": "Another", "category": "other"})
    refused = client.send("POST", "me/watches", {"request_id": other["id"]})
    assert (refused.status_code, refused.headers["X-Interdesk-Error"]) == (422, "too_many_watches")
    assert watch(client, request_, 200)["id"] == last["id"]
