"""Telling the provider who represents us under its SLA, and hearing it of a customer.

It is told in the agreement's thread, whole each time, in the save that changes it, as `telling` does the
other way. The revision, not the order, says what was told last: a restored customer tells anew.
"""

from __future__ import annotations

from typing import Any

from services.common.actor import Actor
from services.common.context import Context
from services.common.store import Record
from services.federation.messages.agreements import REPRESENTED
from services.federation.outgoing.letters import write
from services.federation.partners.capabilities import understands
from services.federation.partners.trusts import ACTIVE, SUSPENDED
from services.federation.revisions import is_later, next_revision
from services.federation.sealing.envelope import Message
from services.federation.threads import Thread
from services.federation.verdicts import Verdict, done, refused
from services.slas.actions.saving import changed, save
from services.slas.actions.trusts import trust_with
from services.slas.model import representation, shapes
from services.slas.model.status import EXPIRED
from services.slas.store import thread_of

Document = dict[str, Any]
Row = dict[str, Any]


def represent(context: Context, state: Document) -> tuple[Document, list[Row]]:
    """A partner's SLA with what its provider is told of our representatives remembered, and the row that
    tells it: none when the provider knows them, or does not understand. Raises Unavailable.
    """
    trust, thread = trust_with(context, state["account"]["id"]), thread_of(state)
    told = representation.to_tell(state, _names(context, state["customer_representative_ids"]))
    if told is None or thread is None or trust is None or trust.status not in (ACTIVE, SUSPENDED):
        return state, []
    if not understands(trust.capabilities, REPRESENTED):
        return state, []
    fields, row = said(context, thread, state, told)
    return {**state, **fields}, [row]


def said(context: Context, thread: Thread, state: Document, told: list[Document]) -> tuple[Document, Row]:
    """The fields after these representatives were told, and the row that tells them. Raises Unavailable."""
    revision = next_revision(state.get("represented_revision"), thread.sent.incarnation)
    body = {"revision": revision, "representatives": told}
    thread, row = write(context, thread, type=REPRESENTED, body=body)
    return {"thread": thread.to_document(), "represented_told": told, "represented_revision": revision}, row


def heard(context: Context, record: Record | None, thread: Thread, message: Message) -> Verdict:
    """A customer says who represents it under an SLA of ours; one save. Raises the errors of
    `Thread.advance`, Stale.
    """
    thread.advance(message)
    if record is None:
        return refused("unknown_agreement")
    later = is_later(message.body["revision"], record.state.get("represented_revision"))
    verdict = done(None if later else "superseded")
    fields: Document = {"thread": thread.advance(message, verdict).to_document()}
    changes: Document = {}
    if later:
        over = record.state["status"] == EXPIRED
        fields["represented_revision"] = message.body["revision"]
        fields["represented_by"] = [] if over else message.body["representatives"]
        changes = changed(record.state, {"represented_by": fields["represented_by"]})
    state = shapes.edited(record.state, fields, context.clock.now())
    save(context, Actor.system(context.account), "sla", record, state, changes, message.type)
    return verdict


def _names(context: Context, ids: list[int]) -> dict[int, str]:
    """Of who is disabled there is none: he does nothing in his account's name."""
    people = {id: context.copies.get("person", id) for id in ids}
    return {id: each["name"] for id, each in people.items() if each is not None and not each.get("disabled")}
