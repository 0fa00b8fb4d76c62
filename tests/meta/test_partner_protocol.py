"""docs/partner-protocol.md is true: its examples are the golden messages, its tables what the code has."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from joserfc.jwk import OKPKey
from marshmallow import Schema

from services.common import strict_json
from services.federation import messages
from services.federation.messages import attachments, requests, shapes, trusts
from services.federation.messages.types import MessageType, OneShapeOf
from services.federation.partners import capabilities
from services.federation.sealing import ciphers, envelope, keys, seals
from services.federation.threads import KINDS, WINDOW
from tests.wire import golden

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs" / "partner-protocol.md").read_text()
BLOCKS = re.findall(r"^```(json|text) ([^\n]+)\n(.*?)\n```$", TEXT, re.MULTILINE | re.DOTALL)
EXAMPLES = {(kind, name): inner for kind, name, inner in BLOCKS}
TYPES = sorted(messages.TYPES)
LITERAL = re.compile(r"`([^`]+)`")


def example(kind: str, name: str) -> str:
    return EXAMPLES[kind, name]


def rows(heading: str) -> Iterator[list[str]]:
    """The cells of the table whose first heading is this."""
    _, found, rest = TEXT.partition(f"| {heading} |")
    assert found, heading
    for line in rest.splitlines()[2:]:
        if not line.startswith("|"):
            return
        yield [cell.strip().replace(r"\|", "|") for cell in line.strip("|").split("|")]


def test_there_are_no_two_examples_of_one_name() -> None:
    assert len(EXAMPLES) == len(BLOCKS) > 15


@pytest.mark.parametrize("type", sorted(name for kind, name in EXAMPLES if name in messages.TYPES))
def test_the_example_of_a_body_is_the_golden_one(type: str) -> None:
    body = json.loads(example("json", type))
    assert body == golden.read(type)["message"]["body"]
    messages.check_outgoing(type, body)


def test_canonical_json_is_written_as_the_example_says() -> None:
    written = strict_json.dumps(json.loads(example("json", "canonical")))
    assert written.decode() == example("text", "canonical")


def test_the_sealed_example_has_the_bytes_it_says() -> None:
    key = keys.Key.from_private(golden.SENDER, keys.SEAL, keys.CURRENT, json.loads(example("json", "key")))
    payload = example("text", "payload")
    assert key.kid == example("text", "kid")
    assert seals.sign(payload.encode(), key, seals.MESSAGE).decode() == example("text", "sealed")
    assert envelope.fingerprint(payload.encode()) == example("text", "hash")
    frozen = golden.read("trust.ended.v1")
    assert (frozen["payload"], frozen["sealed"]) == (payload, example("text", "sealed"))


def test_the_encrypted_example_opens_to_what_it_says() -> None:
    jwk = json.loads(example("json", "enc-key"))
    kid = example("text", "enc-kid")
    opened = ciphers.decrypt_with({kid: OKPKey.import_key(jwk)}, example("text", "credentials"))
    assert opened == json.loads(example("json", "opened"))
    assert keys.Key.from_private("gigatera", keys.ENCRYPT, keys.CURRENT, jwk).kid == kid


def test_what_has_no_one_meaning_is_refused_with_its_code() -> None:
    tried = [(LITERAL.findall(code), LITERAL.findall(payload)) for code, payload, _ in rows("code")]
    for (code, *_), payload in tried:
        if payload:
            with pytest.raises(strict_json.NotStrict) as failure:
                strict_json.loads(payload[0].encode(), max_depth=envelope.MAX_DEPTH)
            assert failure.value.code == code
    assert sum(bool(payload) for _, payload in tried) == 6


def test_the_lanes_are_as_the_table_says() -> None:
    told = {LITERAL.findall(lane)[0]: set(LITERAL.findall(found)) for found, lane in rows("routing key")}
    assert told == {f"{service}.from.<partner>": set(found) for service, found in messages.LANES.items()}


def test_the_members_of_the_envelope_are_as_the_table_says() -> None:
    told = {name for cells in rows("member") for name in LITERAL.findall(cells[0])}
    assert told == set(envelope.EnvelopeShape().fields)


def test_the_kinds_of_threads_are_as_the_table_says() -> None:
    told = {LITERAL.findall(kind)[0]: service for kind, _, service, _ in rows("kind")}
    assert told == {kind: service for kind, service in KINDS.items() if kind in told}
    assert told.keys() == {each.kind for each in messages.TYPES.values() if each.kind}


_SIDES = {
    ("handover", "opener"): "customer",
    ("handover", "other"): "provider",
    ("agreement", "opener"): "provider",
    ("agreement", "other"): "customer",
    ("card", "opener"): "owner",
    ("observation", "opener"): "holder",
    ("observation", "other"): "customer",
}


def declared(type: MessageType) -> Iterator[tuple[str, bool, str, list[str]]]:
    """The rows of a type: name, whether it opens, who says it, its members in the notation of the page."""
    side = _SIDES.get((type.kind or "", type.side), "either")
    shapes_of = type.schema.choices if isinstance(type.schema, OneShapeOf) else (type.schema,)
    for shape in shapes_of:
        assert isinstance(shape, Schema)
        by: Any = shape.fields.get("by")
        said_by = side if by is None else by.validators[0].choices[0]
        members = [
            f"`{name}`" if each.required and not each.allow_none else
            f"`{name}?`" if each.required else f"[`{name}`]"
            for name, each in shape.fields.items()
        ]  # fmt: skip
        yield type.name, type.opens, said_by, sorted(members)


def test_every_type_is_in_the_table_with_its_members() -> None:
    told = [
        (LITERAL.findall(type)[0], "(opens)" in type, said_by, sorted(body.split()))
        for type, said_by, body in rows("type")
    ]
    expected = [row for type in messages.TYPES.values() for row in declared(type)]
    assert sorted(told) == sorted(expected), "docs/partner-protocol.md section 6"


VALUES = {
    "category": shapes.CATEGORIES,
    "impact": shapes.IMPACTS,
    "medium": shapes.MEDIA,
    "completion_reason": requests.REASONS,
}


@pytest.mark.parametrize("name", sorted(VALUES))
def test_the_values_of_a_list_are_all_there(name: str) -> None:
    found = re.search(rf"^\| `{name}` \| ([^|]+) \|$", TEXT, re.MULTILINE)
    assert found
    assert found[1].split(", ") == list(VALUES[name])


LIMITS = {
    "payload": envelope.MAX_PAYLOAD_BYTES,
    "sealed message": envelope.MAX_SEALED_BYTES,
    "levels of JSON in a payload": envelope.MAX_DEPTH,
    "messages of a thread on the way": WINDOW,
    "a note": shapes.MAX_NOTE_BYTES,
    "notes in a give": WINDOW,
    "bytes in a chunk, or in a range that is wanted": attachments.MAX_CHUNK_BYTES,
    "ranges wanted at a time": attachments.MAX_RANGES,
    "an integer": shapes.MAX_INTEGER,
    "capabilities": trusts.MAX_CAPABILITIES,
    "keys told at a time": trusts.MAX_KEYS,
}


def test_the_limits_are_as_the_table_says() -> None:
    told = {what: int(most.split()[0].replace(",", "")) for what, most in rows("what")}
    assert told == LIMITS
    assert len(capabilities.OWN) < trusts.MAX_CAPABILITIES


def test_every_code_that_is_told_exists() -> None:
    section = TEXT[TEXT.index("## 11. Codes") :].split("## 12")[0]
    refusals = re.search(r"Refusals of an acceptance:(.*?)\.\n", TEXT, re.DOTALL)
    assert refusals
    codes = {each for each in LITERAL.findall(section + refusals[1]) if "." not in each}
    parked = re.search(r"is \*\*parked\*\*:(.*?)\. So", TEXT, re.DOTALL)
    assert parked
    codes |= set(LITERAL.findall(parked[1]))
    codes |= {code for cells in rows("| check") for code in LITERAL.findall(cells[-1])}
    source = "\n".join(path.read_text() for path in (ROOT / "services").rglob("*.py"))
    assert len(codes) > 30
    assert [code for code in sorted(codes - {"accepted"}) if f'"{code}"' not in source] == []
