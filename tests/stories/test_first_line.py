"""An end user's request about no service, between two accounts: the partner's desk is the first line."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.stories.sides import Desks, Side
from tests.waiting import wait_until

pytestmark = pytest.mark.slow


@pytest.fixture
def first_line(desks: Desks) -> Iterator[str]:
    """GigaTera registers an FLSA for Widget, which hears of it; its name. It ends with the test: in other
    stories nothing but an SLA links the two."""
    flsa = {
        "name": "First line for Widget",
        "customer_account_id": "widget",
        "service_desk_team_id": desks.stands["gigatera"].team_id,
        "status": "active",
    }
    gigatera, widget = desks.api("gigatera", "manager"), desks.api("widget", "manager")
    made = gigatera.post("flsas", flsa)
    wait_until(lambda: len(widget.get("flsas/active", name=made["name"])) == 1)
    yield made["name"]
    gigatera.patch(f"flsas/{made['id']}", {"start_date": "2025-01-01", "expiry_date": "2026-01-01"})
    wait_until(lambda: widget.get("flsas/active", name=made["name"]) == [])


def test_what_an_end_user_asks_without_a_service_goes_to_the_partners_desk_and_comes_back(
    desks: Desks, first_line: str
) -> None:
    widget = Side(desks.stands["widget"], desks.api("widget"), 0)

    def asked() -> bool:
        """Of requests an account may know a moment later than of SLAs."""
        made = desks.api("widget", "end_user").post(
            "requests", {"subject": "Who may help?", "category": "rfi"}
        )
        widget.id = made["id"]
        return bool(desks.api("widget").get(f"handovers/{widget.id}")["providers"])

    wait_until(asked)
    seen = widget.see()
    assert seen["team"]["account"]["id"] == seen["supplier"]["account"]["id"] == "gigatera"
    assert seen["service_instance"] is None
    wait_until(lambda: widget.see()["supplier_requestID"] is not None)
    gigatera = desks.side("gigatera", int(widget.see()["supplier_requestID"]))
    theirs = gigatera.see()
    assert (theirs["team"]["id"], theirs["service_instance"]) == (gigatera.stand.team_id, None)
    assert gigatera.api.get(f"requests/{gigatera.id}/affected_slas") == []
    gigatera.edit(status="completed", completion_reason="solved", note="Ellen may.")
    back = widget.sees(lambda seen: "account" not in seen["team"])
    account = desks.api("widget", "admin").get("account")
    assert (back["team"]["id"], back["status"]) == (account["service_desk_team"]["id"], "assigned")
