"""Parting: a copy of a deployment becomes one of its own (`interdesk restore --as-copy`).

It gets new keys, and the trusts of the original end here, without a word to the partners: their trust is with
the original. The other services hear of it as of any trust that ends, end their episodes, and then open
their borders (`services.federation.restoring.deployment`). All of it can be done again without harm.
"""

from __future__ import annotations

import structlog

from services.common.actor import Actor
from services.common.context import Context
from services.common.copies import saved_event
from services.common.store import decide_again
from services.federation.partners.trusts import ENDED, TrustBook
from services.federation.restoring.deployment import Deployment
from services.federation.sealing.rings import OwnRing
from services.organizations.actions.saving import entry, records, save
from services.organizations.actions.trusting.keyrings import secret_of
from services.organizations.model import trusts

log = structlog.get_logger(__name__)

# Without these nobody is reached, and nobody let in.
_WAYS = ("border_address", "border_ca", "credentials", "their_credentials", "their_next_credentials")


def part(context: Context) -> None:
    """Called by a timer; does nothing where there is nothing to part from. Raises Unavailable."""
    deployment = Deployment.of(context)
    if not deployment.parting:
        return
    for record in list(records(context, "trust").find({})):
        _end(context, record.id)
    _renew_keys(context)
    TrustBook.of(context).forget()
    deployment.parted()
    log.warning("this deployment is a copy now: it has new keys, and no trusts")


@decide_again
def _end(context: Context, partner: str) -> None:
    record = records(context, "trust").get(partner)
    now, status = context.clock.now(), record.state["status"]
    if status == ENDED and not any(record.state.get(way) for way in _WAYS):
        return
    state = {**record.state, **dict.fromkeys(_WAYS), "own_keys_known": None, "announcement": None}
    state |= {"renewal": None, "unsettled": True, "updated_at": now}
    if status != ENDED:
        state |= {"status": trusts.moved(status, "end"), "ended_at": now, "ended_by": "copy"}
    changes = {"status": [status, state["status"]]}
    save(context, Actor.system(context.account), "trust", record, state, changes, action="part")


@decide_again
def _renew_keys(context: Context) -> None:
    record = records(context, "keyring").get(context.account)
    secret = secret_of(context.config)
    document = OwnRing.from_document(record.state, secret).of_copy(context.clock.now()).to_document(secret)
    records(context, "keyring").save(
        record,
        document,
        rows=[saved_event("keyring", context.account, record.version + 1, document)],
        history=[entry(context, Actor.system(context.account), "part", {})],
    )
