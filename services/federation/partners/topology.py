"""Borders on brokers: what a trust needs on our own border, made through RabbitMQ's management API.

    vhost <account>.border
      exchange from.<partner>        topic, durable; the only thing the partner's user may write to
        ├─ queue requests.from.<partner>         a lane: quorum queue, bounded, reject-publish
        ├─ queue slas.from.<partner>
        └─ queue organizations.from.<partner>
      user <account>.from.<partner>  configure ^$, write ^from\\.<partner>$, read ^$

A partner whose credentials are renewed has a second user, `<account>.from.<partner>.<hex>`, until it comes
with that; then the first one is dropped.

The exchange has one writer, so the delivering exchange proves who delivered. A partner that floods fills its
own lanes and is nacked; nobody else waits. Everything here may be done again without harm: what is missing is
made, what is there stays. So a lane that somebody deleted comes back with the next `ensure_partner`, and what
was in it is sent again by the partner, since it has no receipt.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from typing import Any, Final
from urllib.parse import quote

import requests

from services.common.errors import Unavailable
from services.federation.messages import LANES
from services.federation.threads import ACCOUNT

TIMEOUT_SECONDS: Final = 15
MAX_MESSAGES: Final = 50_000
MAX_BYTES: Final = 256 * 1024 * 1024

_NOTHING: Final = "^$"
_TRIES: Final = 3


def border_vhost(account: str) -> str:
    return f"{account}.border"


def exchange_of(partner: str) -> str:
    """Where `partner` delivers, on somebody else's border."""
    return f"from.{partner}"


def lane_of(service: str, partner: str) -> str:
    """The queue through which the partner's messages reach the service."""
    return f"{service}.from.{partner}"


def user_of(account: str, partner: str, renewal: str = "") -> str:
    """The partner's broker user on the account's border; borders may share a broker. `renewal`: hex digits
    that tell a user apart from the ones before.
    """
    return f"{account}.from.{partner}" + (f".{renewal}" if renewal else "")


class BrokerRefused(Unavailable):
    """The broker's management API answered with an error, or not at all."""

    default_code = "broker_admin_silent"
    default_message = (
        "The broker's management API does not do what it should; see INTERDESK_BROKER_ADMIN_URI."
    )


class BrokerAdmin:
    """The management API at `uri` (http(s)://user:password@host:port). Every method raises BrokerRefused."""

    def __init__(self, uri: str) -> None:
        self._uri = uri.rstrip("/")
        self._session = requests.Session()

    def __enter__(self) -> BrokerAdmin:
        return self

    def __exit__(self, *_: object) -> None:
        self._session.close()

    def ensure_border(self, account: str) -> None:
        """The account's border vhost."""
        self._put(f"vhosts/{_quoted(border_vhost(account))}", {})

    def ensure_partner(
        self, account: str, partner: str, password: str | None, user: str | None = None
    ) -> None:
        """All that `partner` needs on `account`'s border; `password` None leaves its user as it is. `user`:
        another one than its first.
        """
        _check(account, partner)
        user = user or user_of(account, partner)
        vhost, exchange = _quoted(border_vhost(account)), exchange_of(partner)
        self._put(f"exchanges/{vhost}/{_quoted(exchange)}", {"type": "topic", "durable": True})
        for service, keys in LANES.items():
            lane = lane_of(service, partner)
            self._put(f"queues/{vhost}/{_quoted(lane)}", {"durable": True, "arguments": _LANE})
            bound = self._bindings(vhost, exchange, lane)
            for key in set(keys) - bound:
                self._post(f"bindings/{vhost}/e/{_quoted(exchange)}/q/{_quoted(lane)}", {"routing_key": key})
        for left in reversed(range(_TRIES if password is not None else 1)):
            if password is not None:
                self.set_password(account, partner, password, user)
            try:
                self._permit(vhost, user, exchange)
                return
            except BrokerRefused:
                # Whoever settles the trust just now drops (`shut_out`) the user that it does not name yet.
                if not left:
                    raise

    def set_password(self, account: str, partner: str, password: str, user: str | None = None) -> None:
        """The partner's user, with this password from now on. Open connections stay."""
        _check(account, partner)
        user = user or user_of(account, partner)
        self._put(f"users/{_quoted(user)}", {"password": password, "tags": ""})

    def _permit(self, vhost: str, user: str, exchange: str) -> None:
        """The user may write to this exchange and nothing else."""
        write = f"^{exchange.replace('.', chr(92) + '.')}$"
        may = {"configure": _NOTHING, "write": write, "read": _NOTHING}
        self._put(f"permissions/{vhost}/{_quoted(user)}", may)

    def is_connected(self, user: str) -> bool:
        """Whether somebody is there under this name."""
        return bool(self._call("GET", f"connections/username/{_quoted(user)}").json())

    def shut_out(self, account: str, partner: str, but: Collection[str] = ()) -> None:
        """The partner's users are gone, and their connections with them, but for these. Lanes and what is in
        them stay.
        """
        _check(account, partner)
        first = user_of(account, partner)
        for user in (found["name"] for found in self._call("GET", "users").json()):
            if user not in but and (user == first or user.startswith(f"{first}.")):
                self._delete(f"users/{_quoted(user)}")
                self._delete(f"connections/username/{_quoted(user)}")

    def _bindings(self, vhost: str, exchange: str, lane: str) -> set[str]:
        found = self._call("GET", f"bindings/{vhost}/e/{_quoted(exchange)}/q/{_quoted(lane)}").json()
        return {binding["routing_key"] for binding in found}

    def _put(self, path: str, body: Mapping[str, Any]) -> None:
        self._call("PUT", path, body)

    def _post(self, path: str, body: Mapping[str, Any]) -> None:
        self._call("POST", path, body)

    def _delete(self, path: str) -> None:
        self._call("DELETE", path, gone_is_fine=True)

    def _call(
        self, verb: str, path: str, body: Mapping[str, Any] | None = None, *, gone_is_fine: bool = False
    ) -> requests.Response:
        """The body never reaches a log or an error: it may be a password."""
        sent = None if body is None else json.dumps(body)
        try:
            try:
                answer = self._ask(verb, path, sent)
            except requests.ConnectionError:
                answer = self._ask(verb, path, sent)  # the broker may have closed the one that was kept open
        except requests.RequestException as error:
            raise BrokerRefused(message=f"{verb} {path}: {type(error).__name__}") from None
        if answer.ok or (gone_is_fine and answer.status_code == requests.codes.not_found):
            return answer
        raise BrokerRefused(message=f"{verb} {path}: {answer.status_code} {answer.text[:200]}")

    def _ask(self, verb: str, path: str, body: str | None) -> requests.Response:
        headers = {"Content-Type": "application/json"}
        url = f"{self._uri}/api/{path}"
        return self._session.request(verb, url, data=body, headers=headers, timeout=TIMEOUT_SECONDS)


_LANE: Final[Mapping[str, Any]] = {
    "x-queue-type": "quorum",
    "x-overflow": "reject-publish",
    "x-max-length": MAX_MESSAGES,
    "x-max-length-bytes": MAX_BYTES,
}


def _check(account: str, partner: str) -> None:
    """Names become parts of patterns and paths, so they must be account ids."""
    for name in (account, partner):
        if not ACCOUNT.fullmatch(name):
            raise ValueError(f"{name!r} is not an account id")


def _quoted(name: str) -> str:
    return quote(name, safe="")
