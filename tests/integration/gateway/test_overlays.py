"""What an account keeps on a partner's organization, over the API."""

from __future__ import annotations

import json
from io import BytesIO
from typing import Any

import pytest

from services.common.actor import Actor
from services.organizations import store
from services.organizations.actions.records import introductions
from services.organizations.model import cards
from services.organizations.model.links import with_link
from tests.integration.gateway.account import Account, Client
from tests.integration.gateway.attached import fetched, uploaded
from tests.integration.gateway.made import Made
from tests.integration.gateway.transferring import csv_of, exported, imported, outcomes, rows_of

CARD = {
    "name": "GigaTera",
    "picture_uri": "https://gigatera.example/logo.png",
    "addresses": [{"label": "office", "city": "Rotterdam"}],
    "contacts": [{"label": "service desk", "telephone": "+31 10 555 0100"}],
}
KEPT = {"remarks": "Ask for Ann.", "financialID": "D-1000"}


def tells(account: Account, id: int, revision: int, card: dict[str, Any] | None) -> None:
    """The partner's account has said this of its card."""
    organizations = store.records(account.contexts["organizations"], store.ORGANIZATIONS)
    record, now = organizations.get(id), account.clock.now()
    fields = cards.heard(record.state, [1, revision], card, now)
    assert fields is not None
    organizations.save(record, with_link({**record.state, **fields}, True, now))


@pytest.fixture(scope="module")
def gigatera(account: Account) -> int:
    """The local id of GigaTera's organization, whose card is here."""
    context = account.contexts["organizations"]
    trusts = store.records(context, store.TRUSTS)
    if trusts.find_one({"_id": "gigatera"}) is None:
        trusts.insert("gigatera", {"name": "GigaTera", "status": "active"})
    actor = Actor.system(context.account)
    id = introductions.introduce(context, actor, "gigatera", "organization", 7, "GigaTera")["id"]
    tells(account, id, 1, CARD)
    return int(id)


@pytest.fixture(scope="module")
def manager(account: Account) -> Client:
    return account.person("Mona Manager", "specialist", "service_level_manager")[1]


def errors(client: Client, path: str, body: Made, status: int = 422) -> dict[str, str]:
    response = client.send("PATCH", path, body)
    assert response.status_code == status, response.text
    return {name: text for name, text in json.loads(response.data)["errors"] if name != "base"}


def test_it_is_shown_with_the_card_and_whose_each_field_is(manager: Client, gigatera: int) -> None:
    changed = manager.patch(f"organizations/{gigatera}", KEPT)
    assert {name: changed[name] for name in (*CARD, *KEPT)} == {**CARD, **KEPT}
    assert set(changed["from_account"]) == CARD.keys()
    assert set(changed["ours"]) >= KEPT.keys()
    own = manager.get("organizations/internal", fields="from_account,ours")
    assert {(each["from_account"], each["ours"]) for each in own} == {(None, None)}


def test_it_is_found_as_own_ones_are(manager: Client, gigatera: int) -> None:
    manager.patch(f"organizations/{gigatera}", {"financialID": "D-7"})
    own = manager.post("organizations", {"name": "Own", "financialID": "D-7"})["id"]
    found = manager.get("organizations", financialID="D-7", fields="id,picture_uri,from_account")
    assert {each["id"] for each in found} == {gigatera, own}
    assert {each["picture_uri"] for each in found} == {CARD["picture_uri"], None}
    assert [each["id"] for each in manager.get("organizations/external", financialID="D-7")] == [gigatera]
    assert manager.get("organizations", financialID="D-8") == []


@pytest.mark.parametrize(
    "fields",
    [
        {"name": "Ours"},
        {"contacts": [], "remarks": "x"},
        {"disabled": True, "parent_id": None},
    ],
)
def test_what_its_account_writes_is_refused_by_name(manager: Client, gigatera: int, fields: Made) -> None:
    before = manager.get(f"organizations/{gigatera}")
    refused = errors(manager, f"organizations/{gigatera}", fields)
    assert refused == {name: "is written by account gigatera" for name in fields if name != "remarks"}
    assert manager.get(f"organizations/{gigatera}") == before


def test_service_level_managers_and_account_administrators_keep_it_and_nobody_else(
    account: Account, gigatera: int
) -> None:
    path = f"organizations/{gigatera}"
    for role in ("account_designer", "account_owner"):
        _, other = account.person(f"Otto {role}", "specialist", role)
        assert other.send("PATCH", path, {"remarks": "mine"}).status_code == 403
    _, administrator = account.person("Ada Administrator", "account_administrator")
    administrator.patch(path, {"remarks": "mine"})
    _, specialist = account.person("Sim Specialist", "specialist")
    assert specialist.send("PATCH", path, {"remarks": "mine"}).status_code == 403
    assert specialist.get(path)["remarks"] == "mine"
    _, nobody = account.person("Nora Nobody")
    assert nobody.send("GET", path).status_code == 404
    assert gigatera not in {each["id"] for each in nobody.get("organizations")}


def test_of_two_who_change_the_same_version_one_wins(manager: Client, gigatera: int) -> None:
    path = f"organizations/{gigatera}"
    etag = manager.send("GET", path).headers["ETag"]
    manager.patch(path, {"remarks": "first"})
    late = manager.send("PATCH", path, {"remarks": "second"}, headers={"If-Match": etag})
    assert (late.status_code, manager.get(path)["remarks"]) == (412, "first")


def test_who_changed_what_is_in_its_audit(manager: Client, gigatera: int) -> None:
    path = f"organizations/{gigatera}"
    manager.patch(path, {"financialID": "D-8", "remarks": "seen"})
    manager.patch(path, {"financialID": "D-9"})
    line = manager.get(f"{path}/audit")[0]
    assert line["changes"] == {"financialID": ["D-8", "D-9"]}
    assert line["user"]["display_name"] == "Mona Manager"


def test_it_stays_when_the_card_goes_and_is_there_when_it_returns(
    account: Account, manager: Client, gigatera: int
) -> None:
    path = f"organizations/{gigatera}"
    manager.patch(path, KEPT)
    tells(account, gigatera, 2, None)
    gone = manager.get(path)
    assert {name: gone[name] for name in KEPT} == KEPT
    assert (gone["name"], gone["contacts"], gone["from_account"]) == ("GigaTera", [], ["name"])
    manager.patch(path, {"remarks": "Kept meanwhile."})
    tells(account, gigatera, 3, {**CARD, "name": "GigaTera Group"})
    back = manager.get(path)
    assert (back["name"], back["contacts"]) == ("GigaTera Group", CARD["contacts"])
    assert (back["remarks"], back["financialID"]) == ("Kept meanwhile.", KEPT["financialID"])


def test_its_remarks_have_attachments(account: Account, manager: Client, gigatera: int) -> None:
    form = {"file": (BytesIO(b"contract"), "contract.txt", "text/plain")}
    sent = manager.send("POST", "attachments", data=form, content_type="multipart/form-data")
    key = str((sent.json or {})["key"])
    path = f"organizations/{gigatera}"
    changed = manager.patch(path, {"remarks": "See the contract.", "remarks_attachments": [{"key": key}]})
    (attached,) = changed["attachments"]
    assert manager.send("GET", attached["uri"].removeprefix("/v1/")).data == b"contract"
    _, nobody = account.person("Nick Nobody")
    assert nobody.send("GET", attached["uri"].removeprefix("/v1/")).status_code == 404


def test_custom_fields_are_those_of_the_form_that_is_active_here(
    account: Account, manager: Client, gigatera: int
) -> None:
    designer = account.person("Dora Designer", "account_designer")[1]
    field = {"id": "purchasing_contact", "label": "Purchasing contact", "type": "text", "required": True}
    file = {"id": "contract", "label": "Contract", "type": "attachment"}
    fields = {"name": "Partners", "category": "organization", "fields": [field, file]}
    form = designer.post("ui_extensions", fields)
    designer.post(f"ui_extensions/{form['id']}/activate", None, 200)
    path = f"organizations/{gigatera}"
    given = {"custom_fields": [{"id": "purchasing_contact", "value": "Ann"}]}
    assert manager.patch(path, given)["custom_fields"] == given["custom_fields"]
    wrong = {"custom_fields": [{"id": "purchasing_contact", "value": None}]}
    assert errors(manager, path, wrong) == {"custom_fields.purchasing_contact": "is required"}
    key = uploaded(manager, b"contract", "contract.txt")
    filed = manager.patch(path, {"custom_fields": [{"id": "contract", "value": key}]})["custom_fields"]
    tells(account, gigatera, 9, None)
    assert manager.get(path)["custom_fields"] == filed
    assert filed[0] == given["custom_fields"][0]
    assert fetched(manager, filed[1]["value"]["uri"]).data == b"contract"
    _, nobody = account.person("Nils Nobody")
    assert fetched(nobody, filed[1]["value"]["uri"]).status_code == 404


def test_a_file_takes_of_it_what_an_edit_takes(account: Account, manager: Client, gigatera: int) -> None:
    line = {"id": str(gigatera), "account": "gigatera", "financialID": "D-11"}
    _, lines = imported(account, manager, "organizations", csv_of(line))
    assert outcomes(lines) == ["updated"]
    assert manager.get(f"organizations/{gigatera}")["financialID"] == "D-11"
    _, lines = imported(account, manager, "organizations", csv_of({**line, "region": "EMEA"}))
    (refused,) = lines
    assert refused["outcome"] == "failure"
    assert ["region", "is written by account gigatera"] in refused["errors"]
    rows = {row["id"]: row for row in rows_of(exported(account, manager, "organizations"))}
    row = rows[str(gigatera)]
    assert (row["account"], row["financialID"]) == ("gigatera", "D-11")
    assert {"from_account", "ours"}.isdisjoint(row)
