"""Suspending, resuming and ending a trust, and what it allows."""

from __future__ import annotations

import pytest

from services.common.errors import IllegalMove, Invalid
from tests.integration.organizations.pair import befriend, carry, login, may_deliver


def test_suspending_is_one_sided_and_says_nothing(sides):
    a, b = sides()
    befriend(a, b)
    said = len(a.said)
    a.update(status="suspended")
    assert (a.trust["status"], b.trust["status"], len(a.said)) == ("suspended", "active", said)
    a.update(status="active")
    assert (a.trust["status"], a.trust["suspended_at"]) == ("active", None)


def test_ending_is_told_to_the_partner_and_kept(sides):
    a, b = sides()
    befriend(a, b)
    a.update(status="ended")
    assert (a.trust["status"], a.trust["ended_by"]) == ("ended", "us")
    assert a.said[-1]["type"] == "trust.ended.v1"
    assert carry(a, b).word == "accepted"
    assert (b.trust["status"], b.trust["ended_by"]) == ("ended", "partner")


def test_an_ended_trust_keeps_its_lanes(sides, broker):
    a, b = sides()
    befriend(a, b)
    a.update(status="ended")
    assert may_deliver(broker, "widget", login(b), "from.gigatera", "request.taken")


def test_both_may_end_at_the_same_time(sides):
    a, b = sides()
    befriend(a, b)
    a.update(status="ended")
    b.update(status="ended")
    assert carry(a, b).word == "accepted"
    assert carry(b, a).word == "accepted"
    assert (a.trust["ended_by"], b.trust["ended_by"]) == ("us", "us")


def test_a_trust_that_has_ended_can_be_made_anew(sides):
    a, b = sides()
    befriend(a, b)
    a.update(status="ended")
    carry(a, b)
    befriend(b, a)
    assert (a.trust["status"], b.trust["status"]) == ("active", "active")
    assert a.trust["thread"]["id"] == b.trust["thread"]["id"]


@pytest.mark.parametrize(
    ("before", "status"), [("active", "active"), ("suspended", "suspended"), ("ended", "ended")]
)
def test_asking_for_the_status_that_it_has_changes_nothing(sides, before, status):
    a, b = sides()
    befriend(a, b)
    if before != "active":
        a.update(status=before)
    version = a.trust["version"]
    a.update(status=status)
    assert a.trust["version"] == version


def test_an_ended_trust_cannot_be_resumed(sides):
    a, b = sides()
    befriend(a, b)
    a.update(status="ended")
    with pytest.raises(IllegalMove) as error:
        a.update(status="active")
    assert "invite the account" in error.value.message


def test_options_are_what_we_allow_the_partner_and_off_by_default(sides):
    a, b = sides()
    befriend(a, b)
    assert not any(a.trust["options"].values())
    team_id = a.context.database["teams"].find_one({})["_id"]
    a.update(options={"assign_ci_support": True, "ci_support_team_ids": [team_id]})
    assert a.trust["options"]["ci_support_team_ids"] == [team_id]
    assert not any(b.trust["options"].values())
    a.update(options={"assign_ci_support": False})
    assert not any(a.trust["options"].values())
    with pytest.raises(Invalid) as error:
        a.update(options={"assign_ci_support": True, "ci_support_team_ids": [10**6]})
    assert error.value.code == "unknown_reference"
