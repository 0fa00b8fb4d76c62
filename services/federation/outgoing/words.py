"""Words without a place: receipts, and what is said of files piece by piece. They are sealed when they leave
and kept nowhere; whoever misses one asks again.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from services.federation import messages
from services.federation.partners.trusts import TrustBook
from services.federation.restoring.deployment import Deployment
from services.federation.sealing.envelope import Message, seal

if TYPE_CHECKING:
    from services.common.context import Context


@dataclass(frozen=True)
class Word:
    """What we say to a partner in a thread. `type` is one that is not sequenced."""

    partner: str
    thread: str
    type: str
    body: dict[str, Any]

    @property
    def routing_key(self) -> str:
        return messages.type_of(self.type).routing_key(self.thread)


def sealed(context: Context, word: Word) -> bytes:
    """The word as it is sent. Its incarnation is our own, so that what we said before we were restored, and
    have forgotten, can be told from it. Raises Unavailable while the account has no keys.
    """
    message = Message(
        id=context.new_uuid(),
        type=word.type,
        sender=context.account,
        recipient=word.partner,
        thread=word.thread,
        incarnation=Deployment.of(context).incarnation,
        sequence=0,
        prev=None,
        sent_at=context.clock.now(),
        traceparent=None,
        body=messages.check_outgoing(word.type, word.body),
    )
    return seal(message, TrustBook.of(context).sealing_key(word.partner))
