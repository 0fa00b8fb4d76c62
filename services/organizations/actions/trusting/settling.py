"""Settling: making the world as a trust's document says it is.

A save of a trust comes first and marks it as unsettled; then the partner's key ring is kept and his user,
exchange and lanes are made on our border, and the mark is taken off. All of it can be done again without
harm, and a timer does it for every mark that is still there: so a crash, or a broker that was away, is healed
by itself.

A partner has one user on our border, and a second one while its credentials are renewed (`credentials`).

When an invitation was withdrawn or has expired, the partner is shut out: its user and key are gone. Lanes
stay, because nothing that was received is ever deleted; so does all of a trust that was active and has ended.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

import structlog

from services.common.actor import Actor
from services.common.config import Config
from services.common.context import Context
from services.common.errors import InterdeskError, Stale, Unavailable
from services.common.store import decide_again
from services.federation.outgoing.deliveries import Deliveries
from services.federation.partners.topology import BrokerAdmin, user_of
from services.federation.partners.trusts import ENDED, INVITED, OPEN, TrustBook
from services.federation.sealing import ciphers
from services.federation.sealing.rings import PartnerRing
from services.organizations import store
from services.organizations.actions.saving import records, save, saved
from services.organizations.actions.trusting.keyrings import keep_partner_ring, secret_of
from services.organizations.model import trusts

log = structlog.get_logger(__name__)

PASSWORD_BYTES = 32

# The border of settled trusts is looked at once in so many sweeps.
LOOK_FACTOR = 6
_LOOKED_AT = "border_looked_at"


def fresh_password(context: Context, partner: str, renewal: str = "") -> tuple[dict[str, str], str]:
    """New credentials for the partner on our border: `{user, password}`, and the same encrypted at rest.

    `renewal`: for a user of its own beside the present one (`topology.user_of`).
    """
    credentials = {
        "user": user_of(context.account, partner, renewal),
        "password": secrets.token_urlsafe(PASSWORD_BYTES),
    }
    return credentials, ciphers.encrypt_at_rest(secret_of(context.config), credentials)


def settle(context: Context, partner: str) -> bool:
    """Settles one trust; False when that must wait (the reason is logged and the timer tries again)."""
    try:
        _settle(context, partner)
    except Stale:
        return False  # it was changed meanwhile; that change settles it
    except InterdeskError as error:
        log.warning("trust not settled yet", partner=partner, code=error.code, error=error.message)
        return False
    return True


def settle_all(context: Context) -> None:
    """Expires invitations that have run out, settles every trust that is not, and looks after the border of
    the others; called by a timer.
    """
    trusts_kept = store.records(context, store.TRUSTS)
    now = context.clock.now()
    for record in list(trusts_kept.find({"status": INVITED})):
        if trusts.has_expired(record.state["role"], record.state["invitation"]["expires_at"], now):
            _expire(context, record.id)
    for record in list(trusts_kept.find({"unsettled": True})):
        settle(context, record.id)
    _look_after_border(context)


def ensure_border(context: Context) -> None:
    """The account's border vhost, and for every partner his user, exchange and lanes. Raises Unavailable."""
    if context.config.broker_admin_uri is None:
        return
    with BrokerAdmin(context.config.broker_admin_uri) as broker:
        broker.ensure_border(context.account)
        for record in list(store.records(context, store.TRUSTS).find({"status": {"$in": sorted(OPEN)}})):
            for login in logins(context, record.state):
                broker.ensure_partner(context.account, record.id, login["password"], login["user"])


def _look_after_border(context: Context) -> None:
    """What was deleted on the broker, or went with a broker that came back empty, is made again."""
    now = context.clock.now()
    looked_at = context.kept.get(_LOOKED_AT)
    if looked_at is not None and now - looked_at < LOOK_FACTOR * timedelta(
        seconds=context.config.sweep_seconds
    ):
        return
    ensure_border(context)
    context.kept[_LOOKED_AT] = now


def _settle(context: Context, partner: str) -> None:
    record = records(context, "trust").get(partner)
    state = record.state
    if not state.get("unsettled"):
        return
    shut_out = state["status"] == ENDED and state["accepted_at"] is None
    ring = {"account": partner, "keys": [] if shut_out else state["keys"]}
    keep_partner_ring(context, PartnerRing.from_document(ring))
    TrustBook.of(context).forget()
    with BrokerAdmin(broker_admin_uri(context.config)) as broker:
        known = [] if shut_out else list(logins(context, state))
        for login in known:
            if state.get("border_ready_at") is None:
                broker.ensure_partner(context.account, partner, login["password"], login["user"])
            else:  # all else is there, and looked after by the timer
                broker.set_password(context.account, partner, login["password"], login["user"])
        broker.shut_out(context.account, partner, [login["user"] for login in known])
    if state["thread"] is not None:  # an invitation that was accepted in place of an earlier one
        Deliveries(context).withdraw(partner, "trust", state["thread"]["id"])
    settled = {name: value for name, value in state.items() if name != "unsettled"}
    settled["border_ready_at"] = None if shut_out else context.clock.now()
    records(context, "trust").save(
        record, settled, rows=[saved("trust", partner, record.version + 1, settled)]
    )


def open_border(context: Context, partner: str, credentials: Mapping[str, str]) -> None:
    """The partner's user, exchange and lanes are on our border from now on. Raises Unavailable."""
    with BrokerAdmin(broker_admin_uri(context.config)) as broker:
        broker.ensure_partner(context.account, partner, credentials["password"], credentials["user"])


def set_password(context: Context, partner: str, credentials: Mapping[str, str]) -> None:
    """The partner's user has this password from now on; open connections stay. Raises Unavailable."""
    with BrokerAdmin(broker_admin_uri(context.config)) as broker:
        broker.set_password(context.account, partner, credentials["password"], credentials["user"])


def logins(context: Context, trust: Mapping[str, Any]) -> Iterator[dict[str, str]]:
    """The partner's `{user, password}` on our border: as they stand, and those that shall replace them."""
    for kept in (trust["their_credentials"], trust.get("their_next_credentials")):
        if kept is not None:
            yield ciphers.decrypt_at_rest(secret_of(context.config), kept)


def broker_admin_uri(config: Config) -> str:
    """Raises Unavailable `no_broker_admin`."""
    if config.broker_admin_uri is None:
        raise Unavailable(
            "no_broker_admin",
            "INTERDESK_BROKER_ADMIN_URI is not set, so nothing can be made on the border for partners.",
        )
    return config.broker_admin_uri


@decide_again
def _expire(context: Context, partner: str) -> None:
    record = records(context, "trust").get(partner)
    now = context.clock.now()
    if record.state["status"] != INVITED or not trusts.has_expired(
        record.state["role"], record.state["invitation"]["expires_at"], now
    ):
        return
    state = {
        **record.state,
        "status": trusts.moved(INVITED, "end"),
        "ended_at": now,
        "ended_by": "expiry",
        "unsettled": True,
        "updated_at": now,
    }
    changes = {"status": [INVITED, state["status"]]}
    save(context, Actor.system(context.account), "trust", record, state, changes, action="expired")
