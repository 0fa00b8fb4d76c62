"""What the trial says: messages made member by member, so that each may be a wrong one.

`services.federation.outgoing.letters` writes what an account may say and can't do otherwise; here nothing is
checked.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from services.common import strict_json
from services.common.clock import SystemClock, iso
from services.common.ids import new_uuid
from services.federation.sealing import seals
from services.federation.sealing.envelope import fingerprint
from services.federation.sealing.keys import Key
from services.federation.threads import KINDS

CLOCK: Final = SystemClock()


@dataclass(frozen=True)
class Said:
    """A sealed message of ours, or what passes for one. `properties`: of AMQP, other than the usual ones."""

    thread: str
    sequence: int
    routing_key: str
    payload: bytes = field(repr=False)
    sealed: bytes = field(repr=False)
    properties: Mapping[str, Any] = field(default_factory=dict)

    @property
    def hash(self) -> str:
        return fingerprint(self.payload)

    def sealed_as(self, sealed: bytes) -> Said:
        """The same in other bytes."""
        return Said(self.thread, self.sequence, self.routing_key, self.payload, sealed, self.properties)

    def with_properties(self, **properties: Any) -> Said:
        return Said(self.thread, self.sequence, self.routing_key, self.payload, self.sealed, properties)


@dataclass
class Conversation:
    """Our direction of one thread: what the next message is, and what its predecessor was."""

    id: str
    account: str
    partner: str
    sequence: int = 0
    hash: str | None = None

    @property
    def service(self) -> str:
        return KINDS[self.id.split("/")[0]]

    def members(self, type: str, body: Mapping[str, Any], **changes: Any) -> dict[str, Any]:
        """The members of the next message. `changes` put others in their place."""
        return {
            "id": new_uuid(CLOCK),
            "type": type,
            "sender": self.account,
            "recipient": self.partner,
            "thread": self.id,
            "incarnation": 1,
            "sequence": self.sequence + 1,
            "prev": self.hash,
            "sent_at": iso(CLOCK.now()),
            "traceparent": None,
            "body": dict(body),
            **changes,
        }

    def write(self, type: str, body: Mapping[str, Any], key: Key, **changes: Any) -> Said:
        """The next message, sealed; the conversation goes on when it is `follow`ed."""
        members = self.members(type, body, **changes)
        return self.seal(strict_json.dumps(members), type, key, members["sequence"])

    def seal(self, payload: bytes, type: str, key: Key, sequence: int | None = None) -> Said:
        """A payload of any bytes, in the place of the next message."""
        name = type.rpartition(".v")[0]
        routing_key = f"receipt.{self.service}" if name == "receipt" else name
        sealed = seals.sign(payload, key, seals.MESSAGE)
        return Said(
            self.id, self.sequence + 1 if sequence is None else sequence, routing_key, payload, sealed
        )

    def follow(self, said: Said) -> None:
        """This was said; what comes next names it as its predecessor."""
        self.sequence, self.hash = said.sequence, said.hash


def loosely(members: Mapping[str, Any]) -> bytes:
    """JSON that is not canonical: members in any order, with blanks, escaped where it need not be."""
    return json.dumps(dict(reversed(list(members.items()))), indent=1, ensure_ascii=True).encode()
