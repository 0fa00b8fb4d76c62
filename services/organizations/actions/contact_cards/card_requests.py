"""Asking a partner for a card that should be here and is not, and answering a partner that asks.

It is asked in the trust thread: there is no thread about a card that never came. Who asks is entitled or not
by the agreements as they stand here; an answer is the whole card, told again.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

from services.common.actor import Actor
from services.common.context import Context
from services.common.store import Record, decide_again
from services.federation.messages.organizations import ASKED
from services.federation.outgoing.letters import write
from services.federation.partners.capabilities import understands
from services.federation.partners.trusts import ACTIVE
from services.federation.sealing.envelope import Message
from services.federation.threads import Thread
from services.federation.verdicts import Verdict, done, refused
from services.organizations import store
from services.organizations.actions.contact_cards import cards, linking
from services.organizations.actions.saving import records, save
from services.organizations.model.cards import is_missing

# A card follows its agreement within moments; what is asked and not answered is asked again a day later.
PATIENCE: Final = timedelta(minutes=10)
ASKED_AGAIN: Final = timedelta(days=1)
# An answer is a whole card, far larger than the question, and comes for certain: who asks again before this
# has one on its way.
ANSWERED_AGAIN: Final = timedelta(hours=12)


def ask_for_missing(context: Context) -> None:
    """Asks for each card that should have come; called by a timer. Raises Unavailable."""
    for record in list(records(context, "organization").find({"awaited": True})):
        if is_missing(record.state, context.clock.now() - PATIENCE):
            _ask(context, record)


def asked(context: Context, _: Record, message: Message) -> tuple[dict[str, Any], Verdict]:
    """The partner misses a card: nothing changes in the trust. One that it is entitled to is told whole, but
    not again where that was done lately. Raises Unavailable.
    """
    id = message.body["organization_id"]
    if id is None:
        id = records(context, "account").get(context.account).state["organization_id"]
    if all(link.own_id != id for link in linking.links_with(context, message.sender)):
        return {}, refused("not_entitled")
    if not cards.was_answered(context, message.sender, id, context.clock.now() - ANSWERED_AGAIN, message.id):
        cards.show(context, message.sender, id, entitled=True, asked=message.id)
    return {}, done()


@decide_again
def _ask(context: Context, organization: Record) -> None:
    partner, now = organization.state["account"]["id"], context.clock.now()
    record = store.records(context, store.TRUSTS).find_one({"_id": partner})
    if record is None or record.state["status"] != ACTIVE:
        return
    asked = record.state.get("cards_asked") or {}
    last = asked.get(str(organization.id))
    if not understands(record.state.get("capabilities"), ASKED) or (last and last > now - ASKED_AGAIN):
        return
    body = {"organization_id": organization.state["remote_id"]}
    thread, row = write(context, Thread.from_document(record.state["thread"]), type=ASKED, body=body)
    asked = {id: at for id, at in asked.items() if at > now - ASKED_AGAIN} | {str(organization.id): now}
    state = {**record.state, "thread": thread.to_document(), "cards_asked": asked}
    changes = {"card": [None, organization.state["name"]]}
    save(context, Actor.system(context.account), "trust", record, state, changes, "asked", [row])
