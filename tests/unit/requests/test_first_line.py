"""What is handed over under a partner's FLSA: to its service desk, on no service instance."""

from __future__ import annotations

from dataclasses import replace

import pytest

from services.requests.model import Below, Ref, Request, Status, Turn, Who
from tests.unit.requests.accounts import DESK, INSTANCE, SUPPORT
from tests.unit.requests.agreement import check
from tests.unit.requests.federation import Federation

FLSA = "agreement/gigatera/first-line"


@pytest.fixture
def federation() -> Federation:
    """Gigatera's service desk is widget's first line."""
    federation = Federation()
    leads = federation["widget"].leads
    leads["gigatera"] = replace(
        leads["gigatera"], thread=FLSA, service_instance=None, remote_instance_id=None
    )
    return federation


def asked(federation: Federation) -> Request:
    return federation.create("widget", who=Who.REQUESTER)


def link(federation: Federation) -> Below:
    (link,) = federation.request("widget").below
    return link


def desk_of_gigatera(federation: Federation) -> Ref:
    return federation.partners_team("widget", "gigatera")


def test_what_an_end_user_asks_without_a_service_is_with_the_partners_service_desk(
    federation: Federation,
) -> None:
    ours = asked(federation)
    assert (ours.team, ours.service_instance) == (desk_of_gigatera(federation), None)
    assert (link(federation).turn, link(federation).agreement) == (Turn.WITH, FLSA)
    assert link(federation).handed_by.team == DESK
    federation.settle()
    theirs = federation.request("gigatera")
    assert (theirs.status, theirs.team, theirs.service_instance) == (Status.ASSIGNED, SUPPORT, None)
    assert theirs.above is not None
    assert theirs.above.agreement == FLSA
    check(federation)


def test_it_comes_back_to_the_accounts_own_service_desk_which_may_reject_it(federation: Federation) -> None:
    asked(federation)
    federation.settle()
    federation.complete("gigatera")
    federation.settle()
    assert federation.request("widget").team == DESK
    federation.edit("widget", team=desk_of_gigatera(federation), note="It is not.")
    federation.settle()
    assert federation.request("gigatera").reopen_count == 1
    check(federation)


def test_what_was_declined_or_taken_back_may_be_handed_over_again(federation: Federation) -> None:
    asked(federation)
    federation.settle()
    federation.edit("gigatera", status=Status.DECLINED, note="No.")
    federation.settle()
    assert (federation.request("widget").team, link(federation).turn) == (DESK, Turn.REFUSED)
    for _ in range(2):
        federation.edit("widget", team=desk_of_gigatera(federation))
        federation.settle()
        assert federation.request("gigatera").status is Status.ASSIGNED
        federation.edit("widget", team=DESK)
        federation.settle()
    assert federation.request("gigatera").completion_reason == "withdrawn"
    check(federation)


def test_who_finds_that_it_is_about_a_service_of_the_accounts_own_takes_it_back(
    federation: Federation,
) -> None:
    asked(federation)
    federation.settle()
    federation.edit("widget", service_instance=INSTANCE)
    federation.settle()
    ours = federation.request("widget")
    assert (ours.link, ours.team, ours.service_instance) == (None, SUPPORT, INSTANCE)
    check(federation)
