"""Passwords and the sessions that they open: the rules."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from services.organizations.model import passwords, sessions
from services.organizations.model.rules import RuleBroken

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
SALT = bytes(range(passwords.SALT_BYTES))


def session(begun: timedelta, used: timedelta, number: int = 1) -> dict[str, object]:
    return {"created_at": NOW - begun, "seen_at": NOW - used, "number": number}


def test_a_hash_fits_its_password_and_no_other() -> None:
    kept = passwords.hashed("three words do", SALT)
    assert kept.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert "three" not in kept
    assert passwords.fits(kept, "three words do")
    assert not passwords.fits(kept, "Three words do")
    assert not passwords.is_outdated(kept)
    assert passwords.is_outdated(kept.replace("t=2", "t=1"))


def test_a_password_fits_in_whatever_unicode_form_it_is_typed() -> None:
    kept = passwords.hashed("Zu\u0308rich am See", SALT)
    assert passwords.fits(kept, "Zürich am See")


@pytest.mark.parametrize(
    "password", ["eleven char", "ababababababab", "Grace.Lin@widget.example", "grace lin esq."]
)
def test_a_weak_password_is_refused_with_what_to_do(password: str) -> None:
    with pytest.raises(RuleBroken) as refused:
        passwords.checked(password, ["grace.lin@widget.example", "Grace Lin Esq."])
    assert refused.value.code == "weak_password"
    assert password not in refused.value.message


def test_a_long_password_needs_no_special_signs() -> None:
    assert passwords.checked("correct horse battery", ["grace"]) == "correct horse battery"


@pytest.mark.parametrize(
    ("begun", "used", "number", "good"),
    [
        (timedelta(0), timedelta(0), 1, True),
        (timedelta(hours=11), timedelta(minutes=59), 1, True),
        (timedelta(hours=2), sessions.IDLE, 1, False),
        (sessions.LONGEST, timedelta(0), 1, False),
        (timedelta(0), timedelta(0), 2, False),
    ],
)
def test_a_session_ends_when_it_is_idle_or_old_or_the_password_changed(
    begun: timedelta, used: timedelta, number: int, good: bool
) -> None:
    assert sessions.is_open(session(begun, used, number), 1, NOW) is good


def test_use_is_noted_once_a_minute() -> None:
    assert not sessions.is_due(session(timedelta(hours=1), timedelta(seconds=59)), NOW)
    assert sessions.is_due(session(timedelta(hours=1), timedelta(seconds=60)), NOW)


def test_minutes_are_rounded_up() -> None:
    assert sessions.minutes_left(NOW + timedelta(seconds=61), NOW) == 2
    assert sessions.minutes_left(NOW, NOW) == 1


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("203.0.113.7:50123", "203.0.113.7"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("[2001:db8:1:2::9]:50123", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("unknown", "unknown"),
        ("a:b", "a:b"),
        ("", ""),
    ],
)
def test_whoever_may_choose_among_addresses_is_one(address: str, network: str) -> None:
    assert sessions.network_of(address) == network


def test_a_browser_is_known_to_the_password_that_was_typed_in_it() -> None:
    kept, other = (passwords.hashed("three words do", bytes([n]) * passwords.SALT_BYTES) for n in (1, 2))
    mark = sessions.browser_mark("nonce", kept)
    assert sessions.is_browser_mark(mark, kept)
    assert kept not in mark
    for forged in (mark.replace("nonce", "other"), f"{mark}0", "nonce", "", "ö"):
        assert not sessions.is_browser_mark(forged, kept)
    assert not sessions.is_browser_mark(mark, other)
