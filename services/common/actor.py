"""Who asks: a person of the account with his roles and teams, or the account's own services."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from services.common.errors import Forbidden, Unauthorized
from services.common.roles import ROLES, STAFF

SYSTEM = "system"


@dataclass(frozen=True, slots=True)
class Actor:
    """One who may be asked for his roles. `person_id` is None for the account's own services."""

    person_id: int | None
    account: str
    roles: frozenset[str] = frozenset()
    team_ids: frozenset[int] = frozenset()
    organization_id: int | None = None
    name: str = ""

    @classmethod
    def system(cls, account: str) -> Actor:
        """The account itself: timers, event handlers, partners' messages. It passes every role check."""
        return cls(None, account, frozenset({SYSTEM}), name=account)

    @property
    def is_system(self) -> bool:
        return SYSTEM in self.roles

    @property
    def works_here(self) -> bool:
        """Whether he works for the account: an end user and a key contact do not."""
        return self.has(*STAFF)

    def has(self, *roles: str) -> bool:
        """Whether he has any of the roles (the account itself has all)."""
        return self.is_system or not self.roles.isdisjoint(roles)

    def needs(self, *roles: str) -> None:
        """Raises `Forbidden` unless he has any of the roles."""
        if not self.has(*roles):
            wanted = " or ".join(sorted(roles))
            raise Forbidden("role_missing", f"This needs the role {wanted}.")

    def to_wire(self) -> dict[str, Any]:
        return {
            "person_id": self.person_id,
            "account": self.account,
            "roles": sorted(self.roles),
            "team_ids": sorted(self.team_ids),
            "organization_id": self.organization_id,
            "name": self.name,
        }

    @classmethod
    def from_wire(cls, wire: Mapping[str, Any] | Actor) -> Actor:
        """The actor of `to_wire`; `Unauthorized` when it is none. An actor is given back as he is."""
        if isinstance(wire, Actor):
            return wire
        try:
            return cls(
                _optional_integer(wire["person_id"]),
                _text(wire["account"]),
                _names(wire["roles"]),
                frozenset(int(team_id) for team_id in wire.get("team_ids") or ()),
                _optional_integer(wire.get("organization_id")),
                _text(wire.get("name") or ""),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise Unauthorized("actor_malformed", "The call does not say who asks.") from error


def _optional_integer(value: Any) -> int | None:
    return None if value is None else int(value)


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError("not a text")
    return value


def _names(values: Iterable[Any]) -> frozenset[str]:
    names = frozenset(_text(value) for value in values)
    if unknown := names - ROLES - {SYSTEM}:
        raise ValueError(f"unknown roles {sorted(unknown)}")
    return names
