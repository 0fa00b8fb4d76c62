"""Who is behind a bearer token.

The token's SHA-256 is looked up in the organizations service's database. What was found is kept for a few
seconds, so that a token revoked elsewhere works at most that much longer; what is changed through this
gateway counts at once (`forget`).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from services.common.actor import Actor
from services.common.errors import Forbidden, Unauthorized

KEPT = timedelta(seconds=2)
MAX_KEPT = 10_000
EVERY_SCOPE = frozenset({"*"})
_BEARER = re.compile(r"Bearer +(?P<token>[\x21-\x7e]{16,512})", re.IGNORECASE)


@dataclass(frozen=True)
class Holder:
    """The person behind a token, and what the token was made for. `token_hash` names the token, and so does
    `token_id`, its record's. Who has signed in to the pages has a session in its place, and no `token_id`.
    """

    actor: Actor
    scopes: frozenset[str]
    token_hash: str
    token_id: int | None

    def check_scope(self, resource: str, action: str) -> None:
        """Raises Forbidden when the token was not made to `read` or `write` the resource."""
        enough = {"*", f"*:{action}", f"{resource}:*", f"{resource}:{action}"}
        if resource and self.scopes.isdisjoint(enough):
            raise Forbidden("scope_missing", f"This token may not {action} {resource}.")


class Tokens:
    """`find` gives the holder of a token by its SHA-256, or None; it is asked now and then."""

    def __init__(self, find: Callable[[str], Holder | None]) -> None:
        self._find = find
        self._kept: dict[str, tuple[datetime, Holder]] = {}

    def holder(self, authorization: str | None, now: datetime) -> Holder:
        """The holder of the token in an Authorization header. Raises Unauthorized."""
        match = _BEARER.fullmatch(authorization or "")
        if match is None:
            raise Unauthorized
        token_hash = hashlib.sha256(match["token"].encode()).hexdigest()
        kept_until, holder = self._kept.get(token_hash, (now, None))
        if holder is not None and now < kept_until:
            return holder
        found = self._find(token_hash)
        if found is None:
            self._kept.pop(token_hash, None)
            raise Unauthorized
        if len(self._kept) >= MAX_KEPT:
            self._kept.clear()
        self._kept[token_hash] = (now + KEPT, found)
        return found

    def forget(self) -> None:
        """Looks every token up again: people, roles, teams or tokens have changed."""
        self._kept.clear()
