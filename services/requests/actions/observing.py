"""Telling partners' representatives of our requests: the provider's side of observation threads.

What it promises

- What a customer's account has of a request ends as the request is, or as forgotten, whatever is lost, late
  or doubled: each word is a whole snapshot with a revision, and is told until it is receipted.
- No handler does much: whatever may change what is told (a save of the request, a word of its clocks, an SLA,
  its representatives, a trust) only marks the request, with `look_at`; a leased timer looks at those marked.
  An SLA may affect very many: its requests are marked some at a time, from where the last run stopped.
- A thread has at most one word without a receipt. What changes meanwhile sets `waits`, and is told after it.

A request is marked in the save that changes it, and the mark goes only when it was looked at in the version
in which it is. Whose first observer was just found is looked at once more: a save that was on its way at that
moment did not know of him.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import timedelta
from functools import partial
from typing import Any, Final

from services.common import strict_json
from services.common.actor import Actor
from services.common.context import Context
from services.common.database import answering
from services.common.history import entry
from services.common.one_by_one import OneByOne
from services.common.store import Record, decide_again, making
from services.federation.messages.observations import FORGOTTEN, OBSERVED
from services.federation.outgoing.deliveries import answered_among
from services.federation.outgoing.letters import write
from services.federation.partners.capabilities import understands
from services.federation.partners.trusts import ACTIVE, SUSPENDED, TrustBook
from services.federation.restoring.deployment import Deployment
from services.federation.revisions import next_revision
from services.federation.threads import Thread, open_thread
from services.requests import observations, store
from services.requests.model import observing as rules
from services.requests.store import Stored

Document = dict[str, Any]

LOOKED_AT: Final = 200
MARKED: Final = 500
_SELDOM: Final = ("waits", "acting", "refused", "unanswered")
_AGAIN: Final = timedelta(seconds=30)


def mark(context: Context, request_id: int) -> None:
    """The request is looked at soon, if an SLA with a partner's account is among those that it affects.
    Raises Unavailable.
    """
    requests = context.database[store.REQUESTS.name]
    with answering():
        document = requests.find_one({"_id": request_id}, {"sla_ids": 1, "observers": 1}) or {}
    observable = any(rules.lets_observe(sla) for sla in _slas(context, document.get("sla_ids", ())))
    if observable or document.get("observers"):
        with answering():
            requests.update_one({"_id": request_id}, {"$set": {"look_at": context.clock.now()}})


def follow_sla(context: Context, id: int) -> None:
    """The requests of an SLA between accounts of ours are looked at, some at a time. Raises Unavailable."""
    sla = context.copies.get("sla", id)
    if sla is not None and sla.get("account") is None and sla.get("customer_account"):
        with answering():
            sweeps = context.database[observations.SWEEPS.name]
            sweeps.update_one({"_id": id}, {"$set": {"after": 0}}, upsert=True)


def follow_trust(context: Context, partner: str) -> None:
    """As `follow_sla`, of all SLAs whose customer the partner is."""
    for sla in context.copies.find("sla", {"customer_account.id": partner, "account": None}):
        follow_sla(context, sla["id"])


def sweep(context: Context) -> None:
    """Called by a timer. Raises Unavailable, and at the end what failed of one request."""
    _mark_some(context)
    with OneByOne("observed request") as work:
        work.each(_marked(context), partial(look, context))
        work.each(_receipted(context), partial(look, context))


@decide_again
def look(context: Context, request_id: int) -> None:
    """Tells whoever may see the request what he does not know of it yet, and forgets it for the others."""
    stored = store.load(context, request_id)
    slas = slas_of(context, stored)
    trusts = {each.partner: each for each in TrustBook.of(context).trusts()}
    trusted = [name for name, trust in trusts.items() if trust.status in (ACTIVE, SUSPENDED)]
    wanted = rules.observers(stored.request, slas, trusted)
    wanted = {name: why for name, why in wanted.items() if understands(trusts[name].capabilities, OBSERVED)}
    known = {
        record.state["partner"]: record
        for record in observations.observations(context).find({"request_id": request_id})
    }
    for name in sorted(wanted.keys() | known.keys()):
        _tell(context, stored, name, known.get(name), wanted.get(name), trusted=name in trusted)
    _looked(context, stored, sorted(wanted))


def _tell(
    context: Context,
    stored: Stored,
    customer: str,
    record: Record | None,
    agreements: list[str] | None,
    trusted: bool,
) -> None:
    state = {} if record is None else record.state
    body = None
    if agreements is not None:
        body = rules.snapshot(stored.request, store.public_notes(context, stored), agreements)
    now = digest(body)
    if not trusted:
        if record is not None and state["told"] is not None:  # it ends on both sides, without a word
            keep(context, record, {"told": None, "waits": None}, [], "trust ended")
        return
    word = rules.to_say(state.get("told"), now, _on_the_way(context, state))
    if word is None or word == "waits":
        if record is not None and bool(state.get("waits")) != (word == "waits"):
            keep(context, record, {"waits": True if word else None}, [], "waits" if word else "settled")
        return
    thread = Thread.from_document(state["thread"]) if state else _opened(context, customer)
    fields, row = said(context, stored.request.id, thread, body, state.get("revision"))
    fields |= {"told": now}
    if record is not None:
        keep(context, record, fields, [row], word)
        return
    whose = {"partner": customer, "request_id": stored.request.id, "created_at": context.clock.now()}
    with making():
        observations.observations(context).insert(
            f"{stored.request.id}/{customer}",
            _present({**whose, **fields}),
            rows=[row],
            history=[_entry(context, word)],
        )


def said(
    context: Context, request_id: int, thread: Thread, body: Mapping[str, Any] | None, revision: Any
) -> tuple[Document, Document]:
    """The fields after this snapshot, or that there is none, was said; and the row that says it. Raises
    Unavailable."""
    risen = next_revision(revision, thread.sent.incarnation)
    type = FORGOTTEN if body is None else OBSERVED
    about = {"revision": risen, **(body or {})}
    thread, row = write(context, thread, id=context.new_uuid(), type=type, body=about, request_id=request_id)
    return {
        "thread": thread.to_document(),
        "revision": risen,
        "message": row["id"],
        "waits": None,
        "refused": None,
        "unanswered": None,
    }, row


def keep(context: Context, record: Record, fields: Document, rows: list[Document], action: str) -> None:
    """One save of what is said of a request. Raises Stale."""
    state = {**record.state, **fields, "updated_at": context.clock.now()}
    observations.observations(context).save(
        record, _present(state), rows=rows, history=[_entry(context, action)]
    )


def _present(state: Mapping[str, Any]) -> Document:
    """What is over is absent, so that an index holds none but those that wait."""
    return {name: value for name, value in state.items() if value is not None or name not in _SELDOM}


def slas_of(context: Context, stored: Stored) -> list[Document]:
    """Our copies of the SLAs that the request affects, or has affected."""
    return _slas(context, stored.request.sla_ids)


def digest(body: Mapping[str, Any] | None) -> str | None:
    """What is remembered of a snapshot that was said."""
    return None if body is None else hashlib.sha256(strict_json.dumps(body)).hexdigest()


def _entry(context: Context, action: str) -> Document:
    return entry(context.clock.now(), Actor.system(context.account), action, {})


def _slas(context: Context, ids: Any) -> list[Document]:
    return context.copies.find("sla", {"_id": {"$in": sorted(ids)}}) if ids else []


def _on_the_way(context: Context, state: Mapping[str, Any]) -> bool:
    message = state.get("message")
    return message is not None and not answered_among(context, [message])


def _looked(context: Context, stored: Stored, observers: list[str]) -> None:
    """The mark goes, unless the request was saved since, or has somebody new to be told."""
    before, known = stored.record.state.get("look_at"), stored.record.state.get("observers", [])
    looked = {"_id": stored.request.id, "version": stored.record.version, "look_at": before}
    change: Document = {}
    if observers != known:
        change = {"$set": {"observers": observers, "look_at": context.clock.now() + _AGAIN}}
        if not observers:
            change = {"$unset": {"observers": "", "look_at": ""}}
    elif before is not None:
        change = {"$unset": {"look_at": ""}}
    if change:
        with answering():
            context.database[store.REQUESTS.name].update_one(looked, change)


def _marked(context: Context) -> list[int]:
    with answering():
        due = context.database[store.REQUESTS.name].find(
            {"look_at": {"$lte": context.clock.now()}}, {"_id": 1}
        )
        return [each["_id"] for each in due.sort([("look_at", 1)]).limit(LOOKED_AT)]


def _receipted(context: Context) -> list[int]:
    """The requests that have changed since a word that is receipted by now."""
    with answering():
        found = context.database[observations.OBSERVATIONS.name].find(
            {"waits": True}, {"message": 1, "request_id": 1}
        )
        waiting = {each["message"]: each["request_id"] for each in found.limit(MARKED)}
    return sorted({waiting[message] for message in answered_among(context, waiting)})


def _mark_some(context: Context) -> None:
    sweeps, requests = (context.database[each.name] for each in (observations.SWEEPS, store.REQUESTS))
    with answering():
        for sweep in list(sweeps.find({})):
            of_sla = {"sla_ids": sweep["_id"], "_id": {"$gt": sweep["after"]}}
            ids = [each["_id"] for each in requests.find(of_sla, {"_id": 1}).sort([("_id", 1)]).limit(MARKED)]
            requests.update_many({"_id": {"$in": ids}}, {"$set": {"look_at": context.clock.now()}})
            # One that began again meanwhile stays at its beginning.
            if len(ids) < MARKED:
                sweeps.delete_one(dict(sweep))
            else:
                sweeps.update_one(dict(sweep), {"$set": {"after": ids[-1]}})


def _opened(context: Context, partner: str) -> Thread:
    incarnation = Deployment.of(context).incarnation
    return open_thread("observation", context.account, partner, context.new_uuid(), incarnation=incarnation)
