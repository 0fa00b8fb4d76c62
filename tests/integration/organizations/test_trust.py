"""How trust comes to be, is suspended and ends; and every invitation that is refused."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator
from typing import Any

import kombu
import pytest
from amqp.exceptions import AccessRefused, NotAllowed

from services.common.clock import SteppedClock
from services.common.config import Config
from services.common.context import Context
from services.common.errors import Conflict, Forbidden, IllegalMove, Invalid, Unavailable
from services.federation import ciphers
from services.federation.envelope import Unverified
from services.federation.keys import CURRENT, RETIRED, REVOKED, SEAL, OwnRing
from services.federation.topology import BrokerAdmin, border_vhost, lane_of
from services.federation.verdicts import refused
from services.organizations import partner as correspondent
from services.organizations import queries
from services.organizations.actions import founding, settling
from services.organizations.actions.keyrings import merged
from tests.integration.organizations.conftest import FOUNDING_TOKEN, actor_of
from tests.integration.organizations.pair import Side, befriend, carry, hear


@pytest.fixture
def sides(broker, database, tmp_path) -> Iterator[Callable[..., tuple[Side, Side]]]:
    """Makes founded accounts on the shared broker and database: `a, b = sides()`."""
    made: list[Context] = []
    clock = SteppedClock()
    with database.administrator() as client:

        def context_of(account: str) -> Context:
            token = tmp_path / f"{account}.token"
            token.write_text(FOUNDING_TOKEN)
            config = Config(
                account=account,
                name=account.capitalize(),
                domain=f"{account}.example",
                amqp_uri="amqp://127.0.0.1/none",
                mongo_uri="mongodb://127.0.0.1/none",
                border_address=broker.amqps_address(border_vhost(account)),
                border_ca_file=broker.ca_file,
                broker_admin_uri=broker.admin_uri,
                secret=account.encode().ljust(32, b"."),
                founding_token_file=token,
            )
            context = Context(config, "organizations", client[config.database_name("organizations")], clock)
            founding.found_account(context)  # without indexes: making them takes longer than all the rest
            settling.ensure_border(context)
            made.append(context)
            return context

        def make(first: str = "widget", second: str = "gigatera") -> tuple[Side, Side]:
            a, b = context_of(first), context_of(second)
            owners = [each.database["accounts"].find_one({})["owner_id"] for each in (a, b)]
            return (
                Side(a, actor_of(a, owners[0]), second),
                Side(b, actor_of(b, owners[1]), first),
            )

        yield make
        with BrokerAdmin(broker.admin_uri) as admin:
            for context in made:
                for other in made:
                    if other is not context:
                        admin.shut_out(context.account, other.account)
                admin._delete(f"vhosts/{border_vhost(context.account)}")
                client.drop_database(context.database)


def login(side: Side) -> dict[str, str]:
    """What the side uses on the other's border."""
    return ciphers.decrypt_at_rest(side.context.config.secret, side.trust["credentials"])


def may_deliver(broker, account: str, credentials: dict[str, str], exchange: str, key: str) -> bool:
    """Whether somebody with these credentials can publish there."""
    uri = broker.amqp_uri(border_vhost(account), credentials["user"], credentials["password"])
    try:
        with kombu.Connection(uri, transport_options={"confirm_publish": True}) as connection:
            channel = connection.channel()
            channel.basic_publish_confirm(channel.prepare_message(b"x"), exchange=exchange, routing_key=key)
    except (AccessRefused, NotAllowed):
        return False
    return True


# How it comes to be


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
    assert (a.trust["name"], b.trust["name"]) == ("Gigatera", "Widget")
    assert a.trust["border_address"] == b.context.config.border_address
    assert a.trust["border_ca"] == b.context.config.border_ca_file.read_text()


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
        assert "credentials" not in shown


def test_the_other_services_are_told_what_they_need_of_a_trust(sides):
    a, b = sides()
    befriend(a, b)
    rows = [row for row in a.trust["outbox"] if row["type"] == "trust.saved"]
    record = rows[-1]["body"]["record"]
    assert record["status"] == "active"
    assert set(record) == {
        "id", "name", "domain", "status", "options", "border_address", "border_ca", "credentials",
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


# Invitations that are refused


def opened(invitation: str) -> dict[str, Any]:
    payload = invitation.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))


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
    b.context.clock.step(hours=1)
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


# Suspending, resuming, ending


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


# Keys and crashes


def test_a_revoked_key_stays_revoked_and_a_dropped_one_verifies_on(sides):
    a, b = sides()
    befriend(a, b)
    ring = OwnRing.from_document(
        b.context.database["keyrings"].find_one({"_id": "gigatera"}), b.context.config.secret
    )
    old = ring.current(SEAL)
    rotated = ring.rotated()
    revoked = rotated.revoked(old.kid)
    known = merged(a.trust["keys"], "gigatera", revoked.to_wire())
    states = {key["kid"]: key["state"] for key in merged(known, "gigatera", rotated.to_wire())}
    assert states[old.kid] == REVOKED
    assert states[rotated.current(SEAL).kid] == CURRENT
    without = [key for key in rotated.to_wire() if key["kid"] != old.kid]
    states = {key["kid"]: key["state"] for key in merged(rotated.to_wire(), "gigatera", without)}
    assert states[old.kid] == RETIRED


def test_a_key_that_is_named_as_anothers_is_refused(sides):
    a, b = sides()
    befriend(a, b)
    foreign = [{**key, "kid": key["kid"].replace("widget/", "gigatera/")} for key in b.trust["keys"]]
    with pytest.raises(Invalid) as error:
        merged([], "widget", foreign)
    assert error.value.code == "invalid_key"


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
    from services.federation.envelope import open_sealed
    from services.federation.trusts import TrustBook

    ring = TrustBook.of(b.context).ring("widget")
    message = open_sealed(a.said[-1]["sealed"], exchange_sender="widget", own_account="gigatera", ring=ring)
    correspondent.discard(b.context, message)
    assert b.trust["status"] == "active"
    assert carry(a, b) == refused("discarded")


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
