"""Who is behind a bearer token, and what the token is good for."""

import hashlib
from datetime import UTC, datetime, timedelta

import pytest

from gateway.tokens import KEPT, Holder, Tokens
from services.common.actor import Actor
from services.common.errors import Forbidden, Unauthorized

NOW = datetime(2025, 1, 1, tzinfo=UTC)
TOKEN = "t" * 43


def holder(*scopes: str) -> Holder:
    return Holder(Actor(7, "widget"), frozenset(scopes or ("*",)), "hash", 3)


class Known:
    """The tokens that there are; counts how often it is asked."""

    def __init__(self, *tokens: str) -> None:
        self.hashes = {hashlib.sha256(token.encode()).hexdigest() for token in tokens}
        self.asked = 0

    def find(self, token_hash: str) -> Holder | None:
        self.asked += 1
        return holder() if token_hash in self.hashes else None


def test_a_token_is_found_by_its_sha256() -> None:
    assert Tokens(Known(TOKEN).find).holder(f"Bearer {TOKEN}", NOW).actor.person_id == 7


def test_the_scheme_may_be_written_in_any_case() -> None:
    assert Tokens(Known(TOKEN).find).holder(f"bearer  {TOKEN}", NOW).actor.person_id == 7


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "Bearer",
        "Bearer ",
        f"Basic {TOKEN}",
        TOKEN,
        "Bearer short",
        f"Bearer {TOKEN} x",
        "Bearer " + "é" * 43,
    ],
)
def test_what_is_no_bearer_token_is_nobody(header: str | None) -> None:
    known = Known(TOKEN)
    with pytest.raises(Unauthorized):
        Tokens(known.find).holder(header, NOW)
    assert known.asked == 0


def test_an_unknown_token_is_nobody() -> None:
    with pytest.raises(Unauthorized):
        Tokens(Known(TOKEN).find).holder("Bearer " + "u" * 43, NOW)


def test_a_token_is_looked_up_again_after_a_short_while() -> None:
    known = Known(TOKEN)
    tokens = Tokens(known.find)
    tokens.holder(f"Bearer {TOKEN}", NOW)
    tokens.holder(f"Bearer {TOKEN}", NOW + KEPT - timedelta(milliseconds=1))
    assert known.asked == 1
    known.hashes.clear()
    with pytest.raises(Unauthorized):
        tokens.holder(f"Bearer {TOKEN}", NOW + KEPT)


def test_what_is_forgotten_is_looked_up_at_once() -> None:
    known = Known(TOKEN)
    tokens = Tokens(known.find)
    tokens.holder(f"Bearer {TOKEN}", NOW)
    known.hashes.clear()
    tokens.forget()
    with pytest.raises(Unauthorized):
        tokens.holder(f"Bearer {TOKEN}", NOW)


@pytest.mark.parametrize("scope", ["*", "*:write", "teams:*", "teams:write"])
def test_a_scope_lets_through_what_it_names(scope: str) -> None:
    holder(scope).check_scope("teams", "write")


@pytest.mark.parametrize("scope", ["*:read", "teams:read", "people:write", "people:*"])
def test_a_scope_keeps_out_what_it_does_not_name(scope: str) -> None:
    with pytest.raises(Forbidden):
        holder(scope).check_scope("teams", "write")
