"""What two accounts keep on each other's organization, over the public API of each."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import pytest
import requests

from interdesk.api import Api
from interdesk.local.deployment import LocalDeployment
from tests.stories.sides import Desks, Record
from tests.uploads import uploaded
from tests.waiting import wait_until

# On a busy machine too.
soon = partial(wait_until, deadline_seconds=30)
pytestmark = pytest.mark.slow

CONTRACT = b"Our contract with them, for our eyes only."
REMARKS = "They answer before ten."
WIDGETS = {"financialID": "W-4711", "remarks": REMARKS}
PURCHASER = {"custom_fields": [{"id": "purchasing_contact", "value": "Pia Purchaser"}]}
FIELD = {"id": "purchasing_contact", "label": "Purchasing contact", "type": "text"}


def listed(api: Api, account: str) -> Record | None:
    """What All Organizations has of a partner's account."""
    found: list[Record] = api.get("organizations/trusted", fields="*")
    return next((each for each in found if each["account"]["id"] == account), None)


def with_card(api: Api, account: str) -> Record:
    """Waits until the partner's card is here."""
    soon(lambda: "contacts" in ((listed(api, account) or {}).get("from_account") or ()))
    return listed(api, account) or {}


@contextmanager
def expired(provider: Api, customer: str) -> Iterator[None]:
    """The provider's SLA for a customer's account has expired; then it is renewed."""
    slas = provider.get_all("slas/active", fields="customer_account")
    (id,) = [each["id"] for each in slas if (each["customer_account"] or {}).get("id") == customer]
    provider.patch(f"slas/{id}", {"start_date": "2025-01-01", "expiry_date": "2026-01-01"})
    try:
        yield
    finally:
        provider.patch(f"slas/{id}", {"expiry_date": None, "status": "active"})


def stored(deployment: LocalDeployment, account: str) -> str:
    """All that the account has in its databases, files too."""
    assert deployment.database is not None
    with deployment.database.administrator() as client:
        names = [name for name in client.list_database_names() if f"_{account}_" in name]
        assert names
        return "".join(
            repr(document)
            for name in names
            for collection in client[name].list_collection_names()
            for document in client[name][collection].find()
        )


def exported(api: Api, url: str, token: str) -> list[dict[str, str]]:
    """The lines of an export of all organizations."""
    path = f"export/{api.post('export', {'type': 'organizations'})['token']}"
    soon(lambda: api.get(path)["state"] == "done")
    headers = {"Authorization": f"Bearer {token}"}
    file = requests.get(f"{url}/v1/{path}/file", headers=headers, timeout=30)
    return list(csv.DictReader(io.StringIO(file.content.decode("utf-8-sig"))))


def test_each_keeps_what_it_likes_on_the_other_who_sees_none_of_it(
    desks: Desks, deployment: LocalDeployment
) -> None:
    widget, gigatera = desks.api("widget", "manager"), desks.api("gigatera", "manager")
    for account in ("gigatera", "globalnet"):
        with_card(widget, account)
        with_card(desks.api(account, "manager"), "widget")

    stand = desks.stands["widget"]
    contract = uploaded(stand.account.url, stand.tokens["manager"], "contract.txt", CONTRACT)
    theirs = with_card(widget, "gigatera")
    kept = widget.patch(f"organizations/{theirs['id']}", {**WIDGETS, "remarks_attachments": contract})
    assert {name: kept[name] for name in WIDGETS} == WIDGETS
    assert [each["name"] for each in kept["attachments"]] == ["contract.txt"]
    assert kept["contacts"] == theirs["contacts"]
    assert set(kept["from_account"]) == {"name", "picture_uri", "addresses", "contacts"}

    ours = with_card(gigatera, "widget")
    admin = desks.api("gigatera", "admin")
    form = admin.post("ui_extensions", {"name": "Partners", "category": "organization", "fields": [FIELD]})
    admin.post(f"ui_extensions/{form['id']}/activate")
    gigatera.patch(f"organizations/{ours['id']}", {"financialID": "G-1", **PURCHASER})
    (found,) = gigatera.get("organizations", financialID="G-1", fields="account,custom_fields")
    assert (found["account"]["id"], found["custom_fields"]) == ("widget", PURCHASER["custom_fields"])
    stand = desks.stands["gigatera"]
    (line,) = [
        each
        for each in exported(gigatera, stand.account.url, stand.tokens["manager"])
        if each["financialID"] == "G-1"
    ]
    assert line["account"] == "widget"
    assert "Pia Purchaser" in line["custom_fields"]

    own = gigatera.get(f"organizations/{admin.get('account')['organization']['id']}")
    assert (own["financialID"], own["remarks"], own["attachments"]) == (None, None, [])
    at_gigatera, at_widget = stored(deployment, "gigatera"), stored(deployment, "widget")
    for secret in (WIDGETS["financialID"], REMARKS, "contract.txt", CONTRACT.decode()):
        assert secret in at_widget
        assert secret not in at_gigatera
    assert "Pia Purchaser" in at_gigatera
    assert "Pia Purchaser" not in at_widget


def test_when_the_sla_expires_the_card_goes_and_what_was_kept_stays(desks: Desks) -> None:
    widget, gigatera = desks.api("widget", "manager"), desks.api("gigatera", "manager")
    theirs, ours = with_card(widget, "gigatera"), with_card(gigatera, "widget")
    widget.patch(f"organizations/{theirs['id']}", WIDGETS)
    gigatera.patch(f"organizations/{ours['id']}", {"financialID": "G-1"})
    with expired(gigatera, "widget"):
        for api, partner, known in ((widget, "gigatera", theirs), (gigatera, "widget", ours)):
            soon(lambda api=api, partner=partner: listed(api, partner) is None)  # type: ignore[misc]
            path = f"organizations/{known['id']}"
            soon(lambda api=api, path=path: api.get(path)["contacts"] == [])  # type: ignore[misc]
        assert kept_of(widget, theirs) == WIDGETS
        assert kept_of(gigatera, ours)["financialID"] == "G-1"
        widget.patch(f"organizations/{theirs['id']}", {"remarks": "Ended."})
    back = with_card(widget, "gigatera")
    assert (back["id"], back["contacts"]) == (theirs["id"], theirs["contacts"])
    assert kept_of(widget, theirs) == {**WIDGETS, "remarks": "Ended."}
    assert with_card(gigatera, "widget")["financialID"] == "G-1"


def kept_of(api: Api, organization: Record) -> dict[str, Any]:
    found = api.get(f"organizations/{organization['id']}")
    return {name: found[name] for name in WIDGETS}
