"""Sessions of people who signed in with a password, and how often one may try to.

A session's id is 256 random bits in a cookie; kept is its SHA-256, as of a token (`model.tokens`). It ends an
hour after it was last used and twelve hours after it began, whatever comes first (within what NIST SP 800-63B
asks of its second level), when its owner signs out, and when his password changes: it names the `number` of
the password that it was opened with.

Tries: a stranger who knows an e-mail address must not keep its owner out, and one who has many networks must
not try without end. So a browser in which somebody has signed in before carries a mark, and its tries with
his address are counted for itself alone. All others are counted for the address with the network, for the
network, and for the address, each in a window that begins with its first try.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from datetime import datetime, timedelta
from hashlib import sha256
from ipaddress import IPv6Address, ip_address, ip_network
from typing import Any, Final

IDLE: Final = timedelta(hours=1)
LONGEST: Final = timedelta(hours=12)
MOST_OPEN: Final = 20
"""How many sessions of a person are kept: those that were opened last."""
TOUCHED_EVERY: Final = timedelta(minutes=1)
"""That a session was used is noted as often as this, not with every page."""

WINDOW: Final = timedelta(minutes=15)
MOST_TRIES: Final[Mapping[str, int]] = {
    "browser": 10,  # that the person has signed in with before
    "pair": 10,  # of an e-mail address and the network that it is tried from
    "address": 100,  # of a network, which an office may share
    "person": 100,  # of an e-mail address, from wherever
    "owner": 10,  # who gives his old password to change it
}
"""How many tries may fail in a window."""
OF_OTHERS_TOO: Final = frozenset({"address", "person"})
"""Counts in which a right try takes back no more than itself: who knows one password has no more tries."""
_IPV6_NETWORK: Final = 64  # what one customer of a provider has, or less (RFC 6177)


def network_of(address: str) -> str:
    """Where somebody is, of the network address that he comes from: he may choose among those of an IPv6
    network. A port that a proxy has written behind is left out; what is no address stays as it is.
    """
    host = address.removeprefix("[").partition("]")[0] if "[" in address else address
    if host.count(":") == 1:
        host = host.partition(":")[0]
    try:
        found = ip_address(host)
    except ValueError:
        return address
    if isinstance(found, IPv6Address):
        mapped = found.ipv4_mapped
        return str(mapped or ip_network((found.packed, _IPV6_NETWORK), strict=False))
    return str(found)


def browser_mark(nonce: str, kept: str) -> str:
    """By what a browser is known in which somebody has signed in. It opens nothing. `nonce`: random
    characters; `kept`: his password's hash, so the mark ends with the password.
    """
    return f"{nonce}.{hmac.new(kept.encode(), f'browser {nonce}'.encode(), sha256).hexdigest()}"


def is_browser_mark(mark: str, kept: str) -> bool:
    """Whether it is a mark of who has this password's hash."""
    return hmac.compare_digest(browser_mark(mark.partition(".")[0], kept).encode(), mark.encode())


def is_open(session: Mapping[str, Any], number: int, now: datetime) -> bool:
    """Whether a session is good. `number`: of its owner's password as it is now."""
    used: datetime = session["seen_at"]
    begun: datetime = session["created_at"]
    return bool(session["number"] == number) and now < used + IDLE and now < begun + LONGEST


def is_due(session: Mapping[str, Any], now: datetime) -> bool:
    """Whether it is to be noted that the session was used."""
    noted: datetime = session["seen_at"]
    return now >= noted + TOUCHED_EVERY


def minutes_left(ends_at: datetime, now: datetime) -> int:
    """Whole minutes until a window ends, rounded up; one at least."""
    return max(1, -int(-(ends_at - now).total_seconds() // 60))
