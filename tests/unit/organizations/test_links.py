"""Which organizations an active agreement links, and which of a partner's stand in All Organizations."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.organizations.model.links import Link, is_linked, link_of, with_link

NOW = datetime(2026, 1, 5, 9, tzinfo=UTC)
OURS: dict[str, Any] = {"status": "active", "customer_id": 7, "customer_account": {"id": "widget"}}
THEIRS: dict[str, Any] = {**OURS, "customer_id": 1, "account": {"id": "gigatera"}}


def test_an_agreement_of_ours_shows_the_provider_and_links_the_customer() -> None:
    assert link_of(OURS, "widget", 2, {7}) == Link(own_id=2, their_id=7)


def test_a_partners_agreement_shows_the_customer_and_links_the_provider() -> None:
    assert link_of(THEIRS, "gigatera", 12, {12}) == Link(own_id=1, their_id=12)


def test_a_record_of_our_own_that_stands_for_a_customer_links_what_it_publishes() -> None:
    link = link_of(OURS, "widget", 2, set())
    assert link == Link(own_id=2, their_id=None)
    assert is_linked({"card": {"name": "Widget"}}, 9, [link])
    assert not is_linked({"card": None}, 9, [link])


@pytest.mark.parametrize("status", ["being_prepared", "scheduled_for_activation", "expired"])
@pytest.mark.parametrize("agreement", [OURS, THEIRS])
def test_only_active_agreements_link(agreement: dict[str, Any], status: str) -> None:
    partner = "widget" if agreement is OURS else "gigatera"
    assert link_of({**agreement, "status": status}, partner, 2, {7}) is None


def test_agreements_within_the_account_or_with_another_link_nothing() -> None:
    assert link_of({**OURS, "customer_account": None}, "widget", 2, {7}) is None
    assert link_of(OURS, "globalnet", 2, {7}) is None
    assert link_of(THEIRS, "widget", 12, {12}) is None
    assert link_of({**THEIRS, "customer_id": None}, "gigatera", 12, {12}) is None


@given(st.lists(st.booleans(), max_size=8))
def test_the_time_of_a_link_is_that_of_its_beginning(linked: list[bool]) -> None:
    state: dict[str, Any] = {"name": "GigaTera"}
    began: datetime | None = None
    for hour, each in enumerate(linked):
        at = NOW + timedelta(hours=hour)
        began = (began or at) if each else None
        state = with_link(state, each, at)
        assert (state["linked"], state["linked_at"], "unlisted" in state) == (each, began, not each)
