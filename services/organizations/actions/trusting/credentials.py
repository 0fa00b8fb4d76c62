"""Renewing what a partner delivers with on our border, without losing a message.

    our border                                     the partner
    a second user, with a password of its own
    trust.credentials_renewed ───────────────────> keeps them, delivers with them from now on
    its receipt, and a connection as that user <──
    the first user is dropped

Until the new user was seen both may deliver, so no delivery is refused; what a connection that is dropped had
in hand is sent again. A partner who refuses the message keeps what he has.
"""

from __future__ import annotations

import secrets
from typing import Any

import structlog

from services.common import roles
from services.common.actor import Actor
from services.common.context import Context
from services.common.errors import Conflict, InterdeskError
from services.common.store import decide_again
from services.federation.outgoing import letters
from services.federation.outgoing.deliveries import verdict_on
from services.federation.partners import capabilities
from services.federation.partners.topology import BrokerAdmin
from services.federation.partners.trusts import ACTIVE
from services.federation.sealing import ciphers
from services.federation.threads import Thread
from services.federation.verdicts import REFUSED
from services.organizations import store
from services.organizations.actions.saving import records, save, whole
from services.organizations.actions.trusting.keyrings import known_ring, secret_of
from services.organizations.actions.trusting.settling import (
    broker_admin_uri,
    fresh_password,
    open_border,
    settle,
)

log = structlog.get_logger(__name__)

RENEWAL_BYTES = 4
RENEWED = "trust.credentials_renewed.v1"


def renew_credentials(context: Context, actor: Actor, partner: str) -> dict[str, Any]:
    """Hands the partner a new user and password for our border. Answers the trust.

    Raises Forbidden, NotFound, Conflict `trust_not_active`, `type_not_spoken`, `renewal_under_way`,
    Unavailable.
    """
    actor.needs(*roles.ADMINISTRATORS)
    trust = _renewed(context, actor, partner)
    settle(context, partner)
    return trust


@decide_again
def _renewed(context: Context, actor: Actor, partner: str) -> dict[str, Any]:
    record = records(context, "trust").get(partner)
    state = record.state
    if state["status"] != ACTIVE:
        raise Conflict(
            "trust_not_active", f"The trust with {partner} is {state['status']}: he could not be told."
        )
    if not capabilities.understands(state.get("capabilities"), RENEWED):
        raise Conflict(
            "type_not_spoken",
            f"The system of {partner} does not understand {RENEWED}. It has to be brought up to date first;"
            " or end the trust and invite anew.",
        )
    if state.get("their_next_credentials") is not None:
        raise Conflict(
            "renewal_under_way", f"{partner} has not yet used the credentials that were sent last."
        )
    renewed, kept = fresh_password(context, partner, secrets.token_hex(RENEWAL_BYTES))
    # Before the message leaves: with it the partner may come at once.
    open_border(context, partner, renewed)
    key = known_ring(partner, state["keys"]).encrypting()
    thread, row = letters.write(
        context,
        Thread.from_document(state["thread"]),
        type=RENEWED,
        body={"credentials": ciphers.encrypt_for(key.kid, key.public, renewed)},
    )
    state = {
        **state,
        "thread": thread.to_document(),
        "their_next_credentials": kept,
        "renewal": {"id": row["id"], "at": row["at"], "refused": None},
        "border_ready_at": None,
        "unsettled": True,
        "updated_at": row["at"],
    }
    changes = {"credentials": [None, "sent"]}
    return whole(save(context, actor, "trust", record, state, changes, "renew_credentials", [row]))


def settle_renewals(context: Context) -> None:
    """Drops the users that are not needed any more; called by a timer."""
    under_way = {"their_next_credentials": {"$exists": True, "$ne": None}}
    for record in list(store.records(context, store.TRUSTS).find(under_way)):
        try:
            _settle_renewal(context, record.id)
        except InterdeskError as error:
            log.warning("a renewal waits", partner=record.id, code=error.code, error=error.message)


@decide_again
def _settle_renewal(context: Context, partner: str) -> None:
    record = records(context, "trust").get(partner)
    state = record.state
    kept, renewal = state.get("their_next_credentials"), state.get("renewal")
    if kept is None or renewal is None:
        return
    verdict = verdict_on(context, renewal["id"])
    if verdict is None:
        return
    if verdict.word == REFUSED:
        change: dict[str, Any] = {"renewal": {**renewal, "refused": verdict.code}}
        said = f"refused: {verdict.code}"
    elif _is_used(context, kept):
        change = {"their_credentials": kept, "renewal": None, "credentials_renewed_at": context.clock.now()}
        said = "used"
    else:
        return
    state = {**state, **change, "their_next_credentials": None, "unsettled": True}
    changes = {"credentials": ["sent", said]}
    save(context, Actor.system(context.account), "trust", record, state, changes, "renew_credentials")
    settle(context, partner)


def _is_used(context: Context, kept: str) -> bool:
    user = ciphers.decrypt_at_rest(secret_of(context.config), kept)["user"]
    with BrokerAdmin(broker_admin_uri(context.config)) as broker:
        return broker.is_connected(user)
