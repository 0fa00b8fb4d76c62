"""A founded account on a real database, without a bus: its actions and queries."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pymongo.database
import pytest

from services.common.actor import Actor
from services.common.clock import SteppedClock
from services.common.config import Config
from services.common.context import Context
from services.common.copies import Copies
from services.common.database import CODEC, MAJORITY
from services.federation.partners.topology import BrokerAdmin, border_vhost
from services.organizations import store
from services.organizations.actions import founding
from services.organizations.actions.trusting import settling
from tests.configs import config_of
from tests.integration.neighbours import Neighbours
from tests.integration.organizations.neighbourhood import Desk
from tests.integration.organizations.pair import Side

FOUNDING_TOKEN = base64.urlsafe_b64encode(bytes(range(32))).rstrip(b"=").decode()


@pytest.fixture
def config(tmp_path: Path) -> Config:
    token_file = tmp_path / "founding-token"
    token_file.write_text(FOUNDING_TOKEN + "\n")
    return config_of("widget", founding_token_file=token_file, public_url="http://127.0.0.1:8000")


@pytest.fixture
def unfounded(mongo: pymongo.database.Database[dict[str, Any]], config: Config) -> Context:
    """A context over a database that holds nothing but indexes."""
    database = mongo.client.get_database(mongo.name, codec_options=CODEC, write_concern=MAJORITY)
    store.ensure_indexes(database)
    return Context(config, "organizations", database, clock=SteppedClock())


@pytest.fixture
def context(unfounded: Context) -> Context:
    founding.found_account(unfounded)
    return unfounded


@pytest.fixture
def account(context: Context) -> dict[str, Any]:
    """The account's document."""
    found = context.database["accounts"].find_one({"_id": context.account})
    assert found is not None
    return found


@pytest.fixture
def administrator(context: Context, account: dict[str, Any]) -> Actor:
    """The first administrator, as the gateway makes him of his token."""
    return actor_of(context, account["owner_id"])


@pytest.fixture
def person(context: Context, administrator: Actor) -> Callable[..., Actor]:
    """Makes a person with some roles, and gives him as an actor."""
    from services.organizations.actions import account as accounts
    from services.organizations.actions.records import editing

    def make(name: str, *roles: str) -> Actor:
        email = f"{name.lower().replace(' ', '.')}@widget.example"
        made = editing.create_person(context, administrator, {"name": name, "primary_email": email})
        accounts.set_roles(context, administrator, made["id"], list(roles))
        return actor_of(context, made["id"])

    return make


@pytest.fixture
def trusted(context: Context) -> str:
    """The account id of a partner that there is an active trust with."""
    state = {"name": "GigaTera", "domain": "gigatera.example", "status": "active", "role": "inviting"}
    store.records(context, store.TRUSTS).insert("gigatera", state)
    return "gigatera"


def actor_of(context: Context, person_id: int) -> Actor:
    found = context.database["people"].find_one({"_id": person_id})
    assert found is not None
    teams = context.database["teams"].find({"member_ids": person_id}, {"_id": 1})
    return Actor(
        person_id,
        context.account,
        frozenset(found["roles"]),
        frozenset(team["_id"] for team in teams),
        found["organization_id"],
        found["name"],
    )


@pytest.fixture
def sides(broker, database, tmp_path) -> Iterator[Callable[..., tuple[Side, Side]]]:
    """Makes founded accounts on the shared broker and database: `a, b = sides()`."""
    made: list[Context] = []
    clock = SteppedClock()
    with database.administrator() as client:

        def context_of(account: str) -> Context:
            token = tmp_path / f"{account}.token"
            token.write_text(FOUNDING_TOKEN)
            config = config_of(
                account,
                border_address=broker.amqps_address(border_vhost(account)),
                border_ca_file=broker.ca_file,
                broker_admin_uri=broker.admin_uri,
                secret=(account.encode().ljust(32, b"."),),
                founding_token_file=token,
            )
            context = Context(config, "organizations", client[config.database_name("organizations")], clock)
            founding.found_account(context)  # without indexes: making them takes longer than all the rest
            settling.ensure_border(context)
            made.append(context)
            return context

        def make(first: str = "widget", second: str = "gigatera") -> tuple[Side, Side]:
            a, b = context_of(first), context_of(second)
            owners = [next(each.database["accounts"].find())["owner_id"] for each in (a, b)]
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


@pytest.fixture
def clock() -> SteppedClock:
    return SteppedClock()


@pytest.fixture
def desks(database: Any, tmp_path: Any, clock: SteppedClock) -> Iterator[tuple[Desk, Desk]]:
    """(gigatera, the provider, and widget, its customer), trusting each other, without an agreement."""
    made: list[Desk] = []
    with database.administrator() as client:
        for account, other in (("gigatera", "widget"), ("widget", "gigatera")):
            token = tmp_path / account
            token.write_text(FOUNDING_TOKEN)
            held = client.get_database(f"test_{secrets.token_hex(6)}")
            copies = Copies(
                held, Neighbours(account), dict.fromkeys(("sla", "flsa", "service_instance"), "slas"), account
            )
            config = config_of(account, founding_token_file=token)
            context = Context(config, "organizations", held, clock=clock, copies=copies)
            store.ensure_indexes(held)
            founding.found_account(context)
            owner = next(context.database["accounts"].find())["owner_id"]
            made.append(Desk(context, actor_of(context, owner), other))
        for one, two in (made, reversed(made)):
            one.trusts(two, opener="widget")
        yield made[0], made[1]
        for desk in made:
            client.drop_database(desk.context.database)


@pytest.fixture
def gigatera(desks: tuple[Desk, Desk]) -> Desk:
    return desks[0]


@pytest.fixture
def widget(desks: tuple[Desk, Desk]) -> Desk:
    return desks[1]
