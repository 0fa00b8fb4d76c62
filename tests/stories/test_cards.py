"""All Organizations over the public API of each account: nothing was configured for any of this."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest

from interdesk.api import Api, ApiError
from tests.stories.sides import Desks, Record
from tests.waiting import wait_until

# On a busy machine too.
soon = partial(wait_until, deadline_seconds=30)
pytestmark = pytest.mark.slow

SHOWN = "name,account,picture_uri,addresses,contacts,card_at"


def known(api: Api, account: str) -> Record | None:
    """What All Organizations has of a partner's account."""
    found = [
        each
        for each in api.get("organizations", fields=SHOWN)
        if (each.get("account") or {}).get("id") == account
    ]
    return found[0] if found else None


def has_card(api: Api, account: str) -> bool:
    return (known(api, account) or {}).get("card_at") is not None


def test_each_account_has_the_cards_of_those_it_works_with(desks: Desks) -> None:
    for account, others in (
        ("widget", ("gigatera", "globalnet")),
        ("gigatera", ("widget", "globalnet")),
        ("globalnet", ("widget", "gigatera")),
    ):
        api = desks.api(account, "manager")
        for other in others:
            cast = desks.stands[other].cast
            soon(partial(has_card, api, other))
            card = known(api, other) or {}
            assert (card["name"], card["picture_uri"]) == (cast.name, cast.picture)
            assert card["contacts"][0]["telephone"] == cast.telephone
            assert [each["city"] for each in card["addresses"]] == [cast.city]
        own = api.get("organizations/internal", fields=SHOWN)
        assert all("account" not in each and each["card_at"] is None for each in own)
        trusted = {each["account"]["id"] for each in api.get("organizations/trusted", fields="account")}
        assert trusted == set(others)


def test_a_card_follows_its_organization_and_its_agreements(desks: Desks) -> None:
    gigatera, globalnet = desks.api("gigatera", "admin"), desks.api("globalnet", "manager")
    own = gigatera.get("account")["organization"]["id"]
    soon(lambda: known(globalnet, "gigatera") is not None)
    before = known(globalnet, "gigatera") or {}
    hotline = {"contacts": [{"label": "hotline", "telephone": "+31 20 555 0999"}]}
    gigatera.patch(f"organizations/{own}", hotline)
    soon(lambda: (known(globalnet, "gigatera") or {})["contacts"][0]["label"] == "hotline")
    (sla,) = [
        each
        for each in globalnet.get_all("slas", fields="name,customer_account")
        if account_of(each) == "gigatera"
    ]
    globalnet.patch(f"slas/{sla['id']}", {"expiry_date": "2026-01-01", "start_date": "2025-01-01"})
    soon(lambda: known(globalnet, "gigatera") is None)
    soon(lambda: globalnet.get(f"organizations/{before['id']}")["contacts"] == [])
    assert globalnet.get(f"organizations/{before['id']}")["name"] == before["name"]
    with pytest.raises(ApiError) as refused:
        globalnet.patch(f"organizations/{before['id']}", {"name": "Ours"})
    assert refused.value.status == 422
    globalnet.patch(f"slas/{sla['id']}", {"status": "active", "expiry_date": None, "start_date": None})
    soon(lambda: (known(globalnet, "gigatera") or {}).get("contacts") == hotline["contacts"])
    assert (known(globalnet, "gigatera") or {})["id"] == before["id"]
    gigatera.patch(f"organizations/{own}", {"contacts": before["contacts"]})
    soon(lambda: (known(globalnet, "gigatera") or {})["contacts"] == before["contacts"])
    soon(lambda: "globalnet" in [provider_of(each) for each in gigatera.get("slas/active", fields="account")])


def account_of(sla: Record) -> Any:
    return (sla.get("customer_account") or {}).get("id")


def provider_of(sla: Record) -> Any:
    return (sla.get("account") or {}).get("id")
