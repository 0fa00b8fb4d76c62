"""Invitations: whole, for whom they are, in time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from services.common import strict_json
from services.common.errors import Invalid
from services.federation.partners import capabilities
from services.federation.partners.invitations import make_introduction, read_invitation, write_invitation
from services.federation.sealing import seals
from services.federation.sealing.envelope import Message, Unverified, open_sealed, seal
from services.federation.sealing.rings import OwnRing, PartnerRing

NOW = datetime(2026, 1, 5, 9, tzinfo=UTC)
ID = "019b0000-0000-7000-8000-0000000000aa"
RING = OwnRing.generate("widget")
INTRODUCTION = make_introduction("gigatera")


def written(**changes: Any) -> str:
    values: dict[str, Any] = {
        "id": ID,
        "ring": RING,
        "name": "Widget Data Center",
        "domain": "widget.example",
        "invited": "gigatera",
        "border": {"address": "amqps://border.widget.example:5671/widget.border", "ca": "PEM"},
        "credentials": {"user": "gigatera.to.widget", "password": "hush"},
        "introduction": INTRODUCTION,
        "issued_at": NOW,
        "expires_at": NOW + timedelta(hours=72),
    }
    return write_invitation(**{**values, **changes})


def code_of(text: str, own_account: str = "gigatera", now: datetime = NOW) -> str:
    with pytest.raises(Invalid) as failure:
        read_invitation(text, own_account=own_account, now=now)
    return failure.value.code


def test_an_invitation_says_who_invites_where_to_deliver_and_with_which_keys() -> None:
    invitation = read_invitation(written(), own_account="gigatera", now=NOW)
    assert invitation.inviter == {"id": "widget", "name": "Widget Data Center", "domain": "widget.example"}
    assert invitation.thread == f"trust/gigatera/{ID}"
    assert invitation.credentials["password"] == "hush"
    assert invitation.ring().verifying(RING.current().kid)


def test_line_breaks_of_a_mail_do_no_harm() -> None:
    text = written()
    broken = "\n".join(text[start : start + 76] for start in range(0, len(text), 76))
    assert read_invitation(f" {broken}\n", own_account="gigatera", now=NOW).id == ID


def test_no_secret_is_shown_when_an_invitation_is_printed() -> None:
    shown = repr(read_invitation(written(), own_account="gigatera", now=NOW))
    assert "hush" not in shown
    assert (INTRODUCTION.private or {})["d"] not in shown


def test_an_invitation_for_another_account_is_not_taken() -> None:
    assert code_of(written(), own_account="globalnet") == "invitation_for_another"
    assert code_of(written(invited="widget"), own_account="widget") == "invitation_for_another"


MINUTE = timedelta(minutes=1)


def test_an_invitation_expires() -> None:
    assert code_of(written(), now=NOW + timedelta(hours=72) + 10 * MINUTE) == "invitation_expired"


@pytest.mark.parametrize("now", [NOW - 10 * MINUTE, NOW + timedelta(hours=72) + 9 * MINUTE])
def test_clocks_that_are_ten_minutes_apart_do_an_invitation_no_harm(now: datetime) -> None:
    assert read_invitation(written(), own_account="gigatera", now=now).id == ID


def test_an_invitation_out_of_the_future_tells_that_a_clock_is_wrong() -> None:
    assert code_of(written(), now=NOW - 11 * MINUTE) == "clock_ahead"


@pytest.mark.parametrize("text", ["", "hello", "a.b.c", "a.b", ".."])
def test_what_is_no_invitation_is_refused(text: str) -> None:
    assert code_of(text) == "invitation_malformed"


def test_an_altered_invitation_is_refused() -> None:
    header, payload, signature = written().split(".")
    _, other, _ = written(name="Widget Inc").split(".")
    assert code_of(f"{header}.{other}.{signature}") == "invitation_altered"
    foreign, _, _ = written(ring=OwnRing.generate("widget")).split(".")
    assert code_of(f"{foreign}.{payload}.{signature}") == "invitation_altered"


def test_a_sealed_message_is_no_invitation() -> None:
    assert code_of(seal(acceptance(), INTRODUCTION).decode()) == "invitation_malformed"


def test_an_invitation_that_nobody_could_read_is_not_written() -> None:
    with pytest.raises(Invalid):
        written(border={"address": "http://widget.example", "ca": None})


def resealed(**changes: Any) -> str:
    """An invitation of another version of the inviter's system. None leaves a member out."""
    said = strict_json.loads(seals.parse(written().encode(), seals.INVITATION)[1])
    said = {name: value for name, value in {**said, **changes}.items() if value is not None}
    return seals.sign(strict_json.dumps(said), RING.current(), seals.INVITATION).decode()


def test_an_invitation_tells_which_types_the_inviter_understands() -> None:
    assert read_invitation(written(), own_account="gigatera", now=NOW).capabilities == capabilities.OWN
    older = read_invitation(resealed(capabilities=None), own_account="gigatera", now=NOW)
    assert set(older.capabilities) == capabilities.VERSION_1
    later = resealed(capabilities=[*capabilities.OWN, "request.praised.v1"], mood="good")
    understood = read_invitation(later, own_account="gigatera", now=NOW).capabilities
    assert "request.praised.v1" in understood


def test_an_invitation_of_who_does_not_speak_version_1_is_refused() -> None:
    assert code_of(resealed(capabilities=["request.handed_over.v2"])) == "version_not_spoken"


def acceptance(type: str = "trust.accepted.v1") -> Message:
    return Message(
        id=ID,
        type=type,
        sender="gigatera",
        recipient="widget",
        thread=f"trust/gigatera/{ID}",
        incarnation=1,
        sequence=1,
        prev=None,
        sent_at=NOW,
        traceparent=None,
        body={},
    )


def test_the_invited_account_is_known_by_the_invitations_key_and_may_only_accept_with_it() -> None:
    ring = PartnerRing.introduced("gigatera", INTRODUCTION.public)
    key = read_invitation(written(), own_account="gigatera", now=NOW).introduction_key()
    sealed = seal(acceptance(), key)
    opened = open_sealed(sealed, exchange_sender="gigatera", own_account="widget", ring=ring)
    assert opened.type == "trust.accepted.v1"
    other = seal(acceptance("keys.announced.v1"), key)
    with pytest.raises(Unverified) as failure:
        open_sealed(other, exchange_sender="gigatera", own_account="widget", ring=ring)
    assert failure.value.code == "introduction_only"
