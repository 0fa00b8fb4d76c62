"""How trust comes to be: who knows what of whom afterwards, and who may deliver where."""

from __future__ import annotations

import json
from dataclasses import replace

from services.common.errors import Conflict
from services.federation.incoming.handling import checked
from services.federation.partners import capabilities
from services.federation.sealing.envelope import read_verified
from services.federation.sealing.rings import OwnRing
from services.federation.verdicts import refused
from services.organizations import partner as correspondent
from services.organizations import queries
from tests.integration.organizations.pair import befriend, carry, login, may_deliver


def test_both_are_active_after_invitation_acceptance_and_answer(sides):
    a, b = sides()
    invitation = a.invite()
    assert a.trust["status"] == "invited"
    b.accept(invitation)
    assert (a.trust["status"], b.trust["status"]) == ("invited", "invited")
    assert carry(b, a).word == "accepted"
    assert (a.trust["status"], b.trust["status"]) == ("active", "invited")
    assert carry(a, b).word == "accepted"
    assert (a.trust["status"], b.trust["status"]) == ("active", "active")
    assert (a.trust["name"], b.trust["name"]) == ("GigaTera", "Widget Data Center")
    assert a.trust["border_address"] == b.context.config.border_address
    assert a.trust["border_ca"] == b.context.config.border_ca_file.read_text()


def test_each_knows_which_types_the_other_understands(sides):
    a, b = sides()
    befriend(a, b)
    for side in (a, b):
        shown = queries.get_trust(side.context.database, side.other, side.administrator)
        assert shown["capabilities"] == capabilities.OWN


def test_who_does_not_speak_version_1_is_refused_at_once(sides):
    a, b = sides()
    b.accept(a.invite())
    said = read_verified(b.said[-1]["sealed"])
    older = replace(said, body={**said.body, "capabilities": ["trust.accepted.v1", "receipt.v1"]})
    assert correspondent.receive(a.context, checked("organizations", older)) == refused("version_not_spoken")
    assert a.trust["status"] == "invited"


def test_an_announcement_of_keys_may_tell_new_capabilities(sides):
    a, b = sides()
    befriend(a, b)
    body = {"keys": b.trust["keys"], "capabilities": [*capabilities.OWN, "request.praised.v1"]}
    said = replace(
        read_verified(a.said[-1]["sealed"]),
        type="keys.announced.v1",
        sequence=2,
        prev=b.trust["thread"]["applied"]["hash"],
        body=body,
    )
    assert correspondent.receive(b.context, checked("organizations", said)).word == "accepted"
    assert "request.praised.v1" in b.trust["capabilities"]


def test_each_may_deliver_to_his_own_exchange_on_the_others_border_and_nowhere_else(sides, broker):
    a, b = sides()
    befriend(a, b)
    for one, other in ((a, b), (b, a)):
        credentials = login(one)
        assert may_deliver(broker, other.account, credentials, f"from.{one.account}", "trust.ended")
        assert not may_deliver(broker, other.account, credentials, "amq.topic", "trust.ended")
        assert not may_deliver(broker, one.account, credentials, f"from.{other.account}", "trust.ended")


def test_the_credentials_of_the_invitation_are_replaced_by_the_answer(sides, broker):
    a, b = sides()
    b.accept(a.invite())
    before = login(b)
    assert may_deliver(broker, "widget", before, "from.gigatera", "trust.accepted")
    carry(b, a)
    assert not may_deliver(broker, "widget", before, "from.gigatera", "trust.accepted")
    carry(a, b)
    assert may_deliver(broker, "widget", login(b), "from.gigatera", "trust.accepted")


def test_each_knows_the_others_keys_and_no_private_part(sides):
    a, b = sides()
    befriend(a, b)
    for one, other in ((a, b), (b, a)):
        theirs = OwnRing.from_document(
            other.context.database["keyrings"].find_one({"_id": other.account}), other.context.config.secret
        )
        known = one.context.database["keyrings"].find_one({"_id": other.account})
        assert {key["kid"] for key in known["keys"]} >= {key.kid for key in theirs.keys}
        assert "private" not in repr(known)


def test_no_secret_is_shown_stored_in_the_clear_or_told_in_an_event_or_history(sides):
    a, b = sides()
    invitation = a.invite()
    b.accept(invitation)
    carry(b, a)
    carry(a, b)
    secrets = {invitation, login(a)["password"], login(b)["password"]}
    for side in (a, b):
        stored = repr(list(side.context.database["trusts"].find()))
        stored += repr(list(side.context.database["keyrings"].find()))
        shown = json.dumps(queries.get_trust(side.context.database, side.other, side.administrator))
        assert not any(secret in stored or secret in shown for secret in secrets)
        assert '"credentials"' not in shown


def test_the_other_services_are_told_what_they_need_of_a_trust(sides):
    a, b = sides()
    befriend(a, b)
    rows = [row for row in a.trust["outbox"] if row["type"] == "trust.saved"]
    record = rows[-1]["body"]["record"]
    assert record["status"] == "active"
    assert set(record) == {
        "id", "name", "domain", "status", "options", "border_address", "border_ca", "credentials",
        "own_keys_known", "capabilities",
    }  # fmt: skip


def test_what_was_applied_once_is_not_applied_again(sides):
    a, b = sides()
    b.accept(a.invite())
    carry(b, a)
    before = {**a.trust, "version": 0}
    assert carry(b, a).word == "accepted"
    assert {**a.trust, "version": 0} == before
    carry(a, b)
    before = {**b.trust, "version": 0}
    assert carry(a, b).word == "accepted"
    assert {**b.trust, "version": 0} == before


def test_an_account_that_is_invited_twice_at_once_has_one_trust(sides):
    from concurrent.futures import ThreadPoolExecutor

    a, _ = sides()

    def invite(_: int) -> bool:
        try:
            a.invite()
        except Conflict:
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        assert all(pool.map(invite, range(4)))
    assert a.context.database["trusts"].count_documents({}) == 1
