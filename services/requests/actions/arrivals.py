"""What partners say, applied; and what becomes of our messages to them (handover.md rules 3 and 9).

A message's references are in the sender's own ids. Here each gets its local id, which organizations gives
once; then the rule decides, and one save holds its effect and the thread's new position.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from services.common.actor import Actor
from services.common.context import Context
from services.common.errors import Conflict, Invalid, NotFound
from services.common.store import decide_again, making
from services.common.verdicts import Later, Park
from services.federation import messages
from services.federation.messages.attachments import OFFERED
from services.federation.messages.threads import TYPES_OF_RESTORES
from services.federation.outgoing.letters import read_again
from services.federation.restoring.deployment import Deployment
from services.federation.sealing.envelope import Message
from services.federation.threads import Thread, opened_by
from services.federation.verdicts import Verdict, done, refused
from services.requests import model, store
from services.requests.actions import files, restores
from services.requests.actions.lookup import Lookup
from services.requests.actions.ruling import ruled
from services.requests.model.wire import read_episode
from services.requests.store import Stored

#: How long a hand-over under an agreement that is not known yet waits before it is looked at again.
AGREEMENT_RETRY_SECONDS = 5.0

Document = Mapping[str, Any]


@decide_again
def receive(context: Context, message: Message) -> Verdict:
    """Applies a partner's message. Raises Later, Park, Unavailable, and the errors of `Thread.advance`."""
    stored = store.find_by_thread(context, message.sender, message.thread)
    thread = _thread(context, stored, message)
    if message.type in TYPES_OF_RESTORES:
        return restores.receive(context, message, stored, thread)
    if message.type == OFFERED and stored is not None:
        return files.take_offer(context, message, stored, thread)
    thread.advance(message)  # before anything is looked up or introduced: it must be the next one
    incoming = _incoming(context, message)
    take = _take(context, message, incoming, stored)
    try:
        step = model.apply(stored.request if stored else None, incoming, ruled(context), take)
    except model.UnknownThread as error:
        raise Park(error.code, error.message) from error
    late = any(entry.what == model.ARRIVED_LATE for entry in step.history)
    verdict = done("superseded" if late else None)
    with making():
        store.save(context, step, stored, thread.advance(message, verdict))
    return verdict


@decide_again
def discard(context: Context, message: Message) -> None:
    """A person discards a parked message: the thread goes past it. A first hand-over leaves an ended stub.

    Raises Conflict `no_service_desk_team` when there is nobody to have that stub.
    """
    stored = store.find_by_thread(context, message.sender, message.thread)
    heard = _thread(context, stored, message).advance(message, refused("discarded"))
    take = None if stored else model.Take(_team_for_stub(context))
    request = stored.request if stored else None
    step = model.discarded(request, _incoming(context, _legible(message)), take, ruled(context))
    with making():
        store.save(context, step, stored, heard)


@decide_again
def refuse(context: Context, row: Document, code: str) -> None:
    """The partner refused a message of ours: exactly that is undone, and the team is told. Idempotent."""
    stored, sent = store.load(context, row["request_id"]), _sent(context, row)
    files.refuse(context, sent, code)
    store.save(context, model.refused(stored.request, sent, code, ruled(context)), stored)


@decide_again
def flag_unanswered(context: Context, row: Document) -> None:
    """The partner has not receipted a message of ours for long: the team is told."""
    stored = store.load(context, row["request_id"])
    store.save(context, model.unanswered(stored.request, _sent(context, row), ruled(context)), stored)


def _thread(context: Context, stored: Stored | None, message: Message) -> Thread:
    if stored is not None:
        return stored.threads[message.thread]
    return opened_by(message, incarnation=Deployment.of(context).incarnation)


def _sent(context: Context, row: Document) -> model.Sent:
    said = read_again(context, row)
    return model.Sent(said.type.removesuffix(store.VERSION), said.id, said.recipient, said.thread, said.body)


def _incoming(context: Context, message: Message) -> model.Incoming:
    body = _local(context, message.sender, message.body)
    type_ = message.type.removesuffix(store.VERSION)
    return model.Incoming(type_, message.id, message.sender, message.thread, body)


def _legible(message: Message) -> Message:
    """The message, with an empty body when its own is not what its type says, or nobody knows the type."""
    try:
        return replace(message, body=messages.check_incoming(message.type, message.body))
    except Invalid:
        return replace(message, body={})


_KINDS = {"team": "team", "member": "person", "person": "person"}


def _local(context: Context, partner: str, value: Any, field: str = "") -> Any:
    """The body with local references in place of the partner's own."""
    if field in _KINDS and value is not None:
        return _introduced(context, partner, _KINDS[field], value)
    if isinstance(value, Mapping):
        return {name: _local(context, partner, inner, name) for name, inner in value.items()}
    if isinstance(value, list):
        return [_local(context, partner, inner) for inner in value]
    return value


def _introduced(context: Context, partner: str, kind: str, remote: Document) -> model.Ref:
    known = context.copies.find_one(kind, {"account.id": partner, "remote_id": remote["id"]})
    if known is None or known["name"] != remote["name"]:
        system = Actor.system(context.account)
        known = context.rpc.call(
            "organizations", "introduce", system, partner, kind, remote["id"], remote["name"]
        )
    return model.Ref(known["id"], remote["name"], partner)


def _take(
    context: Context, message: Message, incoming: model.Incoming, stored: Stored | None
) -> model.Take | None:
    """Where a hand-over leads here; None for what needs no such answer."""
    if incoming.type != "request.handed_over" and not _restates_a_later_one(incoming, stored):
        return None
    lookup = Lookup(context, Actor.system(context.account))
    agreement = _agreement(context, message, incoming.body["agreement"])
    decline = _decline(agreement, incoming.body)
    if decline is None and _loops(context, incoming, stored):
        decline = "loop"
    team = lookup.ref("team", agreement["support_team_id"]) if agreement else None
    instance = lookup.ref("service_instance", agreement["service_instance_id"]) if agreement else None
    return model.Take(team or _service_desk_team(lookup), instance, decline)


def _restates_a_later_one(incoming: model.Incoming, stored: Stored | None) -> bool:
    """Whether the customer's account states a later episode than is known here."""
    if incoming.type != "request.restated" or incoming.body["by"] != "customer":
        return False
    above = stored.request.above if stored else None
    return above is None or read_episode(incoming.body) > above.episode


def _agreement(context: Context, message: Message, thread: str) -> Document | None:
    """The agreement of this thread; None when it is not known and has been waited for long enough."""
    try:
        found: Document = context.rpc.call(
            "slas", "agreement", Actor.system(context.account), message.sender, thread
        )
    except NotFound:
        if message.waited(context.clock.now()) < context.config.agreement_wait_seconds:
            raise Later(AGREEMENT_RETRY_SECONDS, "unknown_agreement") from None
        return None
    return found


def _decline(agreement: Document | None, body: Mapping[str, Any]) -> str | None:
    if agreement is None:
        return "unknown_agreement"
    if agreement["status"] != "active":
        return "agreement_not_active"
    if agreement["service_instance_id"] != body["service_instance_id"]:
        return "wrong_service_instance"
    return None


def _loops(context: Context, incoming: model.Incoming, stored: Stored | None) -> bool:
    """Whether the account has a live request of the same origin already: the chain would bite its tail."""
    same = {"core.origin": incoming.body["origin"], "live": True}
    if stored is not None:
        same["_id"] = {"$ne": stored.request.id}
    return context.database[store.REQUESTS.name].find_one(same, {"_id": 1}) is not None


def _team_for_stub(context: Context) -> model.Ref:
    for fresh in (False, True):
        team = Lookup(context, Actor.system(context.account), fresh).service_desk_team()
        if team is not None:
            return team
    text = "What was handed over ends as a request of the service desk team, and the account has none. "
    raise Conflict("no_service_desk_team", text + "Give it one (PATCH /v1/account), then discard again.")


def _service_desk_team(lookup: Lookup) -> model.Ref:
    team = lookup.service_desk_team()
    if team is None:
        raise Later(AGREEMENT_RETRY_SECONDS, "no_service_desk_team")
    return team
