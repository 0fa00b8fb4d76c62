"""Files in custom fields, over the API: named, shown, fetched by who sees the field, gone with the value."""

from __future__ import annotations

import json
from typing import Any

import pytest

from services.common.attachments import find_by_id
from tests.integration.gateway.account import Account, Client
from tests.integration.gateway.attached import LOG, PNG, fetched, uploaded
from tests.integration.gateway.made import Made
from tests.integration.gateway.transferring import csv_of, exported, imported, outcomes, rows_of

FORM: list[Made] = [
    {"id": "contract", "label": "Contract", "type": "attachment", "internal": False},
    {"id": "rating", "label": "Rating", "type": "attachment"},
    {"id": "note", "label": "Note", "type": "text", "internal": False},
]


def activated(administrator: Client, kind: str, fields: list[Made]) -> str:
    made = administrator.post("ui_extensions", {"name": kind, "category": kind, "fields": fields})
    administrator.post(f"ui_extensions/{made['id']}/activate", None, 200)
    return f"ui_extensions/{made['id']}"


@pytest.fixture(scope="module", autouse=True)
def forms(administrator: Client) -> dict[str, str]:
    """The form of each kind of record, by its path."""
    return {kind: activated(administrator, kind, FORM) for kind in ("organization", "person", "site", "team")}


def custom(**values: Any) -> Made:
    return {"custom_fields": [{"id": id, "value": value} for id, value in values.items()]}


def shown(record: Made) -> dict[str, Any]:
    return {each["id"]: each["value"] for each in record["custom_fields"] or ()}


def errors(client: Client, method: str, path: str, body: Made) -> dict[str, str]:
    response = client.send(method, path, body)
    assert response.status_code == 422, response.text
    return {name: text for name, text in json.loads(response.data)["errors"] if name != "base"}


@pytest.mark.parametrize("path", ["organizations", "people", "teams", "sites"])
def test_a_value_names_an_upload_and_is_shown_as_the_file(
    account: Account, administrator: Client, path: str
) -> None:
    first, second = uploaded(administrator), uploaded(administrator, PNG, "a.png")
    body = {"name": "With", **custom(contract=first, rating={"key": second})}
    if path == "people":
        body["primary_email"] = "with.custom@widget.example"
    made = administrator.post(path, body)
    place = f"{path}/{made['id']}"
    contract = shown(made)["contract"]
    assert contract == {
        "id": contract["id"],
        "name": "a.log",
        "uri": f"/v1/attachments/{contract['id']}",
        "key": first,
        "size": len(LOG),
    }
    assert administrator.get(place) == made
    assert fetched(administrator, contract["uri"]).data == LOG
    assert (
        fetched(administrator, shown(made)["rating"]["uri"])
        .headers["Content-Disposition"]
        .startswith("attachment")
    )
    again = administrator.patch(place, custom(contract=contract, note="Kept"))
    assert shown(again) == {**shown(made), "note": "Kept"}
    third = uploaded(administrator, b"other", "b.txt")
    changed = administrator.patch(place, custom(contract=third, rating=None))
    assert {name: value for name, value in shown(changed).items() if name != "note"} == {
        "contract": shown(changed)["contract"]
    }
    for gone in shown(made).values():
        assert fetched(administrator, gone["uri"]).status_code == 404
    assert fetched(administrator, shown(changed)["contract"]["uri"]).data == b"other"
    told = administrator.get(f"{place}/audit", fields="changes", per_page="1")[0]["changes"]
    assert told == {
        "custom_fields": [
            [{"id": "contract", "value": "a.log"}, {"id": "rating", "value": "a.png"}],
            [{"id": "contract", "value": "b.txt"}],
        ]
    }
    account.clock.step(hours=26)
    account.caller.services["organizations"].sweep_attachments()
    database = account.contexts["organizations"].database
    kept = [find_by_id(database, file["id"]) for file in (*shown(made).values(), shown(changed)["contract"])]
    assert [file is not None for file in kept] == [False, False, True]
    administrator.post(f"{place}/trash", {}, status=200)
    assert fetched(administrator, shown(changed)["contract"]["uri"]).status_code == 404


def test_what_is_no_upload_of_the_caller_is_told_by_field(account: Account, administrator: Client) -> None:
    other = account.person("Olga Other", "account_designer")[1]
    body = {"name": "Wrong", **custom(contract=uploaded(other), rating="a.pdf")}
    assert errors(administrator, "POST", "sites", body) == {
        "custom_fields.contract": "is the key of no upload of yours",
        "custom_fields.rating": "is the key of no upload of yours",
    }
    body = {"name": "Wrong", **custom(contract=5, rating={"id": 5})}
    assert set(errors(administrator, "POST", "sites", body)) == {
        "custom_fields.contract",
        "custom_fields.rating",
    }


def test_a_file_is_seen_by_who_sees_its_field_also_by_its_uri(
    account: Account, administrator: Client, forms: dict[str, str]
) -> None:
    values = custom(contract=uploaded(administrator), rating=uploaded(administrator, b"bad", "rating.txt"))
    made = administrator.post("organizations", {"name": "Rated", **values})
    path, files = f"organizations/{made['id']}", shown(made)
    end_user, stranger = (account.person(name) for name in ("Ed User", "Stan Stranger"))
    administrator.patch(f"people/{end_user[0]['id']}", {"organization_id": made["id"]})
    specialist = account.person("Sue Sees", "specialist")[1]

    def may_fetch(client: Client) -> set[str]:
        answers = {name: fetched(client, file["uri"]).status_code for name, file in files.items()}
        assert set(answers.values()) <= {200, 404}
        return {name for name, status in answers.items() if status == 200}

    assert may_fetch(specialist) == shown(specialist.get(path)).keys() == {"contract", "rating"}
    assert may_fetch(end_user[1]) == shown(end_user[1].get(path)).keys() == {"contract"}
    assert may_fetch(stranger[1]) == set()
    # The record is judged by the version that it was written with.
    form = forms["organization"]
    administrator.patch(form, {"fields": [{**FORM[0], "internal": True}, {**FORM[1], "internal": False}]})
    administrator.post(f"{form}/activate", None, 200)
    try:
        assert may_fetch(end_user[1]) == {"contract"}
        administrator.patch(path, custom(contract=files["contract"]["key"]))
        assert may_fetch(end_user[1]) == shown(end_user[1].get(path)).keys() == {"rating"}
    finally:
        administrator.patch(form, {"fields": FORM})
        administrator.post(f"{form}/activate", None, 200)


def test_a_csv_file_carries_what_there_is_and_brings_none(account: Account, administrator: Client) -> None:
    administrator.post("sites", {"name": "Filed", **custom(contract=uploaded(administrator), note="Old")})
    file = exported(account, administrator, "sites")
    row = next(each for each in rows_of(file) if each["name"] == "Filed")
    values = json.loads(row["custom_fields"])
    assert values[0]["value"]["name"] == "a.log"
    _, lines = imported(account, administrator, "sites", file)
    assert set(outcomes(lines)) == {"unchanged"}
    values[1]["value"] = "New"
    line = {"name": "Filed", "custom_fields": json.dumps(values)}
    assert outcomes(imported(account, administrator, "sites", csv_of(line))[1]) == ["updated"]
    (site,) = administrator.get("sites", name="Filed", fields="custom_fields")
    assert (shown(site)["contract"], shown(site)["note"]) == (values[0]["value"], "New")
    mine = [{"id": "rating", "value": uploaded(administrator)}]
    for said in ({"dry_run": "true"}, {}):
        new = {"name": "Filed", "custom_fields": json.dumps(mine)}
        _, [told] = imported(account, administrator, "sites", csv_of(new), **said)
        assert told["outcome"] == "failure"
        assert told["errors"] == [
            [
                "custom_fields.rating",
                "takes a file, which no CSV file brings: leave it out here, and put the file on by the API",
            ]
        ]
