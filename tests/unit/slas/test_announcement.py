"""What a provider tells its customer about an agreement, and when."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.slas.model import SLA_STATUSES, RuleBroken, heard, to_tell, to_tell_of_flsa


def announcement(status: str = "active", name: str = "Hosting", team: str = "Operations") -> dict[str, Any]:
    return {"sla": {"id": 1, "name": name, "status": status}, "support_team": {"id": 2, "name": team}}


announcements = st.builds(
    announcement,
    status=st.sampled_from(SLA_STATUSES),
    name=st.sampled_from(["Hosting", "Housing"]),
    team=st.sampled_from(["Operations", "Desk"]),
)


def test_nothing_leaves_while_the_agreement_is_being_prepared() -> None:
    assert to_tell(None, announcement("being_prepared")) == []


@pytest.mark.parametrize("status", ["scheduled_for_activation", "active"])
def test_the_first_word_is_the_offer(status: str) -> None:
    assert to_tell(None, announcement(status)) == ["agreement.offered"]


def test_what_did_not_change_is_not_told_again() -> None:
    assert to_tell(announcement(), announcement()) == []


def test_a_moved_status_is_its_own_message() -> None:
    scheduled = announcement("scheduled_for_activation")
    assert to_tell(scheduled, announcement("active")) == ["agreement.activated"]
    assert to_tell(announcement("active"), announcement("expired")) == ["agreement.ended"]


def test_a_change_of_a_record_the_agreement_leads_to_is_told() -> None:
    assert to_tell(announcement(), announcement(team="Night shift")) == ["agreement.changed"]


def test_other_facts_that_changed_with_the_status_are_told_first() -> None:
    assert to_tell(announcement("expired"), announcement("active", name="Housing")) == [
        "agreement.changed",
        "agreement.activated",
    ]


def test_a_status_of_an_agreement_never_offered_is_refused() -> None:
    with pytest.raises(RuleBroken) as broken:
        heard(None, "agreement.activated", {"sla": {"id": 1, "status": "active"}})
    assert broken.value.code == "unknown_agreement"


@given(st.lists(announcements, min_size=1))
def test_who_hears_all_that_is_told_knows_what_is(states: list[dict[str, Any]]) -> None:
    told = known = None
    for now in states:
        for message_type in to_tell(told, now):
            full = message_type in ("agreement.offered", "agreement.changed")
            body = now if full else {"sla": {"id": 1, "status": now["sla"]["status"]}}
            known = heard(known, message_type, body)
            told = now
        assert known == told
        assert told is None or told == now


@given(st.lists(st.sampled_from(SLA_STATUSES), min_size=1))
def test_an_flsa_is_told_whole_each_time_it_has_changed(statuses: list[str]) -> None:
    told = known = None
    for status in statuses:
        now = {"flsa": {"id": 1, "status": status}}
        said = to_tell_of_flsa(told, now)
        assert said in ([], ["agreement.flsa_changed"] if told else ["agreement.flsa_offered"])
        for message_type in said:
            told = known = heard(known, message_type, now)
        assert known == (None if told is None and status == "being_prepared" else now)
