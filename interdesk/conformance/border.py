"""The border of the account that the trial plays: on a private broker, or on one that is given. Nothing of it
stays.
"""

from __future__ import annotations

import secrets
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

import requests

from interdesk.local.deployment import BROKERS, BrokerKind
from interdesk.vhosts import BrokerRefused, Vhosts, ensure_vhosts
from services.federation.partners.topology import BrokerAdmin, user_of

_TIMEOUT_SECONDS = 15


class BorderTaken(Exception):
    """The broker has a border of that account already, which the trial must not touch."""


@dataclass(frozen=True)
class GivenBroker:
    """A broker that the deployment under test can reach. `admin_uri`: its management API, http(s)://user:…@…;
    `host`: host:port of AMQP over TLS; `ca`: PEM of the authority to trust there.
    """

    admin_uri: str = field(repr=False)
    host: str
    ca: str


@dataclass(frozen=True)
class OwnBorder:
    """Where partners deliver to the account. `user` and `password` are the account's own there."""

    account: str
    address: str
    ca: str
    password: str = field(repr=False)
    admin_uri: str = field(repr=False)

    def admit(self, partner: str) -> dict[str, str]:
        """Makes all that the partner needs here; gives its credentials."""
        password = secrets.token_urlsafe(32)
        with BrokerAdmin(self.admin_uri) as broker:
            broker.ensure_partner(self.account, partner, password)
        return {"user": user_of(self.account, partner), "password": password}


@contextmanager
def own_border(account: str, partner: str, on: GivenBroker | BrokerKind) -> Iterator[OwnBorder]:
    """The account's border, as long as it is needed. Raises BorderTaken, BrokerRefused, StartFailed."""
    if not isinstance(on, GivenBroker):
        with (
            tempfile.TemporaryDirectory(prefix="interdesk-conformance-") as directory,
            BROKERS[on](Path(directory) / "broker", dies_with_parent=True).started() as broker,
        ):
            host = broker.amqps_address("").removeprefix("amqps://").rstrip("/")
            yield _made(account, GivenBroker(broker.admin_uri, host, broker.ca_pem))
        return
    vhosts = Vhosts.of(account)
    own = [f"vhosts/{quote(name, safe='')}" for name in (vhosts.inside, vhosts.border)]
    own.append(f"users/{quote(account)}")
    if any(_call("GET", on, path) for path in own):
        raise BorderTaken(
            f"the broker has a vhost or a user of the account {account} already; have another account"
            " invited, or give another broker"
        )
    try:
        yield _made(account, on)
    finally:
        for path in (*own, f"users/{quote(user_of(account, partner))}"):
            _call("DELETE", on, path)


def _made(account: str, given: GivenBroker) -> OwnBorder:
    password = secrets.token_urlsafe(32)
    vhosts = ensure_vhosts(given.admin_uri, account, password)
    address = f"amqps://{given.host}/{quote(vhosts.border, safe='')}"
    return OwnBorder(account, address, given.ca, password, given.admin_uri)


def _call(verb: str, given: GivenBroker, path: str) -> bool:
    """Whether it was there. Raises BrokerRefused."""
    try:
        answer = requests.request(verb, f"{given.admin_uri}/api/{path}", timeout=_TIMEOUT_SECONDS)
    except requests.RequestException as problem:
        raise BrokerRefused(f"{verb} {path}: {type(problem).__name__}") from problem
    if not answer.ok and answer.status_code != requests.codes.not_found:
        raise BrokerRefused(f"{verb} {path}: {answer.status_code} {answer.text[:200]}")
    return answer.ok
