"""What leaves for a partner's border: a message of ours, or a word without a place, as it is published.

Part of the relay (relay.py).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from services.common.database import Document
from services.common.publishing import Outgoing
from services.federation import messages
from services.federation.outgoing import letters, words
from services.federation.outgoing.deliveries import Deliveries
from services.federation.outgoing.words import Word
from services.federation.partners.topology import exchange_of
from services.federation.sealing.envelope import CONTENT_TYPE

if TYPE_CHECKING:
    from services.common.context import Context


def of_delivery(context: Context, deliveries: Deliveries, row: Document) -> Outgoing:
    """The message of this row, sealed anew when its key was revoked. Raises Unavailable."""
    sealed = letters.sealed_now(context, row)
    if sealed != row["sealed"]:
        deliveries.keep_seal(row, sealed)
    return _to_border(context, messages.type_of(row["type"]).routing_key(row["thread"]), sealed)


def of_word(context: Context, word: Word) -> Outgoing:
    """Raises Unavailable while the account has no keys."""
    return _to_border(context, word.routing_key, words.sealed(context, word))


def _to_border(context: Context, routing_key: str, sealed: bytes) -> Outgoing:
    return Outgoing(
        exchange=exchange_of(context.account),
        routing_key=routing_key,
        body=bytes(sealed),
        content_type=CONTENT_TYPE,
        mandatory=True,
    )
