"""Announcing our keys: every partner is told of our ring as it is now, by `keys.announced` in the thread of
the trust.

A trust keeps what the partner is known to know of our keys (`own_keys_known`, as he receipted it) and the
announcement that waits for its receipt (`announcement`). Towards each partner one announcement at a time is
on the way, and nothing but the newest key that he knows seals (`OwnRing.sealing`), so it does not matter how
long he is away, or how often we rotate meanwhile: the announcement after the next receipt tells all of it.

Nothing is done at a rotation that a crash could cut in two: who has to be told what is looked up, by a timer
and right after each change of the ring.
"""

from __future__ import annotations

from typing import Any

import structlog

from services.common.actor import Actor
from services.common.context import Context
from services.common.errors import InterdeskError
from services.common.store import decide_again
from services.federation.outgoing import letters
from services.federation.outgoing.deliveries import verdict_on
from services.federation.partners import capabilities
from services.federation.partners.trusts import ACTIVE, SUSPENDED
from services.federation.sealing.rings import OwnRing
from services.federation.threads import Thread
from services.federation.verdicts import ACCEPTED
from services.organizations import store
from services.organizations.actions.saving import records, save
from services.organizations.actions.trusting.keyrings import own_ring

log = structlog.get_logger(__name__)

Told = list[dict[str, str]]
"""Keys of ours and their states, as somebody was told of them: `[{kid, state}]`."""


def told(ring: OwnRing) -> Told:
    """What an announcement of this ring tells."""
    return [{"kid": key["kid"], "state": key["state"]} for key in ring.to_wire()]


def announced(ring: OwnRing, row: dict[str, Any]) -> dict[str, Any]:
    """The `announcement` of a trust: the message (of any type that carries our keys), and what it tells."""
    return {"id": row["id"], "keys": told(ring), "at": row["at"], "refused": None}


def announce_all(context: Context) -> None:
    """Tells each partner what he does not know of our keys, as far as it is his turn to be told."""
    open_trusts = {"status": {"$in": [ACTIVE, SUSPENDED]}}
    found = list(store.records(context, store.TRUSTS).find(open_trusts))
    if not found:
        return  # there may be no ring yet
    ring = own_ring(context)
    for record in found:
        if record.state.get("announcement") is None and record.state.get("own_keys_known") == told(ring):
            continue
        try:
            _announce(context, record.id, ring)
        except InterdeskError as error:
            log.warning("keys not announced yet", partner=record.id, code=error.code, error=error.message)


@decide_again
def _announce(context: Context, partner: str, ring: OwnRing) -> None:
    record = records(context, "trust").get(partner)
    state = record.state
    if state["status"] not in (ACTIVE, SUSPENDED) or state.get("thread") is None:
        return
    known, waiting = state.get("own_keys_known"), state.get("announcement")
    rows: list[dict[str, Any]] = []
    if waiting is not None and waiting["refused"] is None:
        verdict = verdict_on(context, waiting["id"])
        if verdict is None:
            return
        if verdict.word == ACCEPTED:
            known, waiting = waiting["keys"], None
        else:
            waiting = {**waiting, "refused": verdict.code}
    thread = Thread.from_document(state["thread"])
    if told(ring) not in (known, waiting and waiting["keys"]):
        key = ring.sealing(None if known is None else [each["kid"] for each in known])
        body = {"keys": ring.to_wire(), "capabilities": capabilities.OWN}
        thread, row = letters.write(context, thread, type="keys.announced.v1", body=body, key=key)
        rows, waiting = [row], announced(ring, row)
    change = {"own_keys_known": known, "announcement": waiting, "thread": thread.to_document()}
    if all(state.get(name) == value for name, value in change.items()):
        return
    told_now = {"keys_announced": [None, ring.current().kid]} if rows else {"keys_known": [None, partner]}
    state = {**state, **change, "updated_at": context.clock.now()}
    save(context, Actor.system(context.account), "trust", record, state, told_now, "keys", rows)
