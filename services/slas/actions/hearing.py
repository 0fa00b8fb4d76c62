"""What a customer's account makes of what the provider says about an agreement.

The first offer makes a foreign SLA or FLSA, and foreign records of what it names: the service, its offering
and its instance here, the provider's organization and teams in organizations. These come first, each found
again by the partner's own id for it; the agreement's document comes last and moves the thread on in the same
save. So a crash in between leaves records that nothing refers to yet, and the message is simply applied once
more.

What two SLAs of a partner say of one service instance is the same instance: the word that is applied last
stands.
"""

from __future__ import annotations

from typing import Any

from services.common.actor import Actor
from services.common.context import Context
from services.common.store import Record, decide_again, making
from services.federation.messages.agreements import REPRESENTED
from services.federation.messages.threads import TYPES_OF_RESTORES
from services.federation.restoring.deployment import Deployment
from services.federation.sealing.envelope import Message
from services.federation.threads import Thread, opened_by
from services.federation.verdicts import Verdict, done, refused
from services.slas.actions import hierarchy, representing, restores
from services.slas.actions.saving import changed, insert, records, save
from services.slas.actions.telling import tell
from services.slas.actions.trusts import trust_with
from services.slas.model import shapes
from services.slas.model.announcement import heard
from services.slas.model.first_line import TOLD
from services.slas.model.rules import RuleBroken
from services.slas.store import of_thread, thread_of

Document = dict[str, Any]


@decide_again
def receive(context: Context, message: Message) -> Verdict:
    """Applies the next message of a thread. Raises the errors of threads for one that is not the next;
    Unavailable when what it names cannot be introduced now."""
    kind, record = _record(context, message)
    if message.type in TYPES_OF_RESTORES:
        return restores.receive(context, message, kind, record, _thread(context, record, message))
    if message.type == REPRESENTED:
        return representing.heard(context, record, _thread(context, record, message), message)
    if kind != _kind_of(message):
        return _set_aside(context, kind, record, message, refused("unknown_agreement"))
    before = None if record is None else record.state.get("heard")
    try:
        known = dict(heard(before, message.type.rpartition(".v")[0], message.body))
    except RuleBroken as broken:
        return _set_aside(context, kind, record, message, refused(broken.code))
    thread = _thread(context, record, message).advance(message)
    account = _account(context, message.sender)
    fields = (_mirrored_flsa if kind == "flsa" else _mirrored)(context, account, known)
    fields |= {"heard": known, "thread": thread.to_document()}
    was = None if record is None else record.state.get("service_instance_id")
    _save(context, kind, message, record, fields)
    if kind == "flsa":
        return done()
    for instance_id in {was, fields["service_instance_id"]} - {None}:
        hierarchy.follow(context, instance_id)
    return done()


@decide_again
def discard(context: Context, message: Message) -> None:
    """A person decided that the message shall not be applied. Of an offer a thread is left, no agreement; a
    later word of the partner's that tells all makes one of it."""
    kind, record = _record(context, message)
    _set_aside(context, kind, record, message, refused("discarded"))


def _record(context: Context, message: Message) -> tuple[str, Record | None]:
    """The agreement of the message's thread, and its kind; of a new thread the kind that the word is of."""
    return of_thread(context, message.sender, message.thread) or (_kind_of(message), None)


def _kind_of(message: Message) -> str:
    return "flsa" if message.type.startswith("agreement.flsa_") else "sla"


def _thread(context: Context, record: Record | None, message: Message) -> Thread:
    held = None if record is None else thread_of(record.state)
    return opened_by(message, incarnation=Deployment.of(context).incarnation) if held is None else held


def _set_aside(
    context: Context, kind: str, record: Record | None, message: Message, verdict: Verdict
) -> Verdict:
    thread = _thread(context, record, message).advance(message, verdict)
    fields: Document = {"thread": thread.to_document()}
    if record is None:
        fields |= {"name": message.thread, "status": "expired", "discarded": True}
    _save(context, kind, message, record, fields)
    return verdict


def _save(context: Context, kind: str, message: Message, record: Record | None, fields: Document) -> None:
    actor, now = Actor.system(context.account), context.clock.now()
    if record is None:
        account = _account(context, message.sender)
        # No `remote`: an SLA is found by its thread, and a partner may offer one in two threads.
        whose = {"account": account, "remote_id": message.body[kind]["id"]}
        state = shapes.new(kind, {**fields, **whose}, now)
        with making():
            insert(context, actor, kind, context.ids.next(kind), state)
        return
    state = shapes.edited(record.state, fields, now)
    if "heard" in fields:
        state.pop("discarded", None)
    shown = {name: value for name, value in fields.items() if name not in ("thread", "heard")}
    state, rows = tell(context, record.id, state, kind)
    save(context, actor, kind, record, state, changed(record.state, shown), message.type, rows)


def _mirrored(context: Context, account: Document, known: Document) -> Document:
    """The fields of the foreign SLA, in ids of our own; what they lead to is made or brought up to date."""
    ours = context.copies.get("account", context.account) or {}
    provider_id = _introduced(context, account, "organization", known["provider"])
    teams = {
        f"{team}_id": None if known[team] is None else _introduced(context, account, "team", known[team])
        for team in ("support_team", "first_line_team")
    }
    service_id = _kept(context, account, "service", known["service"], {"provider_id": provider_id})
    offering = known["service_offering"]
    of_offering = {"service_id": service_id, "status": None}  # nobody told us
    offering_id = _kept(context, account, "service_offering", offering, of_offering)
    instance = known["service_instance"]
    of_instance = {
        "status": instance["status"],
        "service_id": service_id,
        "provider_id": provider_id,
        **teams,
    }
    sla = known["sla"]
    return {
        "name": sla["name"],
        "status": sla["status"],
        "start_date": sla["start_date"],
        "notice_date": sla["notice_date"],
        "expiry_date": sla["expiry_date"],
        "coverage": sla["coverage"],
        "asks_requester_target": sla.get("asks_requester_target", False),
        "service_instance_id": _kept(context, account, "service_instance", instance, of_instance),
        "service_offering_id": offering_id,
        "customer_id": ours.get("organization_id"),
        "customer_account": {"id": context.account, "name": context.config.name},
        "announced_representatives": known["representatives"],
    }


def _mirrored_flsa(context: Context, account: Document, known: Document) -> Document:
    """As `_mirrored`, of an FLSA."""
    ours = context.copies.get("account", context.account) or {}
    return {
        **{name: known["flsa"][name] for name in TOLD},
        "provider_id": _introduced(context, account, "organization", known["provider"]),
        "service_desk_team_id": _introduced(context, account, "team", known["service_desk_team"]),
        "customer_id": ours.get("organization_id"),
        "customer_account": {"id": context.account, "name": context.config.name},
        "announced_representatives": known["representatives"],
    }


def _introduced(context: Context, account: Document, kind: str, named: Document) -> int:
    actor = Actor.system(context.account)
    local = context.rpc.call(
        "organizations", "introduce", actor, account["id"], kind, named["id"], named["name"]
    )
    return int(local["id"])


@decide_again
def _kept(context: Context, account: Document, kind: str, named: Document, fields: Document) -> int:
    """The local id of a partner's record, made or brought up to date."""
    fields = {"name": named["name"], **fields}
    actor, now = Actor.system(context.account), context.clock.now()
    record = records(context, kind).find_one({"remote": shapes.remote(account["id"], named["id"])})
    if record is None:
        unseen = {"offered": False} if kind == "service_instance" else {}
        state = shapes.new(kind, {**unseen, **fields, **shapes.foreign(account, named["id"])}, now)
        with making():
            return int(insert(context, actor, kind, context.ids.next(kind), state).id)
    changes = changed(record.state, fields)
    if changes:
        save(context, actor, kind, record, shapes.edited(record.state, fields, now), changes)
    return int(record.id)


def _account(context: Context, partner: str) -> Document:
    trust = trust_with(context, partner)
    return {"id": partner, "name": trust.name if trust else partner}
