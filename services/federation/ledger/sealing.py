"""What an account seals of its own ledger: heads, by the service that keeps the threads, and the end of an
export, by the owner of the keys.

A seal under heads says: this is what my store holds. A seal under an end says: this is what was exported
here, for this person; what in it is mine is under the heads.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from services.common.actor import Actor
from services.common.clock import iso
from services.common.schemas import loaded
from services.federation.ledger import heads
from services.federation.ledger.kept import heads_behind
from services.federation.partners.trusts import TrustBook
from services.federation.schemas import EndInputSchema, HeadsInputSchema

if TYPE_CHECKING:
    from services.common.context import Context


def seal_heads(context: Context, fields: Mapping[str, Any]) -> dict[str, Any]:
    """A page of heads: `{sealed, through, heads: [{thread, partner, sent, received}]}`; ask on behind
    `through` until it is None. Raises Invalid, Unavailable."""
    asked = loaded(HeadsInputSchema(), fields)
    narrowed = {name: asked[name] for name in ("partners", "threads", "since", "until")}
    now = context.clock.now()
    page, through = heads.page_of(heads_behind(context.database, now, after=asked["after"], **narrowed))
    said = {
        **narrowed,
        "since": asked["since"] and iso(asked["since"]),
        "until": asked["until"] and iso(asked["until"]),
        "service": context.service,
        "after": asked["after"],
        "through": through,
        "heads": [head.to_document() for head in page],
    }
    key = TrustBook.of(context).own_ring().current()
    sealed = heads.seal(key, heads.HEADS, context.account, asked["export"], now, **said)
    return {"sealed": sealed, "through": through, "heads": said["heads"]}


def seal_end(context: Context, actor: Actor, fields: Mapping[str, Any]) -> dict[str, Any]:
    """The end of an export of `records` records, the last but one of which has the hash `digest`:
    `{sealed}`. Raises Invalid, Unavailable."""
    asked = loaded(EndInputSchema(), fields)
    key = TrustBook.of(context).own_ring().current()
    said = {"records": asked["records"], "digest": asked["digest"], "sealed_for": actor.name or None}
    now = context.clock.now()
    return {"sealed": heads.seal(key, heads.END, context.account, asked["export"], now, **said)}
