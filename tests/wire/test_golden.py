"""What was frozen is still said and still understood, byte for byte."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from services.common import strict_json
from services.common.errors import Invalid
from services.common.verdicts import Park
from services.federation import messages
from services.federation.incoming.handling import checked
from services.federation.sealing.envelope import open_sealed, seal, seal_payload
from services.federation.threads import ThreadId
from tests.wire import golden

TYPES = sorted(messages.TYPES)
FROZEN = [
    *((type, golden.FOLDER) for type in TYPES),
    *((path.name.removesuffix(".json"), golden.ADDED) for path in sorted(golden.ADDED.iterdir())),
]


def test_every_type_has_golden_bytes_and_nothing_else_has() -> None:
    assert sorted(path.name.removesuffix(".json") for path in golden.FOLDER.iterdir()) == TYPES


@pytest.mark.parametrize(("type", "folder"), FROZEN)
def test_the_same_message_is_sent_as_the_same_bytes(type: str, folder: Path) -> None:
    frozen = golden.read(type, folder)
    message = golden.message_of(frozen["message"])
    messages.check_outgoing(type, message.body)
    assert message.encode() == frozen["payload"].encode()
    assert seal(message, golden.KEY) == frozen["sealed"].encode()


@pytest.mark.parametrize(("type", "folder"), FROZEN)
def test_the_frozen_bytes_are_understood_as_the_same_message(type: str, folder: Path) -> None:
    frozen = golden.read(type, folder)
    message = open_sealed(
        frozen["sealed"].encode(),
        exchange_sender=golden.SENDER,
        own_account=golden.RECIPIENT,
        ring=golden.RING,
    )
    assert message == golden.message_of(frozen["message"])
    assert messages.check_incoming(type, message.body) == frozen["message"]["body"]
    assert message.hash == hashlib.sha256(frozen["payload"].encode()).hexdigest()


@pytest.mark.parametrize("type", TYPES)
def test_what_a_later_version_adds_is_dropped_at_every_level(type: str) -> None:
    body = golden.read(type)["message"]["body"]

    def grown(value: object) -> object:
        if isinstance(value, dict):
            return {**{key: grown(item) for key, item in value.items()}, "later_field": 1}
        return [grown(item) for item in value] if isinstance(value, list) else value

    more = grown(body)
    assert isinstance(more, dict)
    assert messages.check_incoming(type, more) == body


@pytest.mark.parametrize("type", TYPES)
def test_what_a_later_version_adds_to_the_envelope_is_dropped(type: str) -> None:
    frozen = golden.read(type)["message"]
    later = seal_payload(strict_json.dumps({**frozen, "later_field": {"a": [1]}}), golden.KEY)
    message = open_sealed(
        later, exchange_sender=golden.SENDER, own_account=golden.RECIPIENT, ring=golden.RING
    )
    assert message == golden.message_of(frozen)


@pytest.mark.parametrize("type", [type for type in TYPES if messages.TYPES[type].sequenced])
def test_a_later_version_of_a_type_is_another_type_and_parked(type: str) -> None:
    """It has its place in its thread, so it is known who said it; but nobody knows what it means."""
    frozen = golden.read(type)["message"]
    later = seal_payload(strict_json.dumps({**frozen, "type": f"{type[:-1]}2"}), golden.KEY)
    message = open_sealed(
        later, exchange_sender=golden.SENDER, own_account=golden.RECIPIENT, ring=golden.RING
    )
    with pytest.raises(Park) as parked:
        checked(ThreadId.parse(message.thread).service, message)
    assert parked.value.code == "unknown_type"


@pytest.mark.parametrize("path", sorted(golden.ADDED.iterdir()), ids=lambda path: path.stem)
def test_what_was_added_to_a_type_may_be_left_out(path: Path) -> None:
    type = path.name.removesuffix(".json")
    body, first = golden.read(type, golden.ADDED)["message"]["body"], golden.read(type)["message"]["body"]
    assert {name: value for name, value in body.items() if name in first} == first
    assert body.keys() > first.keys()


@pytest.mark.parametrize("type", TYPES)
def test_every_required_key_is_missed_by_name(type: str) -> None:
    body = golden.read(type)["message"]["body"]
    for name in body:
        without = {key: value for key, value in body.items() if key != name}
        with pytest.raises(Invalid) as failure:
            messages.check_incoming(type, without)
        assert failure.value.code == "invalid_body"
        assert name in json.dumps(failure.value.errors)
