"""Golden messages: frozen bytes of every type of version 1. They are never edited; a new type adds a file.

Each file of `golden/` is `{"message": envelope fields, "payload": text, "sealed": text}`, sealed by `KEY`, a
key for these tests alone (Ed25519 signatures are deterministic). `python -m tests.wire.golden TYPE FILE`
writes the file of a new type from a body in FILE; it refuses to overwrite one. What is added to a type later
is frozen beside it: a file in `golden_added/`, by `python -m tests.wire.golden --added TYPE FILE`.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from services.common.clock import from_iso
from services.federation import messages
from services.federation.sealing.envelope import Message, seal_payload
from services.federation.sealing.keys import CURRENT, SEAL, Key
from services.federation.sealing.rings import PartnerRing

FOLDER = Path(__file__).parent / "golden"
ADDED = Path(__file__).parent / "golden_added"

SENDER = "widget"
RECIPIENT = "gigatera"

KEY = Key.from_private(
    SENDER,
    SEAL,
    CURRENT,
    {
        "kty": "OKP",
        "crv": "Ed25519",
        "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
        "d": "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A",  # the example of RFC 8037
    },
)
RING = PartnerRing.from_wire(SENDER, [KEY.to_wire()])


def read(type: str, folder: Path = FOLDER) -> dict[str, Any]:
    golden: dict[str, Any] = json.loads((folder / f"{type}.json").read_text())
    return golden


def message_of(fields: dict[str, Any]) -> Message:
    return Message(**{**fields, "sent_at": from_iso(fields["sent_at"])})


def write(type: str, body: dict[str, Any], folder: Path = FOLDER) -> Path:
    """The file of a new type. Raises FileExistsError: what is frozen stays."""
    message_type = messages.type_of(type)
    fields = {
        "id": "019b0000-0000-7000-8000-000000000001",
        "type": type,
        "sender": SENDER,
        "recipient": RECIPIENT,
        "thread": f"{message_type.kind or 'handover'}/widget/019b0000-0000-7000-8000-0000000000aa",
        "incarnation": 1,
        "sequence": 2 if message_type.sequenced else 0,
        "prev": "5f" * 32 if message_type.sequenced else None,
        "sent_at": "2026-01-05T09:00:00.000Z",
        "traceparent": "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        "body": messages.check_outgoing(type, body),
    }
    payload = message_of(fields).encode()
    sealed = seal_payload(payload, KEY)
    golden = {"message": fields, "payload": payload.decode(), "sealed": sealed.decode()}
    path = folder / f"{type}.json"
    with path.open("x") as file:
        json.dump(golden, file, indent=1, ensure_ascii=False, sort_keys=True)
        file.write("\n")
    return path


if __name__ == "__main__":
    *added, name, file_name = sys.argv[1:]
    print(write(name, json.loads(Path(file_name).read_text()), ADDED if added else FOLDER))  # noqa: T201
