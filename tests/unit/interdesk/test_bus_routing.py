"""Which queues a message of the embedded bus goes to, and what a queue does with it."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pamqp.commands import Basic

from interdesk.embedded_bus.queues import Message, Queue
from interdesk.embedded_bus.refusals import ChannelRefusal
from interdesk.embedded_bus.routing import matches
from interdesk.embedded_bus.users import Permission, User
from interdesk.embedded_bus.vhosts import Vhost

WORD = st.sampled_from(["a", "b", "c"])


def message(body: bytes = b"x", exchange: str = "", key: str = "q", **properties: Any) -> Message:
    return Message(exchange, key, Basic.Properties(**properties), body)


@given(st.lists(st.one_of(WORD, st.sampled_from(["*", "#"])), max_size=6), st.lists(WORD, max_size=6))
def test_a_topic_matches_as_the_same_regular_expression_does(pattern: list[str], words: list[str]) -> None:
    parts = {"*": r"\w+,", "#": r"(\w+,)*"}
    regular = "".join(parts.get(word, f"{word},") for word in pattern)
    assert matches(pattern, words) == bool(re.fullmatch(regular, "".join(f"{word}," for word in words)))


def test_a_pattern_of_many_wild_cards_is_decided_at_once() -> None:
    assert not matches(["#"] * 60 + ["b"], ["a"] * 200)


class Ear:
    """Takes as many as it has room for."""

    def __init__(self, room: int) -> None:
        self.room = room
        self.heard: list[bytes] = []

    @property
    def has_room(self) -> bool:
        return len(self.heard) < self.room

    def deliver(self, queue: Queue, message: Message) -> None:
        self.heard.append(message.body)

    def cancelled(self) -> None:
        self.room = 0


def test_consumers_take_turns_and_who_has_no_room_is_passed_by() -> None:
    queue, small, big = Queue("q"), Ear(1), Ear(9)
    queue.consumers.extend([small, big])
    for n in range(4):
        queue.put(message(str(n).encode()), 0)
    assert sorted(small.heard + big.heard) == [b"0", b"1", b"2", b"3"]
    assert (len(small.heard), len(big.heard)) == (1, 3)


def test_a_queue_expires_from_its_head_in_order() -> None:
    queue = Queue("q", arguments={"x-message-ttl": 1000})
    queue.put(message(b"first"), 0)
    queue.put(message(b"sooner", expiration="100"), 0)
    assert queue.expired(0.5) == []  # what is before it has time left
    assert [gone.body for gone in queue.expired(1.0)] == [b"first", b"sooner"]
    assert (len(queue.waiting), queue.bytes) == (0, 0)


@given(st.lists(st.sampled_from(["put", "take", "back", "purge"]), max_size=40))
def test_a_queue_knows_how_much_waits(moves: list[str]) -> None:
    queue, out = Queue("q"), list[Message]()
    for n, move in enumerate(moves):
        if move == "put":
            queue.put(message(b"x" * n), 0)
        elif move == "take" and (taken := queue.take()) is not None:
            out.append(taken)
        elif move == "back":
            queue.put_back(out)
            out = []
        elif move == "purge":
            queue.purge()
        assert queue.bytes == sum(len(each.body) for each in queue.waiting)


def test_a_message_is_in_all_its_queues_or_in_none() -> None:
    vhost = Vhost("v")
    vhost.declare_exchange("e", "fanout", durable=True)
    for name, arguments in (("room", {}), ("full", {"x-max-length": 1})):
        vhost.declare_queue(name, durable=True, arguments=arguments)
        vhost.bind("e", name, "")
    assert vhost.publish(message(exchange="e")) == [vhost.queues["room"], vhost.queues["full"]]
    assert vhost.publish(message(exchange="e")) is None
    assert [len(queue.waiting) for queue in vhost.queues.values()] == [1, 1]


@pytest.mark.parametrize("name", ["", "amq.own"])
def test_names_of_the_protocol_are_its_own(name: str) -> None:
    with pytest.raises(ChannelRefusal):
        Vhost("v").declare_exchange(name, "topic", durable=True)


def test_passwords_are_known_again_and_not_kept() -> None:
    user = User.with_password("one", "a password")
    assert user.knows("a password")
    assert not user.knows("a Password")
    assert "password" not in user.password


def test_a_permission_is_searched_for_in_the_name() -> None:
    permission = Permission(write=r"^from\.giga$")
    assert permission.allows("write", "from.giga")
    assert not permission.allows("write", "from.gigax")
    assert not permission.allows("read", "")
    assert Permission(read="default").allows("read", "")
