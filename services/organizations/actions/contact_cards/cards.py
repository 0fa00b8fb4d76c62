"""Showing a partner the contact card of an organization of ours: published, told again when it has changed,
withdrawn.

What was told last stands in a document per organization and partner, and moves in the save that tells it. So
nothing is told twice, and what a crash cut short is told by the next look: an event of the organization, of
an agreement or of the trust, or the timer of `linking`.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from services.common import history
from services.common.actor import Actor
from services.common.context import Context
from services.common.store import Record, decide_again, making
from services.federation.messages.organizations import PUBLISHED, WITHDRAWN
from services.federation.outgoing.letters import write
from services.federation.partners.capabilities import understands
from services.federation.partners.trusts import ACTIVE, SUSPENDED
from services.federation.restoring.deployment import Deployment
from services.federation.revisions import next_revision
from services.federation.threads import Thread, open_thread
from services.organizations import store
from services.organizations.actions.saving import records
from services.organizations.model import cards as rules

Document = dict[str, Any]
Row = dict[str, Any]


@decide_again
def show(
    context: Context, partner: str, organization_id: int, entitled: bool, asked: str | None = None
) -> None:
    """Tells the partner what it may know of the card and does not. `asked`: the message in which it asked
    for the card; each is answered once, by the whole card. Raises Unavailable.
    """
    record = kept(context, partner, organization_id)
    known = {} if record is None else record.state
    organization = records(context, "organization").find_one({"_id": organization_id})
    trust = records(context, "trust").find_one({"_id": partner})
    if trust is None or trust.state["status"] not in (ACTIVE, SUSPENDED):
        if record is not None and known["told"] is not None:  # it ends on both sides, without a word
            keep(context, partner, organization_id, record, {"told": None}, [], "trust ended")
        return
    if organization is None or not understands(trust.state.get("capabilities"), PUBLISHED):
        return
    own_id = records(context, "account").get(context.account).state["organization_id"]
    card = rules.to_show(organization.state, of_account=organization_id == own_id)
    again = asked is not None and asked != known.get("answered")
    word = rules.to_tell(None if again else known.get("told"), card, entitled)
    if word is None:
        return
    thread = Thread.from_document(known["thread"]) if known else _opened(context, partner)
    told = card if word == "published" else None
    fields, row = said(context, thread, organization_id, told, known.get("revision"))
    if asked is not None:
        fields |= {"answered": asked, "answered_at": context.clock.now()}
    keep(context, partner, organization_id, record, fields, [row], word)


def said(
    context: Context,
    thread: Thread,
    organization_id: int,
    card: rules.Card | None,
    revision: list[int] | None,
) -> tuple[Document, Row]:
    """The fields after the card, or that there is none, was told; and the row that tells it. Raises
    Unavailable."""
    risen = next_revision(revision, thread.sent.incarnation)
    if card is None:
        type, body = WITHDRAWN, {"organization_id": organization_id, "revision": risen}
    else:
        type, body = PUBLISHED, rules.to_wire(organization_id, card, risen)
    thread, row = write(context, thread, type=type, body=body)
    fields = {"told": card, "revision": risen, "thread": thread.to_document(), "refused": None}
    return fields, row


def follow_organization(context: Context, organization_id: int) -> None:
    """An organization of ours was saved: those who know its card are told what has changed of it."""
    for record in list(store.records(context, store.CARDS).find({"organization_id": organization_id})):
        if record.state["told"] is not None:
            show(context, record.state["partner"], organization_id, entitled=True)


def was_answered(context: Context, partner: str, organization_id: int, since: datetime, asked: str) -> bool:
    """Whether the partner was answered since then, to another message than this one."""
    record = kept(context, partner, organization_id)
    known = {} if record is None else record.state
    return known.get("answered") != asked and known.get("answered_at", since) > since


def kept(context: Context, partner: str, organization_id: int) -> Record | None:
    """What is kept of a card that was shown."""
    return store.records(context, store.CARDS).find_one({"_id": _id(partner, organization_id)})


def keep(
    context: Context,
    partner: str,
    organization_id: int,
    record: Record | None,
    fields: Document,
    rows: list[Row],
    action: str,
) -> None:
    """One save. Raises Stale."""
    now, documents = context.clock.now(), store.records(context, store.CARDS)
    changes = {"revision": [None, fields["revision"]]} if "revision" in fields else {}
    entries = [history.entry(now, Actor.system(context.account), action, changes)]
    if record is not None:
        state = {**record.state, **fields, "updated_at": now}
        documents.save(record, state, rows=rows, history=entries)
        return
    whose = {"partner": partner, "organization_id": organization_id}
    state = {**whose, **fields, "created_at": now, "updated_at": now}
    with making():
        documents.insert(_id(partner, organization_id), state, rows=rows, history=entries)


def _id(partner: str, organization_id: int) -> str:
    return f"{partner}/{organization_id}"


def _opened(context: Context, partner: str) -> Thread:
    incarnation = Deployment.of(context).incarnation
    return open_thread("card", context.account, partner, context.new_uuid(), incarnation=incarnation)
