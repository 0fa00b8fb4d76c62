"""An account's two places on a broker: the inside vhost and the border vhost, and its own user on both.

Made through the management API, idempotently. What partners get on the border (users, exchanges, lanes) is
made by the organizations service when a trust is, not here.
"""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote

import requests

_TIMEOUT_SECONDS = 15
_TRIES = 4


class BrokerRefused(Exception):
    """The management API answered with an error, or not at all. The text says what was asked."""


@dataclass(frozen=True)
class Vhosts:
    """Names of an account's vhosts; its user has the account's id."""

    inside: str
    border: str

    @staticmethod
    def of(account: str) -> Vhosts:
        return Vhosts(inside=account, border=f"{account}.border")


def ensure_vhosts(admin_uri: str, account: str, password: str) -> Vhosts:
    """Makes vhosts and user where they are missing, and sets the user's password. Raises BrokerRefused."""
    vhosts = Vhosts.of(account)
    with requests.Session() as session:
        _put(session, admin_uri, f"users/{quote(account)}", {"password": password, "tags": ""})
        for vhost in (vhosts.inside, vhosts.border):
            name = quote(vhost, safe="")
            _put(session, admin_uri, f"vhosts/{name}", {})
            everything = {"configure": ".*", "write": ".*", "read": ".*"}
            _put(session, admin_uri, f"permissions/{name}/{quote(account)}", everything)
    return vhosts


def _put(session: requests.Session, admin_uri: str, path: str, body: dict[str, str]) -> None:
    answer = _answered(session, f"{admin_uri}/api/{path}", body)
    if not answer.ok:
        raise BrokerRefused(f"PUT {path}: {answer.status_code} {answer.text[:200]}")


def _answered(session: requests.Session, url: str, body: dict[str, str]) -> requests.Response:
    """What is put may be put again: a broker on a busy machine gets its time."""
    for tries_left in reversed(range(_TRIES)):
        try:
            return session.put(url, json=body, timeout=_TIMEOUT_SECONDS)
        except requests.RequestException as problem:
            if tries_left and isinstance(problem, requests.Timeout):
                continue
            raise BrokerRefused(
                f"PUT {url}: the broker does not answer ({type(problem).__name__})"
            ) from problem
    raise AssertionError("the last try returns or raises")
