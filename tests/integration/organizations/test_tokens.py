"""Personal access tokens: shown once, kept as a hash, good until they are not."""

from __future__ import annotations

from datetime import timedelta

import pytest

from services.common.actor import Actor
from services.common.errors import Forbidden, Invalid, NotFound
from services.organizations import queries
from services.organizations.actions import account as accounts
from services.organizations.actions.records import editing
from services.organizations.model.tokens import sha256_of


def owner_of(context, token):
    return queries.token_owner(context.database, sha256_of(token), context.clock.now())


def test_a_token_says_who_its_owner_is_and_what_he_may_do(context, administrator, person):
    grace = person("Grace", "specialist", "service_desk_analyst")
    team = editing.create_team(context, administrator, {"name": "SD", "member_ids": [grace.person_id]})
    made = accounts.create_token(context, grace, {"name": "cli", "scopes": ["requests:read"]})
    owner = owner_of(context, made["token"])
    assert owner["person"] == {
        "id": grace.person_id,
        "name": "Grace",
        "roles": ["specialist", "service_desk_analyst"],
        "team_ids": [team["id"]],
        "organization_id": grace.organization_id,
    }
    assert owner["scopes"] == ["requests:read"]
    assert queries.allows(owner["scopes"], "requests", "read")
    assert not queries.allows(owner["scopes"], "requests", "write")


def test_only_the_hash_of_a_token_is_kept(context, person):
    grace = person("Grace")
    made = accounts.create_token(context, grace, {"name": "cli"})
    assert len(made["token"]) == 43
    for name in context.database.list_collection_names():
        assert made["token"] not in repr(list(context.database[name].find()))


def test_no_two_tokens_are_alike(context, person):
    grace = person("Grace")
    made = [accounts.create_token(context, grace, {"name": "cli"})["token"] for _ in range(5)]
    assert len(set(made)) == 5


def test_a_token_opens_nothing_from_the_instant_it_expires(context, person):
    grace = person("Grace")
    expires_at = context.clock.now() + timedelta(hours=1)
    token = accounts.create_token(context, grace, {"name": "cli", "expires_at": expires_at})["token"]
    context.clock.step(hours=1, seconds=-0.001)
    assert owner_of(context, token) is not None
    context.clock.step(0.001)
    assert owner_of(context, token) is None


def test_a_revoked_token_opens_nothing_and_revoking_again_changes_nothing(context, person):
    grace = person("Grace")
    made = accounts.create_token(context, grace, {"name": "cli"})
    revoked = accounts.revoke_token(context, grace, made["id"])
    assert owner_of(context, made["token"]) is None
    context.clock.step(60)
    assert accounts.revoke_token(context, grace, made["id"]) == revoked


def test_a_disabled_persons_tokens_open_nothing(context, administrator, person):
    grace = person("Grace")
    token = accounts.create_token(context, grace, {"name": "cli"})["token"]
    editing.update_person(context, administrator, grace.person_id, {"disabled": True})
    assert owner_of(context, token) is None
    editing.update_person(context, administrator, grace.person_id, {"disabled": False})
    assert owner_of(context, token) is not None


def test_a_role_that_is_taken_away_is_gone_at_the_next_call(context, administrator, person):
    grace = person("Grace", "specialist")
    token = accounts.create_token(context, grace, {"name": "cli"})["token"]
    accounts.set_roles(context, administrator, grace.person_id, [])
    assert owner_of(context, token)["person"]["roles"] == []


def test_an_unknown_token_has_no_owner(context):
    assert owner_of(context, "x" * 43) is None


def test_only_administrators_make_and_revoke_tokens_of_others(context, administrator, person):
    grace, alan = person("Grace", "specialist"), person("Alan", "specialist")
    with pytest.raises(Forbidden):
        accounts.create_token(context, alan, {"name": "cli", "person_id": grace.person_id})
    made = accounts.create_token(context, administrator, {"name": "cli", "person_id": grace.person_id})
    assert owner_of(context, made["token"])["person"]["id"] == grace.person_id
    with pytest.raises(NotFound):
        accounts.revoke_token(context, alan, made["id"])
    accounts.revoke_token(context, administrator, made["id"])
    assert owner_of(context, made["token"]) is None


def test_a_token_is_made_for_an_enabled_person(context, administrator, person):
    grace = person("Grace")
    editing.update_person(context, administrator, grace.person_id, {"disabled": True})
    with pytest.raises(Invalid) as refused:
        accounts.create_token(context, administrator, {"name": "cli", "person_id": grace.person_id})
    assert refused.value.code == "disabled_reference"
    with pytest.raises(Invalid):
        accounts.create_token(context, Actor.system("widget"), {"name": "cli"})
