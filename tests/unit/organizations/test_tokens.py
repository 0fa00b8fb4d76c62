from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.organizations.model import tokens
from services.organizations.model.rules import RuleBroken

NOW = datetime(2025, 3, 1, 12, tzinfo=UTC)


@given(st.binary(min_size=32, max_size=32), st.binary(min_size=32, max_size=32))
def test_a_token_says_all_its_256_bits(one, other):
    assert (tokens.written(one) == tokens.written(other)) == (one == other)
    assert len(tokens.written(one)) == 43


def test_a_token_of_fewer_bits_is_not_made():
    with pytest.raises(ValueError):
        tokens.written(b"short")


def test_what_is_kept_is_the_sha256_of_the_characters_shown():
    assert tokens.sha256_of("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


@pytest.mark.parametrize("text", ["", "short", "x" * 31, "x" * 20 + " " + "x" * 20])
def test_a_weak_founding_token_is_refused(text):
    with pytest.raises(RuleBroken) as refused:
        tokens.founding(text)
    assert refused.value.code == "weak_token"


def test_the_line_end_of_the_founding_token_file_is_not_part_of_the_token():
    assert tokens.founding("x" * 43 + "\n") == "x" * 43


def test_scopes_are_stored_once_and_sorted():
    assert tokens.checked_scopes(["teams:read", "requests:write", "teams:read"]) == (
        "requests:write",
        "teams:read",
    )


@pytest.mark.parametrize("scopes", [[], ["requests"], ["requests:delete"], ["secrets:read"], ["*:*"]])
def test_unknown_scopes_and_none_at_all_are_refused(scopes):
    with pytest.raises(RuleBroken) as refused:
        tokens.checked_scopes(scopes)
    assert refused.value.code == "unknown_scope"


@pytest.mark.parametrize(
    ("scopes", "resource", "action", "allowed"),
    [
        (["*"], "requests", "write", True),
        (["*:read"], "requests", "read", True),
        (["*:read"], "requests", "write", False),
        (["requests:*"], "requests", "write", True),
        (["requests:*"], "teams", "read", False),
        (["requests:write"], "requests", "read", False),
        (["requests:read"], "requests", "read", True),
        ([], "requests", "read", False),
    ],
)
def test_a_scope_allows_what_it_names_and_nothing_else(scopes, resource, action, allowed):
    assert tokens.allows(scopes, resource, action) is allowed


def test_a_token_is_good_until_the_instant_it_expires():
    assert tokens.is_valid(NOW, None, NOW - timedelta(milliseconds=1))
    assert not tokens.is_valid(NOW, None, NOW)
    assert tokens.is_valid(None, None, NOW)


def test_a_revoked_token_is_not_good_though_it_has_not_expired():
    assert not tokens.is_valid(NOW + timedelta(days=1), NOW, NOW)


def test_a_token_that_would_be_expired_already_is_not_made():
    with pytest.raises(RuleBroken) as refused:
        tokens.checked_expiry(NOW, NOW)
    assert refused.value.code == "already_expired"
    assert tokens.checked_expiry(None, NOW) is None


scopes = st.lists(st.sampled_from(tokens.SCOPES), min_size=1, max_size=4)


@given(granted=scopes, wanted=scopes)
def test_a_token_that_another_may_make_allows_nothing_that_the_other_does_not(
    granted: list[str], wanted: list[str]
) -> None:
    try:
        tokens.within(wanted, None, granted, None)
    except RuleBroken:
        return
    for resource in (*tokens.RESOURCES, "one that comes later"):
        for action in tokens.ACTIONS:
            if tokens.allows(wanted, resource, action):
                assert tokens.allows(granted, resource, action)


@pytest.mark.parametrize(
    ("granted", "wanted", "allowed"),
    [
        (["*"], ["*"], True),
        (["*:read", "*:write"], ["*"], True),
        (["people:*"], ["people:read"], True),
        (["people:read", "people:write"], ["people:*"], True),
        (["people:read"], ["people:*"], False),
        (["people:*"], ["*:read"], False),
        (["*:read"], ["teams:read", "teams:write"], False),
    ],
)
def test_what_a_scope_covers(granted: list[str], wanted: list[str], allowed: bool) -> None:
    if allowed:
        tokens.within(wanted, None, granted, None)
        return
    with pytest.raises(RuleBroken):
        tokens.within(wanted, None, granted, None)


def test_a_token_ends_no_later_than_the_one_that_made_it() -> None:
    until = NOW + timedelta(days=1)
    for expires_at in (NOW, until):
        tokens.within(["*"], expires_at, ["*"], until)
    tokens.within(["*"], None, ["*"], None)
    for too_late in (until + timedelta(seconds=1), None):
        with pytest.raises(RuleBroken) as refused:
            tokens.within(["*"], too_late, ["*"], until)
        assert refused.value.code == "outlives_its_maker"
