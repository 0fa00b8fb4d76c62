"""Capabilities: the types of messages that an account understands, as it tells its partners with the trust.

The invitation, both `trust.accepted` and, after an upgrade, `keys.announced` may name them. Who names none
understands version 1, all of it: that is what a trust needs, so who names less is refused at once
(`version_not_spoken`), instead of being parked with every other word later. What a partner names beyond is
kept and shown. A newer version of a type is for partners that named it; to the others the older one is said.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from services.common.errors import Invalid
from services.federation.messages import TYPES

OWN: Final = sorted(TYPES)

#: What every partner understands. It never changes: tests/wire/golden holds the bytes of it.
VERSION_1: Final = frozenset(
    {
        "agreement.activated.v1",
        "agreement.changed.v1",
        "agreement.ended.v1",
        "agreement.offered.v1",
        "keys.announced.v1",
        "note.added.v1",
        "receipt.v1",
        "request.answered.v1",
        "request.closed.v1",
        "request.completed.v1",
        "request.core_changed.v1",
        "request.declined.v1",
        "request.handed_over.v1",
        "request.progressed.v1",
        "request.recalled.v1",
        "request.reopened.v1",
        "request.restated.v1",
        "request.taken.v1",
        "request.waiting_for_customer.v1",
        "trust.accepted.v1",
        "trust.ended.v1",
    }
)


def understands(named: Iterable[str] | None, type: str) -> bool:
    """Whether a partner who has named these (None: no list was kept) understands a type."""
    return type in (VERSION_1 if named is None else named)


def told(said: Mapping[str, Any]) -> list[str]:
    """What the sender of an invitation or of a body says that it understands.

    Raises Invalid `version_not_spoken` when version 1 is not among it.
    """
    named: Iterable[str] = said.get("capabilities") or VERSION_1
    lacking = sorted(VERSION_1 - set(named))
    if lacking:
        raise Invalid(
            "version_not_spoken",
            f"The partner's system does not understand: {', '.join(lacking)}. It has to be brought up to"
            " version 1 of the partner protocol first.",
        )
    return sorted(set(named))
