"""Who watches a request that a partner shows hears of it as of the account's own."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from services.common.clock import iso
from services.common.store import Record
from services.federation.envelope import Message
from services.federation.messages.observations import FORGOTTEN
from services.federation.threads import Thread
from services.requests import observations
from services.requests.actions import observed
from tests.integration.gateway.account import Account, Client
from tests.integration.gateway.conftest import account
from tests.integration.gateway.events import heard
from tests.security.cast import REPRESENTS, Cast, cast_of

__all__ = ["account"]

WATCHER = "represents_partners_sla"


@pytest.fixture(scope="module")
def cast(account: Account) -> Cast:
    chosen = [each for named in REPRESENTS.values() for each in named]
    return cast_of(account, [WATCHER, *chosen, "represented_gold", "specialist_of_the_team", "nobody"])


def record_of(cast: Cast, id: int) -> Record:
    return observations.observed(cast.account.contexts["requests"]).get(id)


def tell(cast: Cast, id: int, type: str | None = None, **said: Any) -> None:
    """The partner's next word of a request; then the inboxes hear what it changed."""
    cast.account.clock.step(60)
    record = record_of(cast, id)
    thread, first = Thread.from_document(record.state["thread"]), cast.told[id]
    sequence = thread.applied.sequence + 1
    body = {**first.body, **said, "revision": [1, sequence]}
    if type is not None:
        body = {"revision": body["revision"]}
    word: Message = replace(
        first, id=f"{first.id}:{sequence}", type=type or first.type, sequence=sequence, body=body
    )
    word = replace(word, prev=thread.applied.hash)
    assert observed.hear(cast.account.contexts["requests"], record, word).word == "accepted"
    hear(cast)


def hear(cast: Cast) -> None:
    words = ("requests", "observed_requests", "request.observation_changed")
    heard(cast.account, *words, "notifications", "observation_changed")


def note(cast: Cast, id: int, text: str) -> dict[str, Any]:
    at = iso(cast.account.clock.now())
    return {"id": id, "text": text, "person": None, "medium": "default", "created_at": at}


def reasons(client: Client, id: int) -> list[str]:
    return sorted(entry["reason"] for entry in client.get("me/my_inbox", request=id))


def test_who_watches_what_a_partner_shows_hears_of_it_until_it_is_forgotten(cast: Cast) -> None:
    client, id = cast.clients[WATCHER], cast.request("observed")
    hear(cast)
    watch = client.post("me/watches", {"request": id})
    assert (watch["request"]["id"], watch["request"]["status"]) == (id, "assigned")
    nobody = cast.clients["nobody"].send("POST", "me/watches", {"request": id})
    assert nobody.status_code == 422
    tell(cast, id, impact="high")
    assert reasons(client, id) == []
    notes = [note(cast, 1, "See this"), note(cast, 2, "We look.")]
    tell(cast, id, notes=notes, note_count=2)
    assert reasons(client, id) == ["note_added"]
    tell(cast, id, notes=notes, note_count=2, status="in_progress")
    assert reasons(client, id) == ["note_added", "status_changed"]
    heard_of = [entry["id"] for entry in client.get("me/my_inbox", request=id)]
    hear(cast)
    assert [entry["id"] for entry in client.get("me/my_inbox", request=id)] == heard_of

    tell(cast, id, FORGOTTEN)
    assert reasons(client, id) == [] == client.get("me/watches", request=id)
    tell(cast, id, status="waiting_for")
    assert client.get(f"requests/{id}")["status"] == "waiting_for"
    assert reasons(client, id) == [] == client.get("me/watches", request=id)
    assert client.post("me/watches", {"request": id})["id"] != watch["id"]


def test_who_did_it_himself_is_not_told_and_a_note_leads_nowhere(cast: Cast) -> None:
    client, id = cast.clients[WATCHER], cast.request("observed")
    other = cast.clients["specialist_of_the_team"]
    for each in (client, other):
        each.post("me/watches", {"request": id})
    hear(cast)
    made = client.send("POST", f"requests/{id}/notes", {"text": "Page 3."})
    assert (made.status_code, "Location" in made.headers, "nodeID" in (made.json or {})) == (
        201,
        False,
        False,
    )
    tell(cast, id, notes=[note(cast, 1, "See this"), note(cast, 2, "Page 3.")], note_count=2)
    assert (reasons(client, id), reasons(other, id)) == ([], ["note_added"])
    assert [each.get("nodeID") for each in client.get(f"requests/{id}/notes")] == [None, None]


def test_what_is_completed_is_withdrawn_no_more(cast: Cast) -> None:
    client, id = cast.clients[WATCHER], cast.request("observed")
    tell(cast, id, status="completed", completion_reason="solved", completed_at=iso(cast.account.clock.now()))
    refused = client.send("PATCH", f"requests/{id}", {"status": "completed", "note": "Not needed."})
    assert (refused.status_code, refused.headers["X-Interdesk-Error"]) == (422, "already_completed")
    assert "completed already" in refused.text
    assert not record_of(cast, id).state.get("actions")
    client.post(f"requests/{id}/notes", {"text": "Thank you."})
