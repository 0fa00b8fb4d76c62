"""The registry of message types, and what their bodies may hold."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from services.common.errors import Invalid
from services.federation import messages
from services.federation.messages.attachments import MAX_CHUNK_BYTES
from services.federation.messages.types import MessageType
from services.federation.sealing.envelope import MAX_PAYLOAD_BYTES
from services.federation.threads import KINDS, ThreadId
from tests.wire import golden

THREAD = "handover/widget/019b0000-0000-7000-8000-0000000000aa"


def body(type: str, **changes: Any) -> dict[str, Any]:
    return {**golden.read(type)["message"]["body"], **changes}


def refused(type: str, wrong: dict[str, Any]) -> list[tuple[str, str]]:
    with pytest.raises(Invalid) as failure:
        messages.check_incoming(type, wrong)
    assert failure.value.code == "invalid_body"
    return failure.value.errors


def matches(pattern: str, key: str) -> bool:
    if pattern.endswith(".#"):
        return key.startswith(pattern[:-1])
    words, said = pattern.split("."), key.split(".")
    return len(words) == len(said) and all(
        word in ("*", each) for word, each in zip(words, said, strict=True)
    )


@pytest.mark.parametrize("type", [messages.TYPES[name] for name in sorted(messages.TYPES)])
def test_every_type_leads_to_the_one_lane_of_its_kind(type: MessageType) -> None:
    for kind in [type.kind] if type.kind else KINDS:
        thread = f"{kind}/widget/019b0000-0000-7000-8000-0000000000aa"
        key = type.routing_key(thread)
        lanes = [lane for lane, keys in messages.LANES.items() if any(matches(each, key) for each in keys)]
        assert lanes == [KINDS[kind]]


def test_a_routing_key_is_the_type_without_its_version() -> None:
    assert messages.type_of("request.handed_over.v1").routing_key(THREAD) == "request.handed_over"
    assert messages.type_of("receipt.v1").routing_key(THREAD) == "receipt.requests"


def test_each_kind_of_thread_that_is_spoken_in_can_be_opened() -> None:
    spoken = {each.kind for each in messages.TYPES.values() if each.kind}
    assert {each.kind for each in messages.TYPES.values() if each.opens and each.kind} == spoken


def test_a_type_is_said_by_its_side_only() -> None:
    thread = ThreadId.parse(THREAD)
    assert messages.type_of("request.handed_over.v1").may_be_said_by("widget", thread)
    assert not messages.type_of("request.handed_over.v1").may_be_said_by("gigatera", thread)
    assert messages.type_of("request.taken.v1").may_be_said_by("gigatera", thread)
    assert not messages.type_of("request.taken.v1").may_be_said_by("widget", thread)
    assert messages.type_of("note.added.v1").may_be_said_by("widget", thread)
    assert messages.type_of("note.added.v1").may_be_said_by("gigatera", thread)


def test_an_unknown_type_is_refused_by_name() -> None:
    with pytest.raises(Invalid) as failure:
        messages.check_incoming("request.taken.v9", {})
    assert failure.value.code == "unknown_type"


def test_what_is_not_named_does_not_leave() -> None:
    note = {**body("note.added.v1")["note"], "internal": "the customer is difficult"}
    with pytest.raises(Invalid) as failure:
        messages.check_outgoing("note.added.v1", body("note.added.v1", note=note))
    assert [path for path, _ in failure.value.errors] == ["note.internal"]
    notes = [body("note.added.v1")["note"], note]
    with pytest.raises(Invalid) as failure:
        messages.check_outgoing("request.handed_over.v1", body("request.handed_over.v1", notes=notes))
    assert [path for path, _ in failure.value.errors] == ["notes.1.internal"]


@pytest.mark.parametrize("episode", [[1], [1, 2, 3], [0, 1], [1, 1.0], ["1", 1], [True, 1], "11", None])
def test_an_episode_is_two_counting_numbers(episode: Any) -> None:
    assert refused("request.recalled.v1", body("request.recalled.v1", episode=episode))


@pytest.mark.parametrize("identity", [0, -1, 2**53, "4", 4.0, True, None])
def test_a_reference_is_a_positive_number_and_a_name(identity: Any) -> None:
    assert refused("request.taken.v1", body("request.taken.v1", team={"id": identity, "name": "Team"}))


@pytest.mark.parametrize(
    "time",
    ["2026-01-05T09:00:00Z", "2026-01-05T09:00:00.000+01:00", "2026-13-05T09:00:00.000Z", "", "now", 5],
)
def test_a_time_is_utc_to_the_millisecond(time: Any) -> None:
    assert refused("request.completed.v1", body("request.completed.v1", completed_at=time))


def test_a_note_holds_at_most_64_kilobytes() -> None:
    note = body("note.added.v1")["note"]
    messages.check_incoming("note.added.v1", body("note.added.v1", note={**note, "text": "é" * 32_768}))
    assert refused("note.added.v1", body("note.added.v1", note={**note, "text": "é" * 32_769}))
    assert refused("note.added.v1", body("note.added.v1", note={**note, "text": ""}))


def test_a_changed_core_holds_whole_fields_and_at_least_one() -> None:
    assert refused("request.core_changed.v1", body("request.core_changed.v1", core={}))
    assert refused("request.core_changed.v1", body("request.core_changed.v1", core={"impact": "enormous"}))


def test_both_sides_restate_in_their_own_shape() -> None:
    given = golden.read("request.handed_over.v1")["message"]["body"]
    said = {key: value for key, value in given.items() if key != "notes"}
    said |= {"by": "customer", "open": True, "answered": None}
    assert messages.check_outgoing("request.restated.v1", said) == said
    assert refused("request.restated.v1", {**said, "open": 1})
    assert refused("request.restated.v1", {**said, "by": "provider"})
    assert refused("request.restated.v1", {**said, "by": ["customer"]})


def test_a_refusing_receipt_has_a_code() -> None:
    assert refused("receipt.v1", body("receipt.v1", code=None))
    messages.check_incoming("receipt.v1", body("receipt.v1", verdict="accepted", code=None))


def test_an_announced_ring_has_one_current_key_of_each_use() -> None:
    keys = body("keys.announced.v1")["keys"]
    assert refused("keys.announced.v1", {"keys": keys[:1]})
    assert refused("keys.announced.v1", {"keys": [*keys, keys[0]]})
    crossed = [{**keys[0], "use": "enc"}, {**keys[1], "use": "sig"}]
    assert refused("keys.announced.v1", {"keys": crossed})


def test_an_announced_key_never_brings_its_private_part_along() -> None:
    keys = body("keys.announced.v1")["keys"]
    leaked = [{**keys[0], "public": {**keys[0]["public"], "d": "secret"}}, keys[1]]
    with pytest.raises(Invalid):
        messages.check_outgoing("keys.announced.v1", {"keys": leaked})


def test_a_type_can_only_be_said_in_threads_that_exist() -> None:
    with pytest.raises(ValueError):
        MessageType("talk.started.v1", "talk", messages.TYPES["receipt.v1"].schema)
    with pytest.raises(ValueError):
        MessageType("talk.started", "handover", messages.TYPES["receipt.v1"].schema)


@pytest.mark.parametrize(
    "wrong",
    ["", "QQ", "QQ==\n", "QR==", "Q Q=", "QQ-_", "Q" * 174_768],
    ids=["empty", "unpadded", "with a line break", "with bits unused", "with a blank", "of URLs", "too long"],
)
def test_a_chunk_is_bytes_in_the_one_form_of_base64(wrong: str) -> None:
    assert refused("attachment.chunk.v1", body("attachment.chunk.v1", data=wrong))[0][0] == "data"


def test_what_is_wanted_is_not_given_up() -> None:
    wanted = body("attachment.wanted.v1", code="damaged")
    assert refused("attachment.wanted.v1", wanted) == [("code", "What is wanted is not given up.")]
    assert messages.check_incoming("attachment.wanted.v1", {**wanted, "ranges": []})["code"] == "damaged"


def test_the_largest_chunk_fits_into_a_message() -> None:
    data = base64.b64encode(bytes(MAX_CHUNK_BYTES)).decode()
    chunk = messages.check_outgoing("attachment.chunk.v1", body("attachment.chunk.v1", data=data))
    fields = {**golden.read("attachment.chunk.v1")["message"], "body": chunk}
    assert len(golden.message_of(fields).encode()) < MAX_PAYLOAD_BYTES
