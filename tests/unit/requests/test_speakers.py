"""What they may who speak for a request and do not work on it: requester, key contact, representative."""

import pytest

from services.requests.model import (
    CompletionReason,
    IllegalMove,
    MissingFields,
    NotAllowed,
    Status,
    Turn,
    Who,
)
from tests.unit.requests.accounts import NETWORK
from tests.unit.requests.stages import at, registered

SPEAKERS = [Who.REQUESTER, Who.KEY_CONTACT, Who.REPRESENTATIVE]


@pytest.mark.parametrize(
    "changes",
    [{"team": NETWORK}, {"subject": "Mine"}, {"internal_note": "psst"}, {"status": Status.IN_PROGRESS}],
)
@pytest.mark.parametrize("who", SPEAKERS)
def test_who_does_not_work_on_it_may_not_do_specialists_work(who, changes):
    federation = registered()
    with pytest.raises(NotAllowed):
        federation.edit("widget", who=who, **changes)


@pytest.mark.parametrize("who", [Who.KEY_CONTACT, Who.REPRESENTATIVE])
def test_who_speaks_for_the_requester_withdraws_with_a_reason(who):
    federation = registered()
    with pytest.raises(MissingFields, match="note"):
        federation.edit("widget", who=who, status=Status.COMPLETED)
    request = federation.edit("widget", who=who, status=Status.COMPLETED, note="Not needed.").request
    assert request.completion_reason is CompletionReason.WITHDRAWN


def test_a_key_contact_reopens_what_was_withdrawn_and_a_representative_does_not():
    federation = registered()
    federation.edit("widget", who=Who.REQUESTER, status=Status.COMPLETED)
    with pytest.raises(NotAllowed):
        federation.edit("widget", who=Who.REPRESENTATIVE, status=Status.ASSIGNED, note="It is back.")
    edit = federation.edit("widget", who=Who.KEY_CONTACT, status=Status.ASSIGNED, note="It is back.")
    assert edit.request.status is Status.ASSIGNED


@pytest.mark.parametrize("who", SPEAKERS)
def test_who_does_not_work_on_it_completes_it_for_no_other_reason(who):
    federation = registered()
    with pytest.raises(NotAllowed) as refusal:
        federation.edit(
            "widget",
            who=who,
            status=Status.COMPLETED,
            completion_reason=CompletionReason.SOLVED,
            note="Works.",
        )
    assert [field for field, _ in refusal.value.errors] == ["completion_reason"]


def test_the_note_of_who_speaks_for_the_requester_is_no_answer():
    federation = registered()
    federation.edit("widget", status=Status.WAITING_FOR_CUSTOMER, note="Which?")
    for who in (Who.KEY_CONTACT, Who.REPRESENTATIVE):
        assert federation.edit("widget", who=who, note="Hurry.").request.status is Status.WAITING_FOR_CUSTOMER


@pytest.mark.parametrize("who", SPEAKERS)
def test_nobody_withdraws_another_accounts_request(who):
    federation = at(Turn.WITH)
    with pytest.raises(IllegalMove, match="another account's requester"):
        federation.edit("gigatera", who=who, status=Status.COMPLETED, note="Not needed.")
