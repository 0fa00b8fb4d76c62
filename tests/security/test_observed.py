"""A request that a partner shows: who watches it hears of it as of the account's own, it has a page, and what
is completed is withdrawn no more.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest

from services.common.actor import Actor
from services.common.clock import iso
from services.common.store import Record
from services.common.verdicts import Later
from services.federation.messages.observations import ACTED, FORGOTTEN
from services.federation.sealing.envelope import Message
from services.federation.threads import Thread
from services.requests import observations
from services.requests.actions import acted, acting, desk, observed, observing
from services.requests.model import Actor as Speaker
from services.requests.model import Ref, Who
from tests.integration.gateway.account import Account, Client
from tests.integration.gateway.browsing import PASSWORD, Browser
from tests.integration.gateway.conftest import account
from tests.integration.gateway.events import heard
from tests.security.cast import AGREEMENT, PARTNER, PARTNERS_SLAS, REPRESENTS, Cast, cast_of
from tests.security.observed import first_word

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
    assert watch["request"]["account"] == {"id": PARTNER, "name": "GigaTera"}
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
    again = client.post("me/watches", {"request": id})["id"]
    assert again != watch["id"]
    hear(cast)
    assert [each["id"] for each in client.get("me/watches", request=id)] == [again]


def test_that_it_is_forgotten_ends_watches_also_when_it_is_heard_late(cast: Cast) -> None:
    client, id = cast.clients[WATCHER], cast.request("observed")
    hear(cast)
    client.post("me/watches", {"request": id})
    tell(cast, id, status="in_progress")
    assert reasons(client, id) == ["status_changed"]
    at = iso(cast.account.clock.now())
    forgotten = {"request_id": id, "n": 1, "at": at, "status": None, "by_id": None, "notes": []}
    cast.account.caller.services["notifications"].observation_changed(forgotten)
    assert reasons(client, id) == [] == client.get("me/watches", request=id)


def test_who_did_it_himself_is_not_told_and_a_note_leads_nowhere(cast: Cast) -> None:
    client, id = cast.clients[WATCHER], cast.request("observed")
    other = cast.clients["specialist_of_the_team"]
    for each in (client, other):
        each.post("me/watches", {"request": id})
    hear(cast)
    made = client.send("POST", f"requests/{id}/notes", {"text": "Page 3."})
    leads_on = "Location" in made.headers or "nodeID" in (made.json or {})
    assert (made.status_code, leads_on) == (201, False)
    tell(cast, id, notes=[note(cast, 1, "See this"), note(cast, 2, "Page 3.")], note_count=2)
    assert (reasons(client, id), reasons(other, id)) == ([], ["note_added"])
    assert [each.get("nodeID") for each in client.get(f"requests/{id}/notes")] == [None, None]


def test_who_represents_no_more_is_shown_neither_watch_nor_news_until_he_does_again(cast: Cast) -> None:
    client, id = cast.clients[WATCHER], cast.request("observed")
    hear(cast)
    client.post("me/watches", {"request": id})
    tell(cast, id, status="in_progress")
    try:
        cast.partners_sla(AGREEMENT, "expired")
        assert reasons(client, id) == [] == client.get("me/watches", request=id)
    finally:
        cast.partners_sla(AGREEMENT, "active")
    assert reasons(client, id) == ["status_changed"]


def test_its_page_shows_who_has_it_what_was_said_and_what_became_of_what_was_asked(cast: Cast) -> None:
    id, browser = cast.request("observed"), Browser(cast.account)
    tell(cast, id, note_count=7)
    cast.clients[WATCHER].post(f"requests/{id}/notes", {"text": "How <long> yet?"})
    person = f"people/{cast.ids[WATCHER]}"
    cast.manager.send("POST", f"{person}/set_password", {"password": PASSWORD})
    browser.sign_in(cast.manager.get(person)["primary_email"])
    page = browser.page(f"/requests/{id}")
    assert "See this" in page
    assert "as GigaTera told it" in page
    assert "The newest 1 of 7 notes." in page
    assert "Nobody" not in page
    assert re.search(r"Add note</strong> by .*: pending<br>How &lt;long&gt; yet\?", page)


def test_what_is_completed_is_withdrawn_no_more(cast: Cast) -> None:
    client, id = cast.clients[WATCHER], cast.request("observed")
    tell(cast, id, status="completed", completion_reason="solved", completed_at=iso(cast.account.clock.now()))
    refused = client.send("PATCH", f"requests/{id}", {"status": "completed", "note": "Not needed."})
    assert (refused.status_code, refused.headers["X-Interdesk-Error"]) == (422, "already_completed")
    assert "completed already" in refused.text
    assert not record_of(cast, id).state.get("actions")
    client.post(f"requests/{id}/notes", {"text": "Thank you."})


def test_that_its_provider_had_completed_it_is_shown_as_a_refused_action(cast: Cast) -> None:
    client, id = cast.clients[WATCHER], cast.request("observed")
    client.patch(f"requests/{id}", {"status": "completed", "note": "Not needed."})
    context, (action,) = cast.account.contexts["requests"], record_of(cast, id).state["actions"]
    answer = {"_id": action["message"], "state": "refused", "code": "already_completed"}
    context.database["outbox"].insert_one(answer)
    acting.settle_pending(context)
    (shown,) = client.get(f"requests/{id}")["actions"]
    assert (shown["state"], shown["code"]) == ("refused", "already_completed")


def test_an_sla_that_is_known_late_shows_what_was_told_under_it(cast: Cast) -> None:
    context, (late, early) = cast.account.contexts["requests"], [f"agreement/{PARTNER}/{uuid4()}", AGREEMENT]
    first, client = first_word(context, PARTNER, 901, early), cast.clients["represents_silver"]
    first.body["agreements"].append(late)
    assert observed.hear(context, None, first).word == "accepted"
    (shown,) = observations.observed(context).find({"remote_id": 901})
    path = f"requests/{shown.id}"
    follow = cast.account.caller.services["requests"].follow_observed
    follow()
    assert [cast.clients[each].send("GET", path).status_code for each in (WATCHER, "represents_silver")] == [
        200,
        404,
    ]
    PARTNERS_SLAS[late] = (9011, "represents_silver")
    cast.partners_sla(late, "active")
    follow()
    assert client.get(path)["id"] == shown.id
    cast.partners_sla(late, "expired")
    assert client.send("GET", path).status_code == 404
    assert "unknown_agreements" not in record_of(cast, shown.id).state


def test_a_partner_shows_nothing_under_an_sla_that_it_did_not_register(cast: Cast) -> None:
    context, others = cast.account.contexts["requests"], f"agreement/widget/{uuid4()}"
    PARTNERS_SLAS[others] = (9012, "represents_silver")
    cast.partners_sla(others, "active")
    assert observed.hear(context, None, first_word(context, PARTNER, 902, others)).word == "accepted"
    (shown,) = observations.observed(context).find({"remote_id": 902})
    assert cast.clients["represents_silver"].send("GET", f"requests/{shown.id}").status_code == 404


def test_what_a_partner_showed_is_gone_for_everybody_when_the_trust_ends(cast: Cast) -> None:
    id, specialist = cast.request("observed"), "specialist_of_the_team"
    follow = cast.account.caller.services["requests"].follow_observed

    def answers() -> list[int]:
        follow()
        return [
            cast.clients[each].send("GET", f"requests/{id}").status_code for each in (WATCHER, specialist)
        ]

    try:
        cast.trust("suspended")
        assert answers() == [200, 200]
        cast.trust("ended")
        assert answers() == [404, 404]
    finally:
        cast.trust()
    tell(cast, id, status="in_progress")
    assert cast.clients[WATCHER].get(f"requests/{id}")["status"] == "in_progress"


def asked_to_withdraw(cast: Cast) -> tuple[Record, Message]:
    """The observation of a request of ours, and its withdrawal by a representative of the partner."""
    context, id = cast.account.contexts["requests"], cast.request("elsewhere")
    cast.customers_sla({"id": 7, "name": "Rita"})
    cast.affects(id, "for the partner")
    observing.look(context, id)
    (record,) = observations.observations(context).find({"request_id": id})
    word = replace(
        first_word(context, PARTNER, 1, AGREEMENT),
        type=ACTED,
        thread=record.state["thread"]["id"],
        body={"action": "withdraw", "representative": {"id": 7, "name": "Rita"}, "text": "Not needed."},
    )
    return record, word


def test_a_provider_refuses_to_withdraw_what_it_has_completed(cast: Cast) -> None:
    record, word = asked_to_withdraw(cast)
    specialist, path = cast.clients["specialist_of_the_team"], f"requests/{record.state['request_id']}"
    specialist.patch(path, {"status": "completed", "completion_reason": "solved", "note": "It is back."})
    verdict = acted.apply(cast.account.contexts["requests"], record, word)
    assert (verdict.word, verdict.code) == ("refused", "already_completed")
    assert specialist.get(path)["completion_reason"] == "solved"


def test_what_a_representative_did_before_a_crash_is_done_though_he_is_removed_since(cast: Cast) -> None:
    context, (record, word) = cast.account.contexts["requests"], asked_to_withdraw(cast)
    # What the crash left: all is saved but that the thread went on.
    note_id = context.ids.newest("note")
    observing.keep(context, record, {"acting": {"message": word.id, "note_id": note_id}}, [], "acting")
    desk.edit(
        context,
        Actor.system(context.account),
        record.state["request_id"],
        {"note": word.body["text"], "status": "completed"},
        note_id=note_id,
        speaker=Speaker(Ref(1, "Rita", PARTNER), frozenset({Who.REPRESENTATIVE}), frozenset()),
    )
    cast.customers_sla({"id": 8, "name": "Ron"})
    again = acted.apply(context, observations.observations(context).get(record.id), word)
    assert (again.word, again.code) == ("accepted", None)


def test_a_representative_who_is_removed_while_his_action_travels_is_refused(cast: Cast) -> None:
    record, word = asked_to_withdraw(cast)
    cast.customers_sla({"id": 8, "name": "Ron"})
    context = cast.account.contexts["requests"]
    word = replace(word, received_at=context.clock.now())
    with pytest.raises(Later):
        acted.apply(context, record, word)  # he may be told of at any moment: another lane brings that
    cast.account.clock.step(minutes=1)
    verdict = acted.apply(context, record, word)
    assert (verdict.word, verdict.code) == ("refused", "not_representative")
    shown = cast.clients["specialist_of_the_team"].get(f"requests/{record.state['request_id']}")
    assert shown["status"] == "assigned"
