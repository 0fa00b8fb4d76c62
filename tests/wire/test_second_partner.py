"""The second implementation of the protocol is one: it imports nothing of the first, and reads and writes the
same bytes. test_second_partner_talks.py has both talk.
"""

from __future__ import annotations

import ast
import sys
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from services.common import strict_json
from services.federation import messages as ours
from services.federation.sealing import ciphers
from services.federation.sealing.envelope import MAX_DEPTH
from services.federation.sealing.keys import ENCRYPT, Key
from tests.wire import golden
from tests.wire.second import border, sealing, threads

FOLDER = Path(__file__).parent
MODULES = [FOLDER / "second_partner.py", *sorted((FOLDER / "second").glob("*.py"))]
TYPES = sorted(threads.TYPES)


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.stem)
def test_the_second_partner_imports_nothing_of_the_project(path: Path) -> None:
    allowed = {"amqp", "cryptography", *sys.stdlib_module_names}
    names: list[str] = []
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0
            names.append(node.module or "")
    assert names
    foreign = [name for name in names if name.split(".")[0] not in allowed]
    assert all(name.startswith("tests.wire.second") for name in foreign), foreign
    assert not {"importlib", "__import__", "runpy"} & set(path.read_text().replace("(", " ").split())


def test_it_knows_the_types_and_lanes_of_the_document() -> None:
    assert threads.TYPES.keys() == {path.stem for path in golden.FOLDER.iterdir()} & threads.TYPES.keys()
    assert {name: set(keys) for name, keys in border.LANES.items()} == {
        name: set(keys) for name, keys in ours.LANES.items()
    }


FROZEN = [(type, golden.FOLDER) for type in TYPES] + [("organization.published.v1", golden.ADDED)]


@pytest.mark.parametrize(("type", "folder"), FROZEN)
def test_it_reads_the_golden_bytes(type: str, folder: Path) -> None:
    frozen = golden.read(type, folder)
    kid, payload, signed, signature = sealing.parsed(frozen["sealed"].encode(), "interdesk-message")
    sealing.verified([golden.KEY.to_wire()], kid, signed, signature)
    message = sealing.read(payload)
    threads.check(message, golden.SENDER, golden.RECIPIENT)
    assert message == frozen["message"]


@pytest.mark.parametrize(("type", "folder"), FROZEN)
def test_it_writes_the_golden_bytes(type: str, folder: Path) -> None:
    frozen = golden.read(type, folder)
    payload = sealing.written(frozen["message"])
    assert payload.decode() == frozen["payload"]
    assert golden.KEY.private
    key = Ed25519PrivateKey.from_private_bytes(sealing.unb64(golden.KEY.private["d"]))
    named = sealing.public(golden.SENDER, key, "sig")
    assert named == golden.KEY.to_wire()
    assert sealing.sealed(payload, named["kid"], key).decode() == frozen["sealed"]


def test_no_byte_of_a_sealed_message_can_be_changed() -> None:
    raw = golden.read("trust.ended.v1")["sealed"].encode()
    ring = [golden.KEY.to_wire()]

    def believed(sealed: bytes) -> bool:
        try:
            kid, _, signed, signature = sealing.parsed(sealed, "interdesk-message")
            sealing.verified(ring, kid, signed, signature)
        except sealing.Unproven:
            return False
        return True

    assert believed(raw)
    for place in range(len(raw)):
        changed = bytearray(raw)
        changed[place] = ord("A") if raw[place] != ord("A") else ord("B")
        assert not believed(bytes(changed)), place


STRANGE: list[bytes] = [
    b'{"a":1,"a":1}', b'{"a":{"b":1,"b":2}}', b"[NaN]", b"[Infinity]", b"[-Infinity]", b"[9007199254740992]",
    b"[9007199254740991]", b"[-9007199254740992]", b"[1e400]", b'["\\ud800"]', b'["\\ud83d\\ude00"]', b"[1,]",
    b"", b"{", b"\xff", b"[" * 16 + b"]" * 16, b"[" * 17 + b"]" * 17, b"[1e3]", b"null", b" [1] ", b"[01]",
    b"[123456789012345678901234567890]", b'{"a":"[[[[[[[[[[[[[[[[["}', b"\xef\xbb\xbf[]",
]  # fmt: skip


@pytest.mark.parametrize("payload", STRANGE)
def test_both_take_and_refuse_the_same_json(payload: bytes) -> None:
    def mine() -> Any:
        try:
            return sealing.read(payload)
        except sealing.Unproven:
            return sealing.Unproven

    try:
        theirs = strict_json.loads(payload, max_depth=MAX_DEPTH)
    except strict_json.NotStrict:
        theirs = sealing.Unproven
    assert mine() == theirs


def test_each_opens_what_the_other_encrypted() -> None:
    key = Key.generate("gigatera", ENCRYPT)
    assert key.private
    login = {"user": "gigatera.from.sidecar", "password": "hush"}
    token = sealing.encrypted(login, [key.to_wire()])
    assert ciphers.decrypt_with({key.kid: key.signing}, token) == login
    own = X25519PrivateKey.generate()
    named = sealing.public("sidecar", own, "enc")
    assert sealing.decrypted(ciphers.encrypt_for(named["kid"], named["public"], login), own) == login
