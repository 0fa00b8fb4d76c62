"""Invitations that are refused, withdrawn, replaced or too late."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from services.common.context import Context
from services.common.errors import Forbidden, IllegalMove, Invalid, Unavailable
from services.federation.sealing.envelope import Unverified
from services.federation.verdicts import refused
from services.organizations import partner as correspondent
from services.organizations.actions.trusting import disclosures, settling
from tests.integration.organizations.pair import Side, befriend, carry, login, may_deliver, opened


def with_payload(invitation: str, payload: dict[str, Any]) -> str:
    header, _, signature = invitation.split(".")
    text = base64.urlsafe_b64encode(json.dumps(payload).encode()).rstrip(b"=").decode()
    return f"{header}.{text}.{signature}"


def refused_with(side: Side, invitation: str) -> str:
    with pytest.raises(Invalid) as error:
        side.accept(invitation)
    assert error.value.message
    return error.value.code


def test_an_expired_invitation_is_refused(sides):
    a, b = sides()
    invitation = a.invite(expires_in_hours=1)
    b.context.clock.step(hours=1, minutes=10)
    assert refused_with(b, invitation) == "invitation_expired"
    assert not b.has_trust


def test_an_invitation_for_another_account_is_refused(sides):
    a, _ = sides()
    c, _ = sides("globalnet", "sidecar")
    assert refused_with(c, a.invite()) == "invitation_for_another"
    assert refused_with(a, a.invite()) == "invitation_for_another"


@pytest.mark.parametrize("field", ["expires_at", "invited", "border", "credentials", "inviter"])
def test_an_altered_invitation_is_refused(sides, field):
    a, b = sides()
    invitation = a.invite()
    payload = opened(invitation)
    altered = {
        "expires_at": "2099-01-01T00:00:00.000Z",
        "invited": "gigatera" if payload["invited"] != "gigatera" else "widget",
        "border": {**payload["border"], "address": "amqps://evil.example:5671/x"},
        "credentials": {"user": "root", "password": "x"},
        "inviter": {**payload["inviter"], "name": "Evil"},
    }
    assert refused_with(b, with_payload(invitation, {**payload, field: altered[field]})) in (
        "invitation_altered",
    )
    assert not b.has_trust


@pytest.mark.parametrize("text", ["hello", "a.b.c", "", "eyJhbGciOiJub25lIn0.e30."])
def test_what_is_no_invitation_is_refused(sides, text):
    _, b = sides()
    assert refused_with(b, text) == "invitation_malformed"


def test_an_invitation_opens_once(sides):
    a, b = sides()
    invitation = a.invite()
    b.accept(invitation)
    assert refused_with(b, invitation) == "invitation_used"
    carry(b, a)
    carry(a, b)
    assert refused_with(b, invitation) == "invitation_used"
    b.update(status="ended")
    assert refused_with(b, invitation) == "invitation_used"


def test_a_trust_that_stands_is_not_made_over(sides):
    a, b = sides()
    befriend(a, b)
    with pytest.raises(IllegalMove) as error:
        a.invite()
    assert error.value.code == "illegal_move"
    b.update(status="suspended")
    with pytest.raises(IllegalMove):
        b.invite()


def test_two_that_invite_each_other_are_told_to_choose(sides):
    a, b = sides()
    from_a, from_b = a.invite(), b.invite()
    assert refused_with(a, from_b) == "invitation_stands"
    assert refused_with(b, from_a) == "invitation_stands"
    b.update(status="ended")
    b.accept(from_a)
    carry(b, a)
    carry(a, b)
    assert (a.trust["status"], b.trust["status"]) == ("active", "active")


def test_a_newer_invitation_takes_the_place_of_the_older(sides, broker):
    a, b = sides()
    older, newer = a.invite(), a.invite()
    b.accept(older)
    assert not may_deliver(broker, "widget", login(b), "from.gigatera", "trust.accepted")
    with pytest.raises(Unverified) as error:
        carry(b, a)
    assert error.value.code == "unknown_key"
    b.accept(newer)
    carry(b, a)
    carry(a, b)
    assert (a.trust["status"], b.trust["status"]) == ("active", "active")


def test_a_withdrawn_invitation_opens_nothing(sides, broker):
    a, b = sides()
    invitation = a.invite()
    a.update(status="ended")
    credentials = opened(invitation)["credentials"]
    assert not may_deliver(broker, "widget", credentials, "from.gigatera", "trust.accepted")
    b.accept(invitation)
    with pytest.raises(Unverified) as error:
        carry(b, a)
    assert error.value.code == "unknown_key"


def test_an_invitation_that_nobody_accepted_expires_by_itself(sides, broker):
    a, _ = sides()
    invitation = a.invite(expires_in_hours=2)
    a.context.clock.step(hours=2)
    settling.settle_all(a.context)
    assert (a.trust["status"], a.trust["ended_by"]) == ("ended", "expiry")
    credentials = opened(invitation)["credentials"]
    assert not may_deliver(broker, "widget", credentials, "from.gigatera", "trust.accepted")


def test_an_acceptance_that_arrives_after_the_expiry_is_refused_and_ends_the_other_side_too(sides):
    a, b = sides()
    b.accept(a.invite(expires_in_hours=1))
    a.context.clock.step(hours=1)
    verdict = carry(b, a)
    assert verdict == refused("invitation_expired")
    correspondent.refused(b.context, "widget", b.said[-1], "invitation_expired")
    assert (b.trust["status"], b.trust["ended_by"]) == ("ended", "refused: invitation_expired")
    correspondent.refused(b.context, "widget", b.said[-1], "invitation_expired")
    assert b.trust["status"] == "ended"


def test_only_administrators_make_and_change_trusts(sides):
    a, _ = sides()
    stranger = type(a.administrator)(7, "widget", frozenset({"specialist", "service_level_manager"}))
    other = Side(a.context, stranger, a.other)
    for attempt in (other.invite, lambda: other.accept("x"), lambda: other.update(status="ended")):
        with pytest.raises(Forbidden):
            attempt()


def test_without_a_border_nobody_is_invited(sides):
    a, _ = sides()
    for change, error in [({"border_address": None}, Invalid), ({"broker_admin_uri": None}, Unavailable)]:
        config = a.context.config.changed(**change)
        without = Context(config, "organizations", a.context.database, a.context.clock)
        with pytest.raises(error):
            Side(without, a.administrator, a.other).invite()


def test_what_accepting_makes_visible_is_told_of_the_account_that_invites(sides):
    a, b = sides()
    fields = {"invitation": a.invite()}
    told = disclosures.of_accepting(b.context, b.administrator, fields)
    inviter = a.context.config
    assert any(line["of"] == inviter.name and inviter.domain in line["sees"] for line in told)
    assert not b.has_trust
    b.accept(fields["invitation"])
    with pytest.raises(Invalid) as error:
        disclosures.of_accepting(b.context, b.administrator, fields)
    assert error.value.code == "invitation_used"
    assert disclosures.of_trust(b.context, b.administrator, a.account, {}) == told
