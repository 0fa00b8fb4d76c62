"""A partner's credentials on our border are renewed while he goes on delivering."""

from __future__ import annotations

import kombu
import pytest

from services.common.errors import Conflict
from services.federation.partners.topology import border_vhost
from services.federation.sealing import ciphers
from services.organizations import queries
from services.organizations.actions.trusting import settling
from services.organizations.actions.trusting.credentials import renew_credentials, settle_renewals
from tests.integration.organizations.pair import Side, befriend, carry, login, may_deliver
from tests.waiting import wait_until


def renew(side: Side) -> dict:
    return renew_credentials(side.context, side.administrator, side.other)


def test_old_credentials_go_when_the_new_ones_were_used_and_not_before(sides, broker):
    a, b = sides()
    befriend(a, b)

    def delivers(credentials: dict[str, str]) -> bool:
        return may_deliver(broker, "widget", credentials, "from.gigatera", "trust.ended")

    old = login(b)
    renew(a)
    with pytest.raises(Conflict) as refused:
        renew(a)
    assert refused.value.code == "renewal_under_way"
    settle_renewals(a.context)
    assert delivers(old)
    assert carry(a, b).word == "accepted"
    new = login(b)
    assert new["user"] != old["user"]
    a.is_answered()
    settle_renewals(a.context)
    assert delivers(old)  # he has the new ones and has not used them yet
    uri = broker.amqp_uri(border_vhost("widget"), new["user"], new["password"])

    def is_replaced() -> bool:
        settle_renewals(a.context)
        return a.trust["their_next_credentials"] is None

    with kombu.Connection(uri) as connection:
        connection.connect()
        wait_until(is_replaced)
    assert not delivers(old)
    assert delivers(new)
    settling.ensure_border(a.context)  # what looks after the border makes no old user anew
    assert not delivers(old)
    assert not may_deliver(broker, "widget", new, "from.widget", "trust.ended")
    shown = queries.get_trust(a.context.database, "gigatera", a.administrator)
    assert shown["credentials_renewed_at"] is not None
    assert shown["credentials_sent_at"] is None


def test_who_refuses_new_credentials_keeps_the_old_ones(sides, broker):
    a, b = sides()
    befriend(a, b)
    old = login(b)
    renew(a)
    renewed = ciphers.decrypt_at_rest(a.context.config.secret, a.trust["their_next_credentials"])
    a.is_answered("refused", "undecipherable")
    settle_renewals(a.context)
    assert a.trust["their_next_credentials"] is None
    assert may_deliver(broker, "widget", old, "from.gigatera", "trust.ended")
    assert not may_deliver(broker, "widget", renewed, "from.gigatera", "trust.ended")
    shown = queries.get_trust(a.context.database, "gigatera", a.administrator)
    assert shown["credentials_refused"] == "undecipherable"
    assert renew(a)["their_next_credentials"] is not None


def test_credentials_are_for_the_partner_alone_and_shown_to_nobody(sides):
    a, b = sides()
    befriend(a, b)
    renew(a)
    carry(a, b)
    secret = login(b)["password"]
    for side in (a, b):
        stored = repr(list(side.context.database["trusts"].find()))
        assert secret not in stored + repr(
            queries.get_trust(side.context.database, side.other, side.administrator)
        )


def test_nobody_is_renewed_who_could_not_be_told(sides):
    a, b = sides()
    befriend(a, b)
    a.update(status="suspended")
    with pytest.raises(Conflict) as refused:
        renew(a)
    assert refused.value.code == "trust_not_active"


def test_nobody_is_renewed_whose_system_does_not_know_the_word(sides):
    a, b = sides()
    befriend(a, b)
    older = {"$set": {"capabilities": None}}  # from before there were any
    a.context.database["trusts"].update_one({"_id": "gigatera"}, older)
    with pytest.raises(Conflict) as refused:
        renew(a)
    assert refused.value.code == "type_not_spoken"
    assert a.trust.get("their_next_credentials") is None


def test_a_trust_that_is_made_anew_leaves_no_earlier_user(sides, broker):
    a, b = sides()
    befriend(a, b)
    renew(a)
    carry(a, b)
    renewed = login(b)
    a.update(status="ended")
    carry(a, b)
    befriend(a, b)
    assert not may_deliver(broker, "widget", renewed, "from.gigatera", "trust.ended")
    assert may_deliver(broker, "widget", login(b), "from.gigatera", "trust.ended")
