"""Crashes and outages: a trust becomes what its document says, whatever came between."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from services.common.context import Context
from services.federation.partners.topology import BrokerAdmin, border_vhost, lane_of
from services.federation.verdicts import refused
from services.organizations import partner as correspondent
from services.organizations import queries
from services.organizations.actions.trusting import settling
from tests.integration.organizations.pair import Side, befriend, carry, hear, login, may_deliver, opened


class Died(BaseException):
    """Stands for the end of the process."""


class DiesAtSave:
    def __init__(self, nth: int, place: str) -> None:
        self.left, self.place = nth, f"organizations.{place}"

    def here(self, name: str) -> None:
        if name == self.place:
            self.left -= 1
            if self.left == 0:
                raise Died


@pytest.mark.parametrize(
    ("nth", "place"),
    [(1, "before_save"), (1, "after_save"), (2, "after_save"), (3, "before_save"), (3, "after_save")],
)
@pytest.mark.parametrize("step", ["invite", "accept", "hear_acceptance", "hear_answer"])
def test_a_crash_at_any_save_heals_by_itself(sides, step, nth, place):
    a, b = sides()
    context = (a if step in ("invite", "hear_acceptance") else b).context

    def dying(side: Side) -> Side:
        crash: Any = DiesAtSave(nth, place)
        config, database = side.context.config, side.context.database
        again = Context(config, "organizations", database, side.context.clock, crash=crash)
        return Side(again, side.administrator, side.other)

    def attempt(work: Callable[[], Any]) -> Any:
        try:
            return work()
        except Died:
            return None

    invitation = attempt(lambda: (dying(a) if step == "invite" else a).invite())
    if invitation is None:
        invitation = a.invite()  # the text was never shown: he invites once more
    accepted = attempt(lambda: (dying(b) if step == "accept" else b).accept(invitation))
    settling.settle_all(context)
    if accepted is None and not b.has_trust:
        b.accept(invitation)
    attempt(lambda: hear(dying(a) if step == "hear_acceptance" else a, b.said[-1]))
    settling.settle_all(context)
    assert carry(b, a).word == "accepted"
    attempt(lambda: hear(dying(b) if step == "hear_answer" else b, a.said[-1]))
    settling.settle_all(context)
    assert carry(a, b).word == "accepted"
    for side in (a, b):
        settling.settle_all(side.context)
        assert side.trust["status"] == "active"
        assert "unsettled" not in side.trust
        assert side.trust["border_ready_at"] is not None


def test_a_lane_that_somebody_deleted_comes_back(sides, broker):
    a, b = sides()
    befriend(a, b)
    with BrokerAdmin(broker.admin_uri) as admin:
        admin._delete(f"queues/{border_vhost('widget')}/{lane_of('slas', 'gigatera')}")
    a.context.clock.step(hours=1)
    settling.settle_all(a.context)
    assert may_deliver(broker, "widget", login(b), "from.gigatera", "agreement.offered")


def test_while_the_broker_is_away_the_invitation_is_given_and_made_true_later(sides, broker):
    a, _ = sides()
    away = a.context.config.changed(broker_admin_uri="http://nobody:x@127.0.0.1:9")
    meanwhile = Side(
        Context(away, "organizations", a.context.database, a.context.clock), a.administrator, a.other
    )
    invitation = meanwhile.invite()
    credentials = opened(invitation)["credentials"]
    assert a.trust["unsettled"] is True
    assert not may_deliver(broker, "widget", credentials, "from.gigatera", "trust.accepted")
    settling.settle_all(a.context)
    assert may_deliver(broker, "widget", credentials, "from.gigatera", "trust.accepted")


def test_an_unanswered_word_marks_the_trust_until_the_partner_speaks(sides):
    a, b = sides()
    b.accept(a.invite())
    correspondent.unanswered(b.context, b.said[-1])
    shown = queries.get_trust(b.context.database, "widget", b.administrator)
    assert shown["unanswered_since"] is not None
    carry(b, a)
    carry(a, b)
    assert queries.get_trust(b.context.database, "widget", b.administrator)["unanswered_since"] is None


def test_a_discarded_message_is_gone_past(sides):
    a, b = sides()
    befriend(a, b)
    a.update(status="ended")
    from services.federation.partners.trusts import TrustBook
    from services.federation.sealing.envelope import open_sealed

    ring = TrustBook.of(b.context).ring("widget")
    message = open_sealed(a.said[-1]["sealed"], exchange_sender="widget", own_account="gigatera", ring=ring)
    correspondent.discard(b.context, message)
    assert b.trust["status"] == "active"
    assert carry(a, b) == refused("discarded")
