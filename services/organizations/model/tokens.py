"""Personal access tokens.

A token is 256 random bits, shown once, and kept only as its SHA-256: with that many bits nothing is left to
guess, and a slow hash on every call would be the slowest part of the API. It carries scopes
(`<resource>:<read|write>`, `*` for all of either), may expire, and can be revoked. Scopes only narrow
what its owner may do.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable
from datetime import datetime

from services.organizations.model.rules import RuleBroken

TOKEN_BYTES = 32
MIN_FOUNDING_TOKEN_CHARACTERS = 32

RESOURCES: tuple[str, ...] = (
    "account",
    "affected_slas",
    "attachments",
    "calendars",
    "dashboards",
    "deliveries",
    "export",
    "flsas",
    "handovers",
    "holidays",
    "import",
    "ledger",
    "notes",
    "organizations",
    "parked_events",
    "parked_messages",
    "people",
    "quarantined_messages",
    "reports",
    "requests",
    "service_instances",
    "service_offerings",
    "services",
    "sites",
    "sla_coverage_groups",
    "sla_notification_schemes",
    "slas",
    "teams",
    "tokens",
    "trusts",
    "ui_extensions",
    "waiting_for_customer_follow_ups",
)
ACTIONS: tuple[str, ...] = ("read", "write")
EVERYTHING = "*"
SCOPES: tuple[str, ...] = (
    EVERYTHING,
    *(f"{EVERYTHING}:{action}" for action in ACTIONS),
    *(f"{resource}:{action}" for resource in (*RESOURCES,) for action in (EVERYTHING, *ACTIONS)),
)


def written(random: bytes) -> str:
    """The token as its owner sees it: base64url without padding. `random` is 32 random bytes."""
    if len(random) != TOKEN_BYTES:
        raise ValueError(f"a token is made of {TOKEN_BYTES} random bytes")
    return base64.urlsafe_b64encode(random).rstrip(b"=").decode("ascii")


def sha256_of(token: str) -> str:
    """What is kept of a token: SHA-256 of its characters, in hexadecimal."""
    return hashlib.sha256(token.encode("utf-8")).hexdigest()


def founding(text: str) -> str:
    """The first administrator's token out of its file. Raises RuleBroken `weak_token`."""
    token = text.strip()
    if len(token) < MIN_FOUNDING_TOKEN_CHARACTERS or any(character.isspace() for character in token):
        raise RuleBroken(
            "weak_token",
            f"The founding token must have at least {MIN_FOUNDING_TOKEN_CHARACTERS} characters and no blanks "
            "between them. Make one of 32 random bytes in base64url.",
        )
    return token


def checked_scopes(scopes: Iterable[str]) -> tuple[str, ...]:
    """The scopes without doubles, sorted. Raises RuleBroken `unknown_scope`."""
    wanted = sorted(set(scopes))
    unknown = [scope for scope in wanted if scope not in SCOPES]
    if unknown or not wanted:
        raise RuleBroken(
            "unknown_scope",
            "Scopes are '*', '<resource>:read' or '<resource>:write', with a resource of: "
            f"{', '.join(RESOURCES)}, or '*'.",
            [("scopes", f"unknown: {', '.join(unknown)}" if unknown else "at least one is needed")],
        )
    return tuple(wanted)


def allows(scopes: Iterable[str], resource: str, action: str) -> bool:
    """Whether a token with these scopes may `read` or `write` the resource. Neither implies the other."""
    granted = set(scopes)
    return not granted.isdisjoint(
        (EVERYTHING, f"{EVERYTHING}:{action}", f"{resource}:{EVERYTHING}", f"{resource}:{action}")
    )


def covers(granted: Iterable[str], scope: str) -> bool:
    """Whether scopes allow all that another one allows."""
    owned = tuple(granted)
    resource, _, action = scope.partition(":")
    wanted = ACTIONS if action in ("", EVERYTHING) else (action,)
    return all(allows(owned, resource, each) for each in wanted)


def within(
    scopes: Iterable[str],
    expires_at: datetime | None,
    makers_scopes: Iterable[str],
    makers_expires_at: datetime | None,
) -> None:
    """A token makes no token that may do more than itself, or that outlives it: else who finds one for an
    hour has one for ever. Raises RuleBroken `scope_missing` or `outlives_its_maker`.
    """
    granted = tuple(makers_scopes)
    if beyond := [scope for scope in scopes if not covers(granted, scope)]:
        raise RuleBroken(
            "scope_missing",
            f"This token can make tokens with {', '.join(sorted(granted))} only.",
            [("scopes", f"more than this token has: {', '.join(beyond)}")],
        )
    if makers_expires_at is not None and (expires_at is None or expires_at > makers_expires_at):
        raise RuleBroken(
            "outlives_its_maker",
            f"This token expires at {makers_expires_at:%Y-%m-%dT%H:%M:%SZ}; so must those that it makes. "
            "For a longer one use a token that lasts longer, or ask an account administrator.",
            [("expires_at", "must not be later than this token's own")],
        )


def checked_expiry(expires_at: datetime | None, now: datetime) -> datetime | None:
    """Raises RuleBroken `already_expired` for a time that is not in the future."""
    if expires_at is not None and expires_at <= now:
        raise RuleBroken(
            "already_expired",
            "The token would already be expired. Give a time in the future, or none.",
            [("expires_at", "must be in the future")],
        )
    return expires_at


def is_valid(expires_at: datetime | None, revoked_at: datetime | None, now: datetime) -> bool:
    """A token is good until the instant it expires, and not from the instant it was revoked."""
    return revoked_at is None and (expires_at is None or now < expires_at)
