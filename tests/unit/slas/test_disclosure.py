"""What an agreement makes visible to whom."""

from __future__ import annotations

from typing import Any

from services.federation.messages.agreements import Agreement, FirstLineAgreement, Flsa, Sla
from services.slas.model.disclosure import ANNOUNCED, Line, between, within
from services.slas.model.first_line import TOLD

ANNOUNCEMENT: dict[str, Any] = {
    "sla": {"id": 1, "name": "Hosting for Widget", "status": "active"},
    "service": {"id": 2, "name": "Hosting"},
    "service_offering": {"id": 3, "name": "Gold"},
    "service_instance": {"id": 4, "name": "Hosting Gold", "status": "in_production"},
    "support_team": {"id": 5, "name": "Operations"},
    "first_line_team": None,
    "provider": {"id": 6, "name": "GigaTera"},
    "customer": {"id": 7, "name": "Widget"},
    "representatives": [{"id": 8, "name": "Rita"}, {"id": 9, "name": "Tom"}],
}


def told(to: str, **fields: Any) -> list[str]:
    lines = between({**ANNOUNCEMENT, **fields}, "GigaTera", "Widget Data Center")
    return [line.sees for line in lines if line.to == to]


def test_all_that_an_announcement_may_hold_is_told() -> None:
    assert ANNOUNCED.keys() == {*Agreement().fields, *FirstLineAgreement().fields}
    of_sla = {"id", "name", "status", "start_date", "notice_date", "expiry_date", "coverage"}
    of_sla |= {"asks_requester_target"}
    assert Sla().fields.keys() == of_sla, "tell of it in ANNOUNCED['sla']"
    assert Flsa().fields.keys() == {"id", *TOLD}, "tell of it in ANNOUNCED['flsa']"


def test_the_customer_is_told_what_the_announcement_names() -> None:
    seen = told("Widget Data Center")
    assert 'the name of the service "Hosting"' in seen
    assert 'the name of the support team "Operations"' in seen
    assert any("contact card" in line and '"GigaTera"' in line for line in seen)
    assert any(line.endswith("customer representatives: Rita, Tom") for line in seen)


def test_what_is_not_there_shows_nothing() -> None:
    assert len(told("Widget Data Center", representatives=[])) == len(told("Widget Data Center")) - 1
    assert not [line for line in told("Widget Data Center") if "first line" in line]


def test_what_the_provider_sees_is_the_customers() -> None:
    lines = between(ANNOUNCEMENT, "GigaTera", "Widget Data Center")
    assert {(line.to, line.of) for line in lines} == {
        ("Widget Data Center", "GigaTera"),
        ("GigaTera", "Widget Data Center"),
    }
    assert any("request" in line and "public notes" in line for line in told("GigaTera"))


def test_until_when_requesters_expect_it_is_told_where_it_is_asked_for_and_not_withheld() -> None:
    asking = {**ANNOUNCEMENT, "sla": {**ANNOUNCEMENT["sla"], "asks_requester_target": True}}

    def told_of_it(announcement: dict[str, Any], shared: bool | None) -> list[str]:
        lines = between(announcement, "GigaTera", "Widget", shared)
        return [line.sees for line in lines if "expects the resolution" in line.sees]

    assert told_of_it(ANNOUNCEMENT, True) == told_of_it(asking, False) == []
    (shared,), (unknown,) = told_of_it(asking, True), told_of_it(asking, None)
    assert unknown == f"{shared}, where Widget allows it"


def test_within_an_account_its_staff_and_each_representative_see_it() -> None:
    lines = within("Widget", "End to end", ["Rita", "Tom"], requests=False)
    assert [line.to for line in lines] == ["everybody who works for Widget", "Rita", "Tom"]
    assert lines[1] == Line("Rita", 'the agreement "End to end", all its fields', "Widget")


def test_who_represents_an_slas_customer_sees_the_requests_that_it_affects() -> None:
    lines = within("Widget", "End to end", ["Rita"], requests=True)
    assert [line.to for line in lines] == ["everybody who works for Widget", "Rita", "Rita"]
    assert "requests that it affects" in lines[2].sees
