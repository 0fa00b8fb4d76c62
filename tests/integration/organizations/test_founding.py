"""The first start makes the account, whole, once, however often and wherever it dies."""

from __future__ import annotations

from typing import Any

import pytest

from services.common.actor import Actor
from services.common.context import Context
from services.common.crash import CrashPoints
from services.common.errors import ConfigError
from services.federation.sealing.keys import CURRENT, NEXT, SEAL
from services.federation.sealing.rings import OwnRing
from services.organizations import queries
from services.organizations.actions import founding
from services.organizations.model.tokens import sha256_of
from tests.integration.organizations.conftest import FOUNDING_TOKEN

COLLECTIONS = ("accounts", "organizations", "people", "teams", "tokens", "keyrings")


def everything(context: Context) -> dict[str, list[dict[str, Any]]]:
    return {name: list(context.database[name].find({}, {"outbox": 0})) for name in COLLECTIONS}


def test_a_founded_account_has_an_organization_a_service_desk_and_an_administrator(context, account):
    viewer = Actor.system("widget")
    shown = queries.get_account(context.database, viewer)
    assert shown["id"] == "widget"
    assert shown["name"] == "Widget Data Center"
    assert shown["domain"] == "widget.example"
    assert "founding" not in account
    team = queries.get_team(context.database, shown["service_desk_team_id"], viewer)
    person = queries.get_person(context.database, shown["owner_id"], viewer)
    organization = queries.get_organization(context.database, shown["organization_id"], viewer)
    assert organization["name"] == "Widget Data Center"
    assert team["name"] == "Service Desk"
    assert team["member_ids"] == [person["id"]]
    assert team["coordinator_id"] == person["id"]
    assert person["organization_id"] == organization["id"]


def test_the_founding_token_opens_the_account_as_its_administrator(context, account):
    owner = queries.token_owner(context.database, sha256_of(FOUNDING_TOKEN), context.clock.now())
    assert owner is not None
    assert owner["person"]["id"] == account["owner_id"]
    assert "account_administrator" in owner["person"]["roles"]
    assert owner["person"]["team_ids"] == [account["service_desk_team_id"]]
    assert owner["account"] == {"id": "widget", "name": "Widget Data Center"}


def test_the_key_ring_has_a_current_and_a_next_key_and_no_private_part_in_the_clear(context):
    document = context.database["keyrings"].find_one({"_id": "widget"})
    ring = OwnRing.from_document(document, context.config.secret)
    assert {(key.use, key.state) for key in ring.keys} >= {(SEAL, CURRENT), (SEAL, NEXT)}
    text = repr(document)
    for key in ring.keys:
        assert key.private is not None
        assert key.private["d"] not in text


def test_the_token_is_nowhere_in_the_database(context):
    assert FOUNDING_TOKEN not in repr(everything(context))


def test_founding_again_changes_nothing(context):
    before = everything(context)
    founding.found_account(context)
    assert everything(context) == before


class Died(BaseException):
    """Stands for the end of the process."""


class DiesAtSave(CrashPoints):
    """A crash point that ends the process at the nth save, without ending the test."""

    def __init__(self, nth: int) -> None:
        super().__init__()
        self.left = nth

    def here(self, name: str) -> None:
        if name == "organizations.before_save":
            self.left -= 1
            if self.left == 0:
                raise Died


@pytest.mark.parametrize("nth", range(1, 8))
def test_a_start_that_dies_at_any_save_is_finished_by_the_next(unfounded, nth):
    dying = Context(
        unfounded.config, "organizations", unfounded.database, unfounded.clock, crash=DiesAtSave(nth)
    )
    with pytest.raises(Died):
        founding.found_account(dying)
    founding.found_account(unfounded)
    made = everything(unfounded)
    assert {name: len(documents) for name, documents in made.items()} == dict.fromkeys(COLLECTIONS, 1)
    assert made["accounts"][0]["owner_id"] == made["people"][0]["_id"] == made["tokens"][0]["person_id"]
    assert made["accounts"][0]["service_desk_team_id"] == made["teams"][0]["_id"]
    assert "founding" not in made["accounts"][0]


def test_an_account_without_a_founding_token_is_not_founded(unfounded):
    config = unfounded.config.changed(founding_token_file=None)
    context = Context(config, "organizations", unfounded.database, unfounded.clock)
    with pytest.raises(ConfigError) as refused:
        founding.found_account(context)
    assert refused.value.code == "founding_token_missing"
    assert unfounded.database["accounts"].find_one({}) is None


def test_a_weak_founding_token_is_refused(unfounded):
    unfounded.config.founding_token_file.write_text("secret")
    with pytest.raises(ConfigError) as refused:
        founding.found_account(unfounded)
    assert refused.value.code == "weak_token"


def test_a_founded_account_needs_the_founding_token_no_more(context):
    context.config.founding_token_file.unlink()
    founding.found_account(context)


def test_an_account_needs_its_secret_at_every_start(context):
    without = Context(context.config.changed(secret=None), "organizations", context.database, context.clock)
    with pytest.raises(ConfigError) as refused:
        founding.found_account(without)
    assert refused.value.code == "secret_missing"


def test_a_start_takes_over_what_the_configuration_says_anew(context):
    renamed = context.config.changed(name="Widget", public_url="https://desk.widget.example")
    founding.found_account(Context(renamed, "organizations", context.database, context.clock))
    shown = queries.get_account(context.database)
    assert shown["name"] == "Widget"
    assert shown["url"] == "https://desk.widget.example"


def test_founding_tells_the_other_services(context):
    told = {
        row["type"]
        for name in COLLECTIONS
        for document in context.database[name].find()
        for row in document["outbox"]
    }
    assert told == {"account.saved", "organization.saved", "person.saved", "team.saved", "keyring.saved"}
