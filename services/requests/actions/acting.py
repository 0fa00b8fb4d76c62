"""What our representatives do with a request that a partner shows them: a note, or a withdrawal.

It travels as a command to the partner, who alone decides about it. Until its receipt comes it is pending;
then it is done, or refused with a code. What it changed comes back as what the partner shows.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any, Final

from services.common import idempotency
from services.common.actor import Actor
from services.common.context import Context
from services.common.database import answering
from services.common.errors import Conflict, Forbidden, IllegalMove, Invalid, NotFound
from services.common.history import entry
from services.common.one_by_one import OneByOne
from services.common.store import Record, decide_again
from services.federation.messages.observations import ACTED
from services.federation.outgoing.deliveries import verdict_on
from services.federation.outgoing.letters import write
from services.federation.partners.capabilities import understands
from services.federation.partners.trusts import ENDED, TrustBook
from services.federation.threads import Thread
from services.federation.verdicts import ACCEPTED
from services.requests import observations
from services.requests.actions.desk import Made
from services.requests.model import CompletionReason, Medium, Status, Visibility
from services.requests.viewing import viewer_of

Document = dict[str, Any]
Fields = Mapping[str, Any]

MAX_ACTIONS: Final = 50
BATCH: Final = 200
_TAKEN: Final = ("note", "status", "completion_reason")


def update(context: Context, actor: Actor, id: int, fields: Fields, version: int | None) -> Made:
    """An edit of an observed request: a note alone, or completed as withdrawn with the reason as its note.

    Raises NotFound, Forbidden, Invalid, IllegalMove, PreconditionFailed, Conflict, Unavailable.
    """
    record = _load(context, actor, id, version)
    whose = record.state["account"]["name"]
    if errors := [(name, f"is written by {whose}") for name in fields if name not in _TAKEN]:
        text = f"This request is {whose}'s: its representatives here add notes and withdraw it."
        raise Invalid("foreign_record", text, errors)
    withdraws = "status" in fields
    if withdraws and (
        fields["status"] != Status.COMPLETED
        or fields.get("completion_reason", CompletionReason.WITHDRAWN) != CompletionReason.WITHDRAWN
    ):
        raise Invalid(errors=[("status", "may only become completed, as withdrawn")])
    if not fields.get("note"):
        raise Invalid("missing_fields", "Say why, in a note.", [("note", "must be given")])
    if withdraws and record.state["status"] == Status.COMPLETED:
        text = "This request is completed already; a note can be added."
        raise IllegalMove("already_completed", text, [("status", "is completed already")])
    action, number = "withdraw" if withdraws else "add_note", context.ids.next("note")
    _act(context, actor, id, action, fields["note"], number, version)
    saved = observations.observed(context).get(id)
    return Made(id, {"_id": id, "version": saved.version, **saved.state})


def add_note(context: Context, actor: Actor, id: int, note: Fields, key: str | None) -> Made:
    """A note on an observed request. Raises as `update`."""
    _load(context, actor, id)
    if note["internal"] or note.get("attachments"):
        field = "internal" if note["internal"] else "attachments"
        raise Invalid(errors=[(field, "cannot be given: the note is for the account that has the request")])
    asked = {"request_id": id, **note}
    number = idempotency.id_for(context, actor, "note", key, asked, lambda: context.ids.next("note"))
    action = _act(context, actor, id, "add_note", note["text"], number or context.ids.next("note"))
    return Made(
        action["id"],
        {
            "_id": action["id"],
            "request_id": id,
            "text": action["text"],
            "account": context.account,
            "person": action["person"],
            "created_at": action["at"],
            "medium": Medium.DEFAULT.value,
            "visibility": Visibility.END_USER.value,
            "attachments": [],
        },
    )


def settle_pending(context: Context) -> None:
    """Actions that the partner has answered get their outcome; called by a timer. Raises Unavailable."""
    with answering():
        found = context.database[observations.OBSERVED.name].find({"pending": True}, {"_id": 1})
        ids = [each["_id"] for each in found.limit(BATCH)]
    with OneByOne("observed request") as work:
        work.each(ids, partial(settle, context))


@decide_again
def settle(context: Context, id: int) -> None:
    """Gives the actions on a request their outcome, as far as it has come."""
    record = observations.observed(context).get(id)
    actions = [_settled(context, each) for each in record.state.get("actions", ())]
    if actions != record.state.get("actions", []):
        _keep(context, record, actions, [], Actor.system(context.account), "answered")


@decide_again
def _act(
    context: Context, actor: Actor, id: int, action: str, text: str, number: int, version: int | None = None
) -> Document:
    """One save, with the command. `number`: the action's id; one that is there was made before."""
    record = _load(context, actor, id, version)
    known: list[Document] = record.state.get("actions", [])
    for each in known:
        if each["id"] == number:
            return each
    if sum(each["state"] == "pending" for each in known) >= MAX_ACTIONS:
        raise Conflict("too_many_pending", "Wait until the partner has answered what was asked before.")
    thread = Thread.from_document(record.state["thread"])
    trust = TrustBook.of(context).trust(thread.partner)
    if trust is None or trust.status == ENDED or not understands(trust.capabilities, ACTED):
        raise Conflict("not_understood", f"{record.state['account']['name']} takes no actions.")
    person = {"id": actor.person_id, "name": actor.name}
    body = {"action": action, "representative": person, "text": text}
    thread, row = write(context, thread, id=context.new_uuid(), type=ACTED, body=body)
    made = {
        "id": number,
        "message": row["id"],
        "action": action,
        "person": {**person, "account": None},
        "text": text,
        "at": context.clock.now(),
        "state": "pending",
        "code": None,
    }
    _keep(context, record, [*known, made], [row], actor, action, thread)
    return made


def _load(context: Context, actor: Actor, id: int, version: int | None = None) -> Record:
    """Raises NotFound, PreconditionFailed; Forbidden for who works here and represents nobody."""
    record = observations.observed(context).get(id, version)
    if not observations.is_shown(record.state):
        raise NotFound()
    viewer = viewer_of(context.database, actor)
    if viewer.sla_ids.isdisjoint(record.state["sla_ids"]):
        if actor.works_here:
            raise Forbidden("not_representative", "This is for the representatives of the SLA.")
        raise NotFound()
    return record


def _settled(context: Context, action: Document) -> Document:
    verdict = verdict_on(context, action["message"]) if action["state"] == "pending" else None
    if verdict is None:
        return action
    return {**action, "state": "done" if verdict.word == ACCEPTED else "refused", "code": verdict.code}


def _keep(
    context: Context,
    record: Record,
    actions: list[Document],
    rows: list[Document],
    actor: Actor,
    what: str,
    thread: Thread | None = None,
) -> None:
    state = {**record.state, "actions": actions[-MAX_ACTIONS:]}
    state.pop("pending", None)
    if any(each["state"] == "pending" for each in actions):
        state["pending"] = True
    if thread is not None:
        state["thread"] = thread.to_document()
    entries = [entry(context.clock.now(), actor, what, {})]
    observations.observed(context).save(record, state, rows=rows, history=entries)
