"""What the address of a border must be, and what a trust lets flow."""

from __future__ import annotations

import pytest

from services.federation.partners.trusts import Trust
from services.federation.sealing import ciphers

SECRET = (b"s" * 32,)


def trust(**changes: object) -> Trust:
    document = {
        "_id": "gigatera",
        "name": "GigaTera",
        "status": "active",
        "border_address": "amqps://border.gigatera.example:5671/gigatera.border",
        "border_ca": "PEM",
        "credentials": ciphers.encrypt_at_rest(SECRET, {"user": "u", "password": "p"}),
        "options": {"what organizations keeps besides": True},
    }
    return Trust.from_document({**document, **changes})


@pytest.mark.parametrize(
    ("status", "receives"), [("invited", True), ("active", True), ("suspended", False), ("ended", True)]
)
def test_deliveries_are_taken_unless_the_trust_is_suspended(status: str, receives: bool) -> None:
    assert trust(status=status).receives is receives


def test_a_partner_is_reachable_when_it_has_told_its_address_and_credentials() -> None:
    assert trust().reachable
    assert not trust(border_address=None).reachable
    assert not trust(credentials=None).reachable


def test_credentials_are_opened_with_the_secret_and_never_shown() -> None:
    assert trust().login(SECRET) == ("u", "p")
    assert "credentials" not in repr(trust())
