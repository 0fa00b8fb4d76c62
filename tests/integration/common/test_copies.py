"""Copies of another service's records: the newest version is kept, whatever the order."""

from __future__ import annotations

from typing import Any

import pytest

from services.common.copies import Copies, Offer, Offers, saved_event
from services.common.errors import Invalid
from services.common.store import Records
from tests.integration.common.records import Account


class Owner:
    """The owner's side, called as by RPC."""

    def __init__(self, offers: Offers) -> None:
        self.offers = offers
        self.asked: list[str] = []

    def call(self, service: str, method: str, actor: Any, /, *args: Any, **kwargs: Any) -> Any:
        self.asked.append(method)
        return self.offers.page(*args) if method == "copies" else self.offers.one(*args)


def test_a_copy_keeps_the_newest_version_whatever_the_order(account: Account) -> None:
    teams = Records(account.context, "teams")
    for id in range(1, 8):
        teams.insert(id, {"name": f"Team {id}", "private": "x"})
    offers = Offers(
        account.context.database, {"team": Offer("teams", lambda record: {"name": record.state["name"]})}
    )
    owner = Owner(offers)
    copies = Copies(account.context.database, owner, {"team": "organizations"}, "widget")

    assert copies.get("team", 3) == {"id": 3, "version": 1, "name": "Team 3"}
    assert copies.get("team", 3) == {"id": 3, "version": 1, "name": "Team 3"}
    assert owner.asked == ["copy"]
    assert copies.get("team", 99) is None
    assert copies.get("site", 1) is None

    newer = saved_event("team", 3, 5, {"name": "Newest"})["body"]
    older = saved_event("team", 3, 4, {"name": "Older"})["body"]
    assert [copies.store("team", saved) for saved in (newer, older, newer)] == [True, False, False]
    assert copies.get("team", 3) == {"id": 3, "version": 5, "name": "Newest"}

    assert copies.fetch("team") == 7
    assert [team["id"] for team in copies.find("team", {}, sort=[("_id", 1)])] == list(range(1, 8))
    assert copies.find_one("team", {"name": "Newest"}) == {"id": 3, "version": 5, "name": "Newest"}
    first = offers.page("team", None, 3)
    assert ([saved["id"] for saved in first["copies"]], first["next"]) == ([1, 2, 3], 3)
    assert offers.page("team", 6, 3)["next"] is None
    with pytest.raises(Invalid):
        offers.page("site")
