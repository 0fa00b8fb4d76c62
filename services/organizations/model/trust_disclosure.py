"""What a trust makes visible to whom, so that it is known before it is made or its options are changed.

Both accounts tell each other what the invitation and `trust.accepted` hold (`TOLD`), and nothing else: a
trust alone shows nobody a record. What we allow the partner by options shows more of ours (`Option.shows`);
what the partner allows us is told in his account.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from services.organizations.model.trusts import OPTIONS, Option

# What is said of each field that introduces an account; `{name}` and `{domain}` are its own.
TOLD: Final[Mapping[str, str]] = {
    "name": 'the name of the account, "{name}"',
    "domain": "its domain, {domain}",
    "border": "the address of its border, and the certificate authority to trust there",
    "credentials": "a user and a password for that border, which deliver messages and read nothing",
    "keys": "its public keys",
    "capabilities": "which types of messages it understands",
}
_NOT_KNOWN_YET: Final = "as the answer will tell it"


@dataclass(frozen=True)
class Line:
    """`to` whom, what he `sees`, `of` whose it is; all in words."""

    to: str
    sees: str
    of: str


@dataclass(frozen=True)
class Party:
    """One of the two accounts. `domain`: None while only its id is known."""

    name: str
    domain: str | None


def disclosed(own: Party, partner: Party, options: Mapping[str, Any], teams: Mapping[int, str]) -> list[Line]:
    """What the two accounts see of each other by a trust with these options (all that there are). `teams`:
    the names of those that options are limited to.
    """
    return [
        *_introduction(own, partner),
        *_introduction(partner, own),
        *(
            Line(partner.name, _shown(option, options, teams), own.name)
            for name, option in OPTIONS.items()
            if options[name]
        ),
    ]


def _introduction(of: Party, to: Party) -> list[Line]:
    named = {"name": of.name, "domain": of.domain or _NOT_KNOWN_YET}
    return [Line(to.name, text.format(**named), of.name) for text in TOLD.values()]


def _shown(option: Option, options: Mapping[str, Any], teams: Mapping[int, str]) -> str:
    chosen = options.get(option.limited_to_teams) if option.limited_to_teams else None
    named = ", ".join(f'"{teams[id]}"' for id in chosen) if chosen else "every one of ours"
    return option.shows.format(teams=named)
