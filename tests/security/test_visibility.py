"""The table of who may see and do what with which request (tests/security/visibility.py), over the API."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import pytest

from services.requests.queries.shapes import HIDDEN_FROM_REQUESTERS
from tests.integration.gateway.account import Account, Client, pages
from tests.integration.gateway.conftest import account
from tests.integration.gateway.events import followed
from tests.security.cast import ENDING, Cast, Request, cast_of, expire
from tests.security.visibility import KINDS, LETTERS, MAY, expected, relations

__all__ = ["account"]

RELATIONS = relations()
PEOPLE = list(dict.fromkeys(person for person, _ in RELATIONS))
NOTED = {"note": "Not needed any more.", "status": "completed", "completion_reason": "withdrawn"}
#: After these the request is another, so it is put back; with what a provider has that can't be done.
ENDS = {"withdraw", "withdraw without a reason"}


@pytest.fixture(scope="module")
def cast(account: Account) -> Cast:
    return cast_of(account, PEOPLE)


@pytest.fixture(scope="module")
def requests(cast: Cast) -> dict[str, Request]:
    made = {kind: cast.with_files(cast.request(kind)) for kind in KINDS}
    followed(cast.account)
    expire(cast, "Bronze")
    cast.partners_sla(ENDING, "expired")
    cast.sent()
    return made


Try = Callable[[Client, Request], int | bool]


@cache
def look(client: Client, path: str, **asked: str) -> tuple[int, Any]:
    """What a person is answered. Nothing that is tried here changes what he sees, so he asks once."""
    answer = client.send("GET", path, query_string=asked)
    return answer.status_code, answer.json


def get(path: str) -> Try:
    return lambda client, request: look(client, path.format(request=request))[0]


def downloads(path: str) -> Try:
    return lambda client, request: client.send("GET", path.format(request=request)).status_code


def patch(**fields: object) -> Try:
    return lambda client, request: client.send("PATCH", f"requests/{request.id}", fields).status_code


def post(path: str, **fields: object) -> Try:
    return lambda client, request: client.send("POST", path.format(request=request), fields).status_code


def holds(path: str, **asked: str) -> Try:
    return lambda client, request: (
        request.id in [each["id"] for each in look(client, path, fields="id", per_page="100", **asked)[1]]
    )


def internals(client: Client, request: Request) -> bool:
    seen = look(client, f"requests/{request.id}")[1]
    return any(seen.get(name) is not None for name in HIDDEN_FROM_REQUESTERS)


def internal_notes(client: Client, request: Request) -> bool:
    status, notes = look(client, f"requests/{request.id}/notes")
    return status == 200 and any(note["internal"] for note in notes)


def watched(client: Client, request: Request) -> int:
    return client.send("POST", "me/watches", {"request_id": request.id}).status_code


TRIES: dict[str, Try] = {
    "list": holds("requests"),
    "all_requests": holds("requests/all_requests"),
    "search": holds("requests", search="findable"),
    "get": get("requests/{request.id}"),
    "see what is internal": internals,
    "notes": get("requests/{request.id}/notes"),
    "see internal notes": internal_notes,
    "note_attachments": get("requests/{request.id}/note_attachments"),
    "attachment": downloads("{request.file}"),
    "internal attachment": downloads("{request.internal_file}"),
    "affected_slas": get("requests/{request.id}/affected_slas"),
    "periods": get("requests/{request.id}/timeline/periods"),
    "timeline": get("requests/{request.id}/timeline"),
    "audit": get("requests/{request.id}/audit"),
    "handover": get("handovers/{request.id}"),
    "watch": watched,
    "add note": post("requests/{request.id}/notes", text="Hello"),
    "add internal note": post("requests/{request.id}/notes", text="Hello", internal=True),
    "edit": patch(urgent=False),
    "start work": patch(status="in_progress"),
    "withdraw without a reason": patch(status="completed"),
    "withdraw": patch(**NOTED),
}


def test_the_table_says_all_there_is_to_try() -> None:
    assert set(TRIES) == set(MAY)
    assert {kind for _, kind in RELATIONS} == set(KINDS)
    assert set(RELATIONS.values()) == set(LETTERS)


@pytest.mark.parametrize("person", PEOPLE)
def test_everybody_sees_and_does_what_he_may_and_nothing_else(
    cast: Cast, requests: dict[str, Request], person: str
) -> None:
    client, wrong = cast.clients[person], []
    cast.sent()
    for kind, request in requests.items():
        what = RELATIONS[person, kind]
        for action, tried in TRIES.items():
            wanted = expected(kind, action, what)
            ends = action in ENDS and wanted == 200
            fresh = ends and kind in ("handed over", "observed")
            found = tried(client, Request(cast.request(kind)) if fresh else request)
            if found != wanted:
                wrong.append(f"{kind}: {action}: {found}, not {wanted}")
            if ends and not fresh:
                cast.clients["specialist_of_the_team"].patch(f"requests/{request.id}", {"status": "assigned"})
    assert wrong == []


def all_of(client: Client, **asked: str) -> list[int]:
    return [each["id"] for each in client.get("requests/all_requests", fields="id", **asked)]


def represented_by(cast: Cast, sla: str, *people: str) -> None:
    chosen = {"customer_representative_ids": [cast.ids[each] for each in people]}
    cast.manager.patch(f"slas/{cast.slas[sla]}", chosen)
    followed(cast.account)


def test_requests_appear_and_disappear_with_who_represents_and_none_is_written_for_it(
    cast: Cast, requests: dict[str, Request]
) -> None:
    client, database = cast.clients["represented_gold"], cast.account.contexts["requests"].database
    before = list(database["requests"].find({}, {"version": 1, "sla_ids": 1}))
    assert all_of(client) == []
    represented_by(cast, "Silver", "represents_silver", "represented_gold")
    assert set(all_of(client)) == {requests["other SLA"].id}
    represented_by(cast, "Gold", "represents_gold", "both", "represented_gold")
    found = set(all_of(client))
    assert {requests[kind].id for kind in ("own", "other SLA", "across")} <= found
    assert requests["expired"].id not in found
    represented_by(cast, "Silver", "represents_silver")
    represented_by(cast, "Gold", "represents_gold", "both")
    assert all_of(client) == []
    assert list(database["requests"].find({}, {"version": 1, "sla_ids": 1})) == before


def test_requests_disappear_with_an_sla_that_ends_and_are_back_with_it_while_the_other_stays(
    cast: Cast, requests: dict[str, Request]
) -> None:
    client, request = cast.clients["represented_gold"], requests["other SLA"]
    represented_by(cast, "Silver", "represents_silver", "represented_gold")
    represented_by(cast, "Gold", "represents_gold", "both", "represented_gold")
    both = set(all_of(client))
    assert {request.id, requests["across"].id} <= both
    expire(cast, "Silver")
    assert set(all_of(client)) == both - {request.id}
    assert client.send("GET", f"requests/{request.id}").status_code == 404
    again = {"expiry_date": None, "start_date": None, "status": "active"}
    cast.manager.patch(f"slas/{cast.slas['Silver']}", again)
    followed(cast.account)
    assert set(all_of(client)) == both
    represented_by(cast, "Silver", "represents_silver")
    represented_by(cast, "Gold", "represents_gold", "both")


def test_a_request_that_comes_to_affect_another_sla_is_seen_under_both(cast: Cast) -> None:
    gold, silver = (cast.clients[f"represents_{sla}"] for sla in ("gold", "silver"))
    id = cast.request("elsewhere")
    shown = []
    for sla in ("Gold", "Silver"):
        moved = {"service_instance_id": cast.instances[sla]}
        cast.clients["specialist_of_the_team"].patch(f"requests/{id}", moved)
        followed(cast.account)
        shown.append([id in all_of(each) for each in (gold, silver)])
    assert shown == [[True, False], [True, True]]


def test_an_sla_that_is_added_shows_what_comes_to_affect_it(cast: Cast) -> None:
    client, asker = cast.clients["represented_gold"], cast.clients["requester"]
    cast.instance("Copper")
    asked: dict[str, Any] = {"subject": "Slow", "category": "incident", "impact": "low"}
    asked["service_instance_id"] = cast.instances["Copper"]
    asker.post("requests", asked)
    followed(cast.account)
    cast.service_level("Copper", "represented_gold")
    after = asker.post("requests", asked)["id"]
    followed(cast.account)
    assert all_of(client) == [after]


def test_who_comes_below_an_organization_is_its_key_contacts_business_and_no_more_when_he_goes(
    cast: Cast, requests: dict[str, Request]
) -> None:
    client, hall = cast.clients["key_contact"], f"organizations/{cast.organizations['Hall']}"
    before = all_of(client)
    for above, also in (("Office", {requests["across"].id}), ("Plant", set[int]())):
        cast.manager.patch(hall, {"parent_id": cast.organizations[above]})
        cast.account.contexts["requests"].copies.fetch("organization")
        found = set(all_of(client))
        assert found >= {*before, *also}
        assert also or found == set(before)


def test_all_requests_is_filtered_searched_sorted_and_paged_as_requests_are(
    cast: Cast, requests: dict[str, Request]
) -> None:
    client = cast.clients["represents_gold"]
    found = all_of(client)
    assert found == sorted(found, reverse=True)
    assert all_of(client, sort="id") == found[::-1]
    assert all_of(client, search="findable") == found
    assert all_of(client, search="nothing") == []
    shop = str(cast.organizations["Shop"])
    assert all_of(client, organization=shop) == [requests["across"].id]
    paged = [
        each["id"]
        for page in pages(client, "requests/all_requests", per_page=2, sort="created_at,id")
        for each in page.json or ()
    ]
    assert sorted(paged) == sorted(found)
    seen = client.get("requests/all_requests", fields="*")
    assert {each[name] for each in seen for name in HIDDEN_FROM_REQUESTERS} == {None}
    for path in ("requests", "requests/all_requests"):
        refused = client.send("GET", path, query_string={"supplier": "5"})
        assert (refused.status_code, (refused.json or {})["errors"][0][0]) == (422, "supplier")


def test_who_works_here_finds_in_all_requests_what_he_asked_for_himself(cast: Cast) -> None:
    client = cast.clients["specialist_of_another_team"]
    assert all_of(client) == []
    mine = client.post("requests", {"subject": "A chair", "category": "order"})["id"]
    assert all_of(client) == [mine]
