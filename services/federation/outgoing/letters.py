"""Writing to a partner: the one place where a message of ours gets its sequence, its predecessor and its
seal.

All of it is made before the compare-and-set and stored by it, so that a save that fails has said nothing, and
what was said once is always the same bytes. The row goes with the save (`Records.save(…, rows=[row])`); the
relay sends it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from services.common import trace
from services.common.database import answering
from services.common.errors import NotFound, Unavailable
from services.federation import messages
from services.federation.partners.trusts import TrustBook
from services.federation.restoring.deployment import Deployment
from services.federation.sealing import seals
from services.federation.sealing.envelope import Message, fingerprint, read_verified, seal_payload
from services.federation.sealing.keys import Key
from services.federation.stored import OUTBOX
from services.federation.threads import Thread

if TYPE_CHECKING:
    from services.common.context import Context

KIND = "message"


def write(
    context: Context,
    thread: Thread,
    *,
    type: str,
    body: Mapping[str, Any],
    id: str | None = None,
    key: Key | None = None,
    **extra: Any,
) -> tuple[Thread, dict[str, Any]]:
    """The thread after this message, and the row to save with it.

    `type` as `request.taken.v1`; `body` as `services.federation.messages` allows it; `id`: a UUID made before
    (an asking message's id is its question); `key`: another key than the newest of ours that the
    partner knows (an invitation's); `extra`: what the row shall tell besides (`request_id`). Raises Invalid
    (`unknown_type`, `invalid_body`, `too_large`), and Unavailable while the account has no keys or, restored
    from a backup, has not resumed the thread yet (resuming.py): a sequence is never used again.
    """
    message_type = messages.type_of(type)
    if message_type.kind not in (None, thread.kind):
        raise ValueError(f"{type} is not said in a thread of the kind {thread.kind}")
    deployment = Deployment.of(context)
    if thread.sent.incarnation < deployment.incarnation:
        deployment.resume_again()  # another process may have opened it while the rest was resumed
        raise Unavailable("resuming", "This account was restored and is finding together with its partner.")
    at = context.clock.now()
    message = Message(
        id=id or context.new_uuid(),
        type=type,
        sender=context.account,
        recipient=thread.partner,
        thread=thread.id,
        incarnation=thread.sent.incarnation,
        sequence=thread.sent.sequence + 1,
        prev=thread.sent.hash,
        sent_at=at,
        traceparent=trace.traceparent(),
        body=messages.check_outgoing(type, body),
    )
    payload = message.encode()
    row = {
        **extra,
        "id": message.id,
        "kind": KIND,
        "partner": thread.partner,
        "service": context.service,
        "type": type,
        "thread": thread.id,
        "incarnation": message.incarnation,
        "sequence": message.sequence,
        "hash": fingerprint(payload),
        "sealed": seal_payload(payload, key or TrustBook.of(context).sealing_key(thread.partner)),
        "at": at,
        "traceparent": message.traceparent,
    }
    return thread.after_sending(row["hash"]), row


def sealed_now(context: Context, row: Mapping[str, Any]) -> bytes:
    """The bytes of a message of ours that is to be sent: as they were sealed, or, when that key was revoked
    since, the same payload under one that is good. Raises Unavailable.
    """
    sealed, book = bytes(row["sealed"]), TrustBook.of(context)
    if revoked := book.own_ring().revoked_kids:
        kid, payload = seals.parse(sealed, seals.MESSAGE)
        if kid in revoked:
            return seal_payload(payload, book.sealing_key(row["partner"]))
    return sealed


def read_again(context: Context, row: Mapping[str, Any]) -> Message:
    """The message of a delivery of ours, out of the bytes that were sealed. Raises NotFound."""
    with answering():
        found = context.database[OUTBOX.name].find_one({"_id": row["_id"]}, {"sealed": 1})
    if found is None:
        raise NotFound()
    return read_verified(found["sealed"])
