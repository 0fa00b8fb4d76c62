"""What is made on a border for a partner: enough to deliver there, and nothing more."""

from __future__ import annotations

import secrets
from collections.abc import Iterator

import pytest
import requests
from amqp.exceptions import AccessRefused, AMQPError
from kombu import Connection

from interdesk.local.broker import Broker
from interdesk.vhosts import ensure_vhosts
from services.federation.partners.topology import (
    BrokerAdmin,
    BrokerRefused,
    border_vhost,
    exchange_of,
    lane_of,
    user_of,
)
from tests.conftest import ON_BOTH_BROKERS

pytestmark = ON_BOTH_BROKERS
ACCOUNT = f"home-{secrets.token_hex(3)}"
PARTNER = "guest"
PASSWORD = "pass-1"


@pytest.fixture
def admin(broker: Broker) -> Iterator[BrokerAdmin]:
    vhosts = ensure_vhosts(broker.admin_uri, ACCOUNT, "own")
    with BrokerAdmin(broker.admin_uri) as admin:
        admin.ensure_border(ACCOUNT)
        admin.ensure_partner(ACCOUNT, PARTNER, PASSWORD)
        yield admin
        admin.shut_out(ACCOUNT, PARTNER)
    for path in (f"vhosts/{vhosts.inside}", f"vhosts/{vhosts.border}", f"users/{ACCOUNT}"):
        requests.delete(f"{broker.admin_uri}/api/{path}", timeout=30)


def as_partner(broker: Broker, password: str = PASSWORD) -> Connection:
    uri = broker.amqp_uri(border_vhost(ACCOUNT), user_of(ACCOUNT, PARTNER), password)
    return Connection(uri, connect_timeout=5)


def queues(broker: Broker) -> dict[str, dict[str, object]]:
    found = requests.get(f"{broker.admin_uri}/api/queues/{border_vhost(ACCOUNT)}", timeout=30).json()
    return {queue["name"]: queue for queue in found}


def test_each_service_has_a_bounded_quorum_lane_that_refuses_when_full(
    admin: BrokerAdmin, broker: Broker
) -> None:
    lanes = queues(broker)
    assert set(lanes) == {lane_of(service, PARTNER) for service in ("requests", "slas", "organizations")}
    for lane in lanes.values():
        arguments = lane["arguments"]
        assert isinstance(arguments, dict)
        assert arguments["x-queue-type"] == "quorum"
        assert arguments["x-overflow"] == "reject-publish"
        assert arguments["x-max-length"] > 0
        assert arguments["x-max-length-bytes"] > 0


def test_a_partner_may_write_to_its_exchange_and_do_nothing_else(admin: BrokerAdmin, broker: Broker) -> None:
    with as_partner(broker) as connection:
        connection.channel().basic_publish(
            connection.Producer().channel.prepare_message(b"x"),
            exchange=exchange_of(PARTNER),
            routing_key="x",
        )
    forbidden = [
        lambda channel: channel.basic_consume(lane_of("requests", PARTNER)),
        lambda channel: channel.basic_get(lane_of("requests", PARTNER)),
        lambda channel: channel.queue_declare("mine", durable=True),
        lambda channel: channel.exchange_declare("mine", "topic"),
        lambda channel: channel.queue_bind(lane_of("slas", PARTNER), exchange_of(PARTNER), "request.#"),
        lambda channel: channel.queue_purge(lane_of("requests", PARTNER)),
        lambda channel: channel.queue_delete(lane_of("requests", PARTNER)),
        lambda channel: channel.exchange_delete(exchange_of(PARTNER)),
    ]
    for attempt in forbidden:
        with as_partner(broker) as connection, pytest.raises(AccessRefused):
            attempt(connection.channel())


def test_all_of_it_may_be_made_again_and_a_deleted_lane_comes_back(
    admin: BrokerAdmin, broker: Broker
) -> None:
    lane = lane_of("slas", PARTNER)
    requests.delete(f"{broker.admin_uri}/api/queues/{border_vhost(ACCOUNT)}/{lane}", timeout=30)
    assert lane not in queues(broker)
    for _ in range(2):
        admin.ensure_partner(ACCOUNT, PARTNER, None)
    assert lane in queues(broker)
    bindings = requests.get(
        f"{broker.admin_uri}/api/bindings/{border_vhost(ACCOUNT)}/e/{exchange_of(PARTNER)}/q/{lane}",
        timeout=30,
    ).json()
    assert sorted(binding["routing_key"] for binding in bindings) == [
        "agreement.#",
        "receipt.slas",
        "thread.*.slas",
    ]
    with as_partner(broker) as connection:
        connection.connect()


def test_a_new_password_replaces_the_old_one(admin: BrokerAdmin, broker: Broker) -> None:
    admin.set_password(ACCOUNT, PARTNER, "pass-2")
    with as_partner(broker, "pass-2") as connection:
        connection.connect()
    with as_partner(broker) as connection, pytest.raises(AMQPError):
        connection.connect()


def test_who_is_shut_out_delivers_nothing_and_his_lanes_stay(admin: BrokerAdmin, broker: Broker) -> None:
    admin.shut_out(ACCOUNT, PARTNER)
    with as_partner(broker) as connection, pytest.raises(AMQPError):
        connection.connect()
    assert lane_of("requests", PARTNER) in queues(broker)
    admin.shut_out(ACCOUNT, PARTNER)


class Interfered(BrokerAdmin):
    """Somebody else drops the partner's users as soon as one is made, a few times."""

    def __init__(self, uri: str, times: int) -> None:
        super().__init__(uri)
        self.times = times

    def __enter__(self) -> Interfered:
        return self

    def set_password(self, account: str, partner: str, password: str, user: str | None = None) -> None:
        super().set_password(account, partner, password, user)
        if self.times:
            self.times -= 1
            self.shut_out(account, partner)


def test_a_user_that_is_dropped_while_it_is_made_is_made_again(admin: BrokerAdmin, broker: Broker) -> None:
    with Interfered(broker.admin_uri, times=2) as interfered:
        interfered.ensure_partner(ACCOUNT, PARTNER, "pass-3")
    assert interfered.times == 0
    with as_partner(broker, "pass-3") as connection:
        connection.connect()


@pytest.mark.parametrize("name", ["Guest", "a.b", "x", "../..", "", "a|b"])
def test_only_account_ids_become_names_on_a_broker(admin: BrokerAdmin, name: str) -> None:
    with pytest.raises(ValueError):
        admin.ensure_partner(ACCOUNT, name, "x")


def test_a_refusal_of_the_broker_says_what_was_asked_and_no_password(broker: Broker) -> None:
    with BrokerAdmin("http://127.0.0.1:9") as nowhere, pytest.raises(BrokerRefused) as failure:
        nowhere.set_password(ACCOUNT, PARTNER, "hush-hush")
    assert "PUT users/" in str(failure.value)
    assert "hush" not in str(failure.value)
    with BrokerAdmin(broker.admin_uri) as admin, pytest.raises(BrokerRefused) as failure:
        admin.ensure_partner("nowhere-at-all", PARTNER, "hush-hush")
    assert "hush" not in str(failure.value)
