"""Our own keys, as administrators rotate and revoke them. Who has to be told of it is `announcing`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from services.common import roles
from services.common.actor import Actor
from services.common.context import Context
from services.common.copies import saved_event
from services.common.store import decide_again
from services.federation.partners.trusts import TrustBook
from services.federation.sealing.keys import SEAL
from services.federation.sealing.rings import OwnRing
from services.organizations.actions.saving import entry, records
from services.organizations.actions.trusting.announcing import announce_all
from services.organizations.actions.trusting.keyrings import secret_of


def rotate_keys(context: Context, actor: Actor) -> dict[str, Any]:
    """The next key is used from now on, towards each partner who knows it. What was sealed before verifies
    on.

    Answers `{id, kid}`: the account and its current key. Raises Forbidden.
    """
    actor.needs(*roles.ADMINISTRATORS)
    return _turned(context, actor, "rotate_keys", None)


def revoke_key(context: Context, actor: Actor, kid: str) -> dict[str, Any]:
    """This key of ours verifies nothing any more, wherever the revocation has arrived; the ring is rotated
    with it. What it sealed and nobody has receipted is sealed again.

    Answers as above. Raises Forbidden, Invalid `unknown_key`, `illegal_move`.
    """
    actor.needs(*roles.ADMINISTRATORS)
    return _turned(context, actor, "revoke_key", kid)


def _turned(context: Context, actor: Actor, action: str, kid: str | None) -> dict[str, Any]:
    now = context.clock.now()
    ring = _saved(
        context, actor, action, lambda ring: ring.rotated(now) if kid is None else ring.revoked(kid, now)
    )
    TrustBook.of(context).forget()
    announce_all(context)
    return {"id": context.account, "kid": ring.current(SEAL).kid}


@decide_again
def _saved(context: Context, actor: Actor, action: str, turn: Callable[[OwnRing], OwnRing]) -> OwnRing:
    record = records(context, "keyring").get(context.account)
    before = OwnRing.from_document(record.state, secret_of(context.config))
    ring = turn(before)
    states = {key.kid: key.state for key in before.keys}
    changes = {
        key.kid: [states.get(key.kid), key.state] for key in ring.keys if states.get(key.kid) != key.state
    }
    document = ring.to_document(secret_of(context.config))
    records(context, "keyring").save(
        record,
        document,
        rows=[saved_event("keyring", context.account, record.version + 1, document)],
        history=[entry(context, actor, action, {"keys": [None, changes]})],
    )
    return ring
