"""The contact card of an organization: what of it a partner may see, what is said of it, what is kept of it.

Name, picture, addresses, contacts, and nothing else. The account whose organization it is publishes it to a
partner that an active agreement entitles, again when one of these has changed, and withdraws it when the last
such agreement ends. Each word carries a revision that only rises: the highest one is what the partner last
said, however its words arrive.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

Card = Mapping[str, Any]

MAX_CARD_BYTES: Final = 200 * 1024
"""What fits into a message beside all else that it says."""

_TOO_LARGE_FIRST: Final[Sequence[tuple[str, Any]]] = (
    ("picture_uri", None),
    ("contacts", []),
    ("addresses", []),
)
_ADDRESS: Final = ("label", "address", "city", "state", "zip", "country")
_CONTACT: Final = ("label", "telephone", "email", "website")


def to_show(organization: Mapping[str, Any], of_account: bool) -> dict[str, Any]:
    """What a partner may know of an organization of ours: its card, and whether it is the account itself."""
    return {**card_of(organization), "of_account": of_account}


def card_of(organization: Mapping[str, Any]) -> dict[str, Any]:
    """`{name, picture_uri, addresses, contacts}`. Of one that is too large to be told the picture stays at
    home, then the contacts, then the addresses.
    """
    card: dict[str, Any] = {
        "name": organization["name"],
        "picture_uri": organization.get("picture_uri") or None,
        "addresses": [_only(each, _ADDRESS) for each in organization.get("addresses") or ()],
        "contacts": [_only(each, _CONTACT) for each in organization.get("contacts") or ()],
    }
    for name, nothing in _TOO_LARGE_FIRST:
        if len(json.dumps(card, ensure_ascii=False).encode()) > MAX_CARD_BYTES:
            card[name] = nothing
    return card


def to_wire(id: int, card: Card, revision: Sequence[int]) -> dict[str, Any]:
    """The body of `organization.published`. A card that was told before cards said so is told without
    `of_account`.
    """
    own = {"of_account": card["of_account"]} if "of_account" in card else {}
    return {
        "organization": {"id": id, "name": card["name"]},
        **own,
        "revision": list(revision),
        "picture": card["picture_uri"],
        "addresses": [_all(each, _ADDRESS) for each in card["addresses"]],
        "contacts": [_all(each, _CONTACT) for each in card["contacts"]],
    }


def from_wire(body: Mapping[str, Any]) -> dict[str, Any]:
    """The card that `organization.published` brings."""
    return {
        "name": body["organization"]["name"],
        "picture_uri": body["picture"],
        "addresses": [_only(each, _ADDRESS) for each in body["addresses"]],
        "contacts": [_only(each, _CONTACT) for each in body["contacts"]],
    }


def may_be_of_account(body: Mapping[str, Any]) -> bool:
    """Whether the card may be that of the organization that the partner's account itself is: unless it says
    that it is another's. Who does not say it is taken at the first card that nothing else claims.
    """
    return bool(body.get("of_account", True))


def whose(body: Mapping[str, Any]) -> dict[str, bool]:
    """What a partner's organization keeps of whether it is the account itself, where the card says so."""
    return {"is_account": body["of_account"]} if "of_account" in body else {}


def to_tell(told: Card | None, card: Card, entitled: bool) -> str | None:
    """`published`, `withdrawn` or None: what brings a partner from what it was `told` to what it may know."""
    if entitled:
        return None if told == card else "published"
    return None if told is None else "withdrawn"


def heard(
    state: Mapping[str, Any], revision: Sequence[int], card: Card | None, now: datetime
) -> dict[str, Any] | None:
    """The fields of a partner's organization after a word on its card (None: withdrawn); None when a later
    word was heard before. The name stays when the card goes.
    """
    known = state.get("card_revision")
    if known is not None and list(revision) <= list(known):
        return None
    fields: dict[str, Any] = {"card": card, "card_at": now, "card_revision": list(revision)}
    return fields if card is None else {**fields, "name": card["name"]}


def is_missing(organization: Mapping[str, Any], since: datetime) -> bool:
    """Whether the card of a linked organization should have come by then: nothing was said of it later."""
    if not organization.get("awaited"):
        return False
    last = [organization[name] for name in ("linked_at", "card_at") if organization.get(name) is not None]
    return all(at <= since for at in last)


def _only(each: Mapping[str, Any], names: Sequence[str]) -> dict[str, Any]:
    return {name: each[name] for name in names if each.get(name)}


def _all(each: Mapping[str, Any], names: Sequence[str]) -> dict[str, Any]:
    return {name: each.get(name) for name in names}
