"""Brokers that go away, come back, say nothing, or are not who they should be; and addresses that are not
safe.
"""

from __future__ import annotations

import contextlib
import socket
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from interdesk.local.broker import Broker
from interdesk.local.certificates import ensure_certificates
from interdesk.local.database import Database
from interdesk.local.rabbitmq import RabbitMQ
from services.common.errors import Invalid
from services.federation.partners.addresses import check_address, tls_of, uri_with_login
from services.federation.partners.health import standing
from tests.federation.conftest import Sides

pytestmark = pytest.mark.timeout(300)


@pytest.fixture
def own_broker(tmp_path: Path) -> Iterator[Broker]:
    """A broker that the test may kill."""
    with RabbitMQ(tmp_path / "broker", dies_with_parent=True).started() as broker:
        yield broker


@pytest.mark.slow
def test_a_conversation_goes_on_after_a_broker_was_killed(
    make_side: Sides, own_broker: Broker, database: Database
) -> None:
    """GigaTera has a broker and an authority of its own; it is killed in the middle of the talk."""
    widget, giga = make_side("widget"), make_side("giga", broker=own_broker)
    widget.trusts(giga)
    giga.trusts(widget)
    peers = [widget.peer(database.uri()), giga.peer(database.uri())]
    try:
        thread = widget.open(giga.account, "1")
        widget.say(giga.account, thread, *map(str, range(2, 10)))
        giga.waits_until(lambda: len(giga.heard(widget.account, thread)) == 9, 60)
        giga.waits_for_queues()
        widget.say(giga.account, thread, *map(str, range(10, 20)))
        own_broker.kill()
        widget.say(giga.account, thread, *map(str, range(20, 30)))
        giga.say(widget.account, thread, "a", "b")
        widget.waits_until(lambda: widget.heard(giga.account, thread) == ["a", "b"], 60)
        own_broker.start()
        own_broker.wait_ready()
        giga.waits_until(lambda: giga.heard(widget.account, thread) == [str(n) for n in range(1, 30)], 90)
        widget.waits_until(lambda: widget.delivered(thread) == ["accepted"] * 29, 90)
        giga.waits_until(lambda: giga.delivered(thread) == ["accepted"] * 2, 90)
    finally:
        for peer in peers:
            peer.kill()


def test_a_broker_that_says_nothing_costs_other_partners_nothing(
    make_side: Sides, database: Database
) -> None:
    widget, giga, mute = make_side("widget"), make_side("giga"), make_side("mute")
    for other in (giga, mute):
        widget.trusts(other)
        other.trusts(widget)
    with listening() as port:
        address = f"amqps://localhost:{port}/{mute.border_vhost}"
        widget.database["copy_trust"].update_one({"_id": mute.account}, {"$set": {"border_address": address}})
        peers = [widget.peer(database.uri()), giga.peer(database.uri())]
        try:
            unheard = widget.open(mute.account, "1")
            for number in range(5):
                thread = widget.open(giga.account, str(number))
                giga.waits_until(lambda thread=thread: giga.heard(widget.account, thread) != [], 30)  # type: ignore[misc]
            assert widget.delivered(unheard) == ["queued"]
            trust = {"$set": {"border_address": mute.address}}
            widget.database["copy_trust"].update_one({"_id": mute.account}, trust)
            mute.start()
            mute.waits_until(lambda: mute.heard(widget.account, unheard) == ["1"], 60)
        finally:
            for peer in peers:
                peer.kill()


@contextlib.contextmanager
def listening() -> Iterator[int]:
    """A port that takes connections and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def test_a_partner_that_answers_is_not_pressed_for_the_one_answer_that_it_owes(make_side: Sides) -> None:
    """The longer it owes one the less often it is asked, though it answers all else at once."""
    widget, giga = make_side("widget", retry_max_seconds=60), make_side("giga")
    widget.trusts(giga)
    giga.trusts(widget)
    widget.start()
    thread = widget.open(giga.account, "1")
    widget.waits_until(lambda: widget.delivered(thread) == ["sent"])
    giga.steal_from_lane(widget.account)
    owed = {"thread": thread, "sequence": 1, "partner": giga.account}
    widget.database["outbox"].update_one(owed, {"$set": {"sealed": b"not a seal: nobody answers it"}})
    giga.start()
    talk = widget.open(giga.account, "0")
    said, ends_at = 0, time.monotonic() + 10
    while time.monotonic() < ends_at:
        said += 1
        widget.say(giga.account, talk, str(said))
        widget.waits_until(lambda: widget.delivered(talk) == ["accepted"] * (said + 1))  # noqa: B023
    row = widget.database["outbox"].find_one(owed)
    assert row is not None
    assert 2 <= row["attempts"] <= 7


def test_nothing_is_delivered_to_a_broker_of_another_authority(make_side: Sides, tmp_path: Path) -> None:
    widget, giga = make_side("widget"), make_side("giga")
    widget.trusts(giga)
    giga.trusts(widget)
    ensure_certificates(tmp_path, "other", datetime.now(UTC))
    other = (tmp_path / "ca.pem").read_text()
    assert other != giga.ca
    widget.database["copy_trust"].update_one({"_id": giga.account}, {"$set": {"border_ca": other}})
    widget.start()
    giga.start()
    thread = widget.open(giga.account, "1")
    widget.waits_until(lambda: widget.failures_to(giga.account, "partner_unreachable") > 0)
    assert widget.delivered(thread) == ["queued"]
    widget.waits_until(lambda: standing(widget.database, "requests", giga.account).failing is not None)
    failing = standing(widget.database, "requests", giga.account).failing
    assert failing is not None
    assert failing["code"] == "partner_unreachable"
    widget.waits_until(lambda: widget.failures_to(giga.account, "partner_unreachable") > 2)
    again = standing(widget.database, "requests", giga.account)
    assert again.failing == failing  # since the first of them
    assert again.unanswered == 1
    widget.database["copy_trust"].update_one({"_id": giga.account}, {"$set": {"border_ca": giga.ca}})
    giga.waits_until(lambda: giga.heard(widget.account, thread) == ["1"])
    widget.waits_until(lambda: widget.delivered(thread) == ["accepted"])
    widget.waits_until(lambda: standing(widget.database, "requests", giga.account).failing is None)
    mended = standing(widget.database, "requests", giga.account)
    assert mended.unanswered == 0
    assert mended.heard_at is not None


@pytest.mark.parametrize(
    ("address", "ca"),
    [
        ("amqp://border.example:5672/x", None),
        ("amqp://10.0.0.1:5672/x", "PEM"),
        ("amqps://border.example:5671/x", None),
        ("amqps://127.0.0.1:5671/x", ""),
        ("http://127.0.0.1/x", "PEM"),
    ],
)
def test_an_unsafe_address_is_not_delivered_to(address: str, ca: str | None) -> None:
    with pytest.raises(Invalid) as failure:
        check_address(address, ca)
    assert failure.value.code == "border_not_safe"


@pytest.mark.parametrize("address", ["amqp://127.0.0.1:5672/x", "amqp://[::1]:5672/x", "amqp://localhost/x"])
def test_plain_amqp_is_for_loopback(address: str) -> None:
    check_address(address, None)
    assert tls_of(address, None) is None


def test_credentials_are_quoted_into_the_address() -> None:
    uri = uri_with_login("amqps://border.example:5671/widget.border", "a.from.b", "p@ss/w:rd")
    assert uri == "amqps://a.from.b:p%40ss%2Fw%3Ard@border.example:5671/widget.border"
    assert uri_with_login("amqp://[::1]:5672/x", "u", "p") == "amqp://u:p@[::1]:5672/x"
