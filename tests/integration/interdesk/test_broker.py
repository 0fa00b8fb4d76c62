"""The private RabbitMQ node: isolated, stable over restarts, survives a crash with its data."""

from __future__ import annotations

import ssl
from collections.abc import Iterable, Iterator
from pathlib import Path

import amqp.exceptions
import kombu
import pytest
import requests

from interdesk.local.broker import Broker
from interdesk.local.processes import StartFailed
from interdesk.local.rabbitmq import RabbitMQ
from interdesk.vhosts import BrokerRefused, ensure_vhosts


@pytest.fixture(scope="module")
def other_broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    """A second broker beside the run's."""
    with RabbitMQ(tmp_path_factory.mktemp("other_broker"), dies_with_parent=True).started() as broker:
        yield broker


def publish(uri: str, queue: str, numbers: Iterable[int]) -> None:
    with kombu.Connection(uri, transport_options={"confirm_publish": True}) as connection:
        declared = kombu.Queue(queue, durable=True, queue_arguments={"x-queue-type": "quorum"})
        with connection.Producer() as producer:
            for number in numbers:
                producer.publish(number, routing_key=queue, declare=[declared], delivery_mode=2)


def drain(uri: str, queue: str, count: int) -> list[int]:
    with kombu.Connection(uri) as connection:
        simple = connection.SimpleQueue(
            kombu.Queue(queue, durable=True, queue_arguments={"x-queue-type": "quorum"})
        )
        received = []
        for _ in range(count):
            message = simple.get(timeout=20)
            received.append(message.payload)
            message.ack()
        simple.close()
        return received


def test_confirmed_messages_and_addresses_survive_an_orderly_stop_and_a_crash(tmp_path: Path) -> None:
    broker = RabbitMQ(tmp_path, dies_with_parent=True)
    try:
        broker.start()
        broker.wait_ready()
        vhosts = ensure_vhosts(broker.admin_uri, "widget", "secret")
        uri, ca = broker.amqp_uri(vhosts.inside, "widget", "secret"), broker.ca_pem
        publish(uri, "work", range(10))
        broker.stop()
        # As another command would find it.
        broker = RabbitMQ(tmp_path, dies_with_parent=True)
        broker.start()
        broker.wait_ready()
        publish(uri, "work", range(10, 20))
        broker.kill()
        assert not broker.running
        broker.start()
        broker.wait_ready()
        assert broker.amqp_uri(vhosts.inside, "widget", "secret") == uri
        assert broker.ca_pem == ca
        assert drain(uri, "work", 20) == list(range(20))
    finally:
        broker.stop()


def test_partners_connect_by_tls_with_the_pinned_authority_only(broker: Broker, other_broker: Broker) -> None:
    vhosts = ensure_vhosts(broker.admin_uri, "pinned", "secret")
    uri = broker.amqps_address(vhosts.border).replace("://", "://pinned:secret@")
    with kombu.Connection(
        uri, ssl={"ca_certs": str(broker.ca_file), "cert_reqs": ssl.CERT_REQUIRED}
    ) as right:
        right.ensure_connection(max_retries=1)
        assert right.connected
    wrong = {"ca_certs": str(other_broker.ca_file), "cert_reqs": ssl.CERT_REQUIRED}
    with kombu.Connection(uri, ssl=wrong) as connection, pytest.raises(ssl.SSLError):
        connection.connect()


def test_two_brokers_share_nothing(broker: Broker, other_broker: Broker) -> None:
    assert broker.name != other_broker.name
    assert not set(broker.ports.values()) & set(other_broker.ports.values())
    assert broker.ca_pem != other_broker.ca_pem
    with pytest.raises(BrokerRefused, match="401"):
        ensure_vhosts(
            other_broker.admin_uri.replace(
                str(other_broker.ports["management"]), str(broker.ports["management"])
            ),
            "stranger",
            "secret",
        )


def test_nothing_of_the_node_listens_beyond_loopback(broker: Broker) -> None:
    listening = {
        int(fields[1].rpartition(":")[2], 16): fields[1].rpartition(":")[0]
        for table in ("tcp", "tcp6")
        for fields in (line.split() for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:])
        if fields[3] == "0A"
    }
    loopback = {"0100007F", "00000000000000000000000001000000", "0000000000000000FFFF00000100007F"}
    assert {
        role: listening[port] for role, port in broker.ports.items() if listening[port] not in loopback
    } == {}


def test_an_account_user_stays_in_its_vhosts(broker: Broker) -> None:
    ensure_vhosts(broker.admin_uri, "mine", "secret")
    ensure_vhosts(broker.admin_uri, "theirs", "other")
    elsewhere = kombu.Connection(broker.amqp_uri("theirs", "mine", "secret"))
    with elsewhere, pytest.raises(amqp.exceptions.NotAllowed):
        elsewhere.connect()
    api = f"http://127.0.0.1:{broker.ports['management']}/api/whoami"
    assert requests.get(api, auth=("mine", "secret"), timeout=10).status_code == 401


def test_a_broker_that_cannot_start_says_why(other_broker: Broker, tmp_path: Path) -> None:
    broken = RabbitMQ(tmp_path / "broken", dies_with_parent=True)
    broken.ports["amqp"] = other_broker.ports["amqp"]
    try:
        broken.start()
        with pytest.raises(StartFailed, match="ended while starting"):
            broken.wait_ready()
    finally:
        broken.stop()
