"""What the demo's accounts have."""

from __future__ import annotations

import base64
import struct
import zlib
from collections.abc import Mapping
from dataclasses import dataclass

from interdesk.local.accounts import AccountSpec

SOURCE = "demo"
# Scripts of the demo's readers should not meet a limit made for people.
_ENVIRON = {"INTERDESK_RATE_LIMIT_PER_HOUR": "10000000", "INTERDESK_RATE_LIMIT_BURST": "100000"}

# Whose tokens there are besides the first administrator's: key in demo.json → the roles of its person.
ROLES: Mapping[str, tuple[str, ...]] = {
    "specialist": ("specialist",),
    "manager": ("specialist", "service_level_manager"),
    "representative": (),
    "end_user": (),
}

AROUND_THE_CLOCK = [
    {"weekday": day, "time_from": "00:00", "time_until": "24:00"}
    for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
]


@dataclass(frozen=True)
class Provided:
    """A service that the account provides: one instance, one offering, and the team that it leads to."""

    service: str
    instance: str
    offering: str
    team: str
    response_minutes: int
    resolution_minutes: int


@dataclass(frozen=True)
class Cast:
    """One account: who works there, and what it provides. `people`: key in demo.json → name."""

    id: str
    name: str
    people: Mapping[str, str]
    provided: Provided
    telephone: str
    city: str
    country: str
    colour: tuple[int, int, int]

    @property
    def domain(self) -> str:
        return f"{self.id}.example"

    @property
    def spec(self) -> AccountSpec:
        return AccountSpec(self.id, self.name, self.domain, environ=_ENVIRON)

    def email(self, role: str) -> str:
        return f"{self.people[role].lower().replace(' ', '.')}@{self.domain}"

    @property
    def picture(self) -> str:
        """A plain square in the account's colour, as a `data:` URI."""
        return f"data:image/png;base64,{base64.b64encode(_png(self.colour)).decode()}"


WIDGET = Cast(
    id="widget",
    name="Widget Data Center",
    people={
        "specialist": "Ellen Brown",
        "manager": "Omar Diaz",
        "representative": "Grace Lin",
        "end_user": "Tom Waters",
    },
    provided=Provided("Web shop", "Web Shop", "Web Shop, around the clock", "Web Shop Support", 30, 480),
    telephone="+1 555 0100",
    city="Austin",
    country="US",
    colour=(32, 96, 160),
)
GIGATERA = Cast(
    id="gigatera",
    name="GigaTera",
    people={
        "specialist": "Jan de Wit",
        "manager": "Sofia Rossi",
        "representative": "Lars Holm",
        "end_user": "Mia Kraus",
    },
    provided=Provided("Hosting", "Managed Hosting", "Hosting Gold", "Hosting Operations", 30, 240),
    telephone="+31 20 555 0123",
    city="Amsterdam",
    country="NL",
    colour=(160, 64, 32),
)
GLOBALNET = Cast(
    id="globalnet",
    name="GlobalNet",
    people={
        "specialist": "Aiko Mori",
        "manager": "Ravi Patel",
        "representative": "Ines Costa",
        "end_user": "Noah Adams",
    },
    provided=Provided("Network", "Wide Area Network", "Network Silver", "Network Operations", 15, 120),
    telephone="+81 3 5555 0199",
    city="Tokyo",
    country="JP",
    colour=(32, 128, 64),
)
CASTS = (WIDGET, GIGATERA, GLOBALNET)

# Who provides to whom, under an SLA whose coverage is the customer's own service instance.
AGREEMENTS: tuple[tuple[Cast, Cast], ...] = ((GIGATERA, WIDGET), (GLOBALNET, WIDGET), (GLOBALNET, GIGATERA))


def _png(colour: tuple[int, int, int], side: int = 32) -> bytes:
    rows = b"".join(b"\0" + bytes(colour) * side for _ in range(side))
    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(rows, 9)), (b"IEND", b""))
    written = [
        struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
        for name, body in chunks
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(written)
