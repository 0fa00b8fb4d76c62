"""What Interdesk relies on in a broker, on RabbitMQ and on the embedded bus alike: where messages go, what
becomes of them, and when queues end.
"""

from __future__ import annotations

from typing import Any

import amqp
import amqp.exceptions
import pytest

from tests.conftest import ON_BOTH_BROKERS
from tests.integration.interdesk.places import Ear, Place, drain, says, taken
from tests.waiting import wait_until

pytestmark = ON_BOTH_BROKERS

LONG = b"\x00\xff" * 200_000  # more than a frame


@pytest.mark.parametrize(
    ("kind", "bound", "key", "comes"),
    [
        ("direct", "a.b", "a.b", True),
        ("direct", "a.*", "a.b", False),
        ("topic", "a.*", "a.b", True),
        ("topic", "a.*", "a.b.c", False),
        ("topic", "a.#", "a", True),
        ("topic", "#.c", "a.b.c", True),
        ("topic", "*.b.#.d", "a.b.c.c.d", True),
        ("topic", "#", "", True),
        ("topic", "*", "", False),
        ("fanout", "x", "y", True),
    ],
)
def test_a_message_goes_where_its_key_says(
    place: Place, kind: str, bound: str, key: str, comes: bool
) -> None:
    channel = place.channel()
    channel.exchange_declare("e", kind, durable=True, auto_delete=False)
    channel.queue_declare("q", durable=True, auto_delete=False)
    channel.queue_bind("q", "e", bound)
    channel.confirm_select()
    channel.basic_publish_confirm(amqp.Message("hello"), "e", key)
    assert taken(channel, "q") == ([b"hello"] if comes else [])


def test_bytes_and_properties_arrive_as_they_were_sent(place: Place) -> None:
    channel = place.channel()
    channel.auto_decode = False
    channel.queue_declare("q", durable=True, auto_delete=False)
    headers = {"traceparent": "00-aa", "n": 7, "deep": {"list": [1, "two", None, True]}}
    said = {"content_type": "application/jose", "message_id": "m-1", "type": "t", "delivery_mode": 2}
    says(channel, LONG, "", "q", application_headers=headers, **said)
    says(channel, b"", "", "q")
    ear = Ear(channel, "q", no_ack=True)
    assert ear.bodies(2) == [LONG, b""]
    properties = ear.came[0].properties
    assert {name: properties[name] for name in said} == said
    assert properties["application_headers"] == headers
    assert ear.came[0].delivery_info["exchange"] == ""
    assert ear.came[0].delivery_info["redelivered"] is False


def test_what_nobody_takes_is_returned_before_it_is_confirmed(place: Place) -> None:
    channel = place.channel()
    channel.confirm_select()
    told: list[Any] = []
    channel.events["basic_return"].add(
        lambda *what: told.append(("returned", what[3].properties["message_id"]))
    )
    channel.events["basic_ack"].add(lambda tag, multiple: told.append(("confirmed", tag)))
    channel.basic_publish(amqp.Message("x", message_id="m-1"), "", "nowhere", mandatory=True)
    channel.basic_publish(amqp.Message("x", message_id="m-2"), "", "nowhere")
    wait_until(lambda: drain(channel) and ("confirmed", 2) in told)
    assert told == [("returned", "m-1"), ("confirmed", 1), ("confirmed", 2)]


def test_a_full_queue_refuses_and_keeps_what_it_has(place: Place) -> None:
    channel = place.channel()
    full = {"x-queue-type": "quorum", "x-max-length": 2, "x-overflow": "reject-publish"}
    channel.queue_declare("q", durable=True, auto_delete=False, arguments=full)
    channel.confirm_select()
    verdicts: list[str] = []
    channel.events["basic_ack"].add(lambda tag, multiple: verdicts.append("ack"))
    channel.events["basic_nack"].add(lambda tag, multiple: verdicts.append("nack"))
    for n in range(10):  # a quorum queue takes a few more than it should
        says(channel, str(n), "", "q")
        wait_until(lambda n=n: drain(channel) and len(verdicts) > n)  # type: ignore[misc]
    assert verdicts[:2] == ["ack", "ack"]
    assert verdicts[-1] == "nack"
    assert taken(channel, "q") == [str(n).encode() for n in range(verdicts.count("ack"))]


def test_no_more_is_delivered_than_was_asked_for_and_the_rest_goes_to_who_has_room(place: Place) -> None:
    channel = place.channel()
    channel.queue_declare("q", durable=True, auto_delete=False)
    channel.basic_qos(0, 2, False)
    first = Ear(channel, "q")
    for n in range(4):
        says(channel, str(n), "", "q")
    assert first.bodies(2) == [b"0", b"1"]
    second = Ear(place.channel(), "q", no_ack=True)
    assert second.bodies(2) == [b"2", b"3"]
    says(channel, "4", "", "q")
    assert second.bodies(3)[-1] == b"4"
    channel.basic_ack(2, multiple=True)
    channel.basic_cancel(first.tag)
    says(channel, "5", "", "q")
    assert second.bodies(4)[-1] == b"5"


def test_what_was_not_acked_comes_again_first_and_says_so(place: Place) -> None:
    connection = place.connection()
    channel = connection.channel()
    channel.queue_declare("q", durable=True, auto_delete=False)
    for n in range(3):
        says(channel, str(n), "", "q")
    ear = Ear(channel, "q")
    assert ear.bodies(3) == [b"0", b"1", b"2"]
    channel.basic_ack(ear.came[1].delivery_tag)
    connection.close()
    after = Ear(place.channel(), "q", no_ack=True)
    assert after.bodies(2) == [b"0", b"2"]
    assert [message.delivery_info["redelivered"] for message in after.came] == [True, True]


def test_what_is_rejected_comes_again_or_not_as_was_asked(place: Place) -> None:
    channel = place.channel()
    channel.queue_declare("dead", durable=True, auto_delete=False)
    dead = {"x-dead-letter-exchange": "", "x-dead-letter-routing-key": "dead"}
    channel.queue_declare("q", durable=True, auto_delete=False, arguments=dead)
    says(channel, "again", "", "q")
    channel.basic_reject(channel.basic_get("q").delivery_tag, requeue=True)
    again = channel.basic_get("q")
    assert again.delivery_info["redelivered"] is True
    channel.basic_reject(again.delivery_tag, requeue=False)
    wait_until(lambda: taken(channel, "dead") == [b"again"])
    assert taken(channel, "q") == []


def test_what_waits_too_long_moves_on(place: Place) -> None:
    channel = place.channel()
    channel.queue_declare("q", durable=True, auto_delete=False)
    later = {"x-message-ttl": 300, "x-dead-letter-exchange": "", "x-dead-letter-routing-key": "q"}
    channel.queue_declare("later", durable=True, auto_delete=False, arguments=later)
    says(channel, "delayed", "", "later")
    says(channel, "own time", "", "q", expiration="200")
    assert len(taken(channel, "q")) == 1
    ear = Ear(channel, "q", no_ack=True)
    assert ear.bodies(1) == [b"delayed"]


def test_queues_go_when_they_should(place: Place) -> None:
    connection = place.connection()
    channel = connection.channel()
    channel.queue_declare("own", exclusive=True)
    channel.queue_declare("used", auto_delete=True)
    channel.queue_declare("idle", durable=True, auto_delete=False, arguments={"x-expires": 500})
    tag = Ear(channel, "used").tag
    other = place.connection()
    with pytest.raises(amqp.exceptions.ResourceLocked):
        other.channel().queue_declare("own", passive=True)
    channel.basic_cancel(tag)
    wait_until(lambda: not _is_there(other, "used"))
    connection.close()
    wait_until(lambda: not _is_there(other, "own"))
    wait_until(lambda: place.call("DELETE", f"queues/{place.vhost}/idle").status_code == 404)


def test_a_consumer_is_told_that_its_queue_is_gone(place: Place) -> None:
    channel = place.channel()
    channel.queue_declare("q", durable=True, auto_delete=False)
    gone: list[str] = []
    channel.basic_consume("q", callback=print, on_cancel=gone.append, consumer_tag="ear")
    place.channel().queue_delete("q")
    wait_until(lambda: drain(channel) and gone == ["ear"])


def _is_there(connection: Any, queue: str) -> bool:
    channel = connection.channel()
    try:
        channel.queue_declare(queue, passive=True)
    except amqp.exceptions.NotFound:
        return False
    except amqp.exceptions.ResourceLocked:
        return True
    channel.close()
    return True
