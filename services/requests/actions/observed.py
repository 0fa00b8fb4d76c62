"""What partners show our representatives: the customer's side of observation threads.

Each word is a whole snapshot; the one with the highest revision stands, so an older one that comes late has
no effect. A copy is seen by those who represent us, here and now, under one of the SLAs that it names: when
one of these ends here, nobody waits for the partner to say so. An SLA that is not known here yet (it comes by
another lane, which may stand still) counts from when it is. A forgotten copy keeps its thread and its
history; what it showed goes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any, Final

from services.common.actor import Actor
from services.common.clock import from_iso
from services.common.context import Context
from services.common.database import answering
from services.common.history import entry
from services.common.listing import terms
from services.common.one_by_one import OneByOne
from services.common.store import Record, decide_again, event_row, making
from services.federation.messages.observations import OBSERVED
from services.federation.partners.trusts import ENDED, TrustBook
from services.federation.restoring.deployment import Deployment
from services.federation.revisions import is_later
from services.federation.sealing.envelope import Message
from services.federation.threads import Thread, opened_by
from services.federation.verdicts import Verdict, done, refused
from services.requests import observations
from services.requests.model.observed_news import news

Document = dict[str, Any]

AT_ONCE: Final = 200
_KEPT: Final = ("account", "remote_id", "thread", "revision", "created_at")


def hear(context: Context, record: Record | None, message: Message) -> Verdict:
    """Applies `request.observed` or `request.forgotten`; one save. Raises the errors of `Thread.advance`,
    Stale, Unavailable.
    """
    thread = thread_of(context, record, message)
    thread.advance(message)  # before anything is looked up: it must be the next one
    known = record
    if record is None:
        known = _same(context, message)
        if known is not None and not is_later(message.body["revision"], known.state["revision"]):
            return refused("superseded_observation")
    later = known is None or is_later(message.body["revision"], known.state.get("revision"))
    verdict = done(None if later else "superseded")
    state = dict(known.state) if known else {}
    if later:
        state = {name: state[name] for name in (*_KEPT, "actions", "pending") if name in state}
        if message.type == OBSERVED:
            state |= _shown(context, message)
        else:
            state = _stub(state)
        state["revision"] = message.body["revision"]
    state["thread"] = thread.advance(message, verdict).to_document()
    _keep(context, known, state, message.type)
    return verdict


def set_aside(context: Context, record: Record | None, message: Message) -> None:
    """A person discards the message: the thread goes past it. Of a first one a thread is left."""
    thread = thread_of(context, record, message).advance(message, refused("discarded"))
    state = dict(record.state) if record else {**_whose(context, message), "revision": [0, 0]}
    _keep(context, record, {**state, "thread": thread.to_document()}, "discarded")


def thread_of(context: Context, record: Record | None, message: Message) -> Thread:
    if record is not None:
        return Thread.from_document(record.state["thread"])
    return opened_by(message, incarnation=Deployment.of(context).incarnation)


def find_slas(context: Context) -> None:
    """Requests are found under the SLAs that were not known here when their partner named them; called by a
    timer. Raises Unavailable, and at the end what failed of one of them.
    """
    shown = context.database[observations.OBSERVED.name]
    with answering():
        named = shown.distinct("unknown_agreements")
        known = _known(context, named) if named else {}
        of_known = {"unknown_agreements": {"$in": sorted(known)}}
        ids = [each["_id"] for each in shown.find(of_known, {"_id": 1}).limit(AT_ONCE)] if known else []
    with OneByOne("observed request") as work:
        work.each(ids, partial(_find_slas, context))


@decide_again
def _find_slas(context: Context, id: int) -> None:
    record = observations.observed(context).get(id)
    state = dict(record.state)
    if named := state.pop("unknown_agreements", None):
        _keep(context, record, {**state, **_slas(context, named, state["sla_ids"])}, "sla known")


def forget_of_ended(context: Context) -> None:
    """What partners showed whose trust has ended goes, some at a time; called by a timer. Raises Unavailable,
    and at the end what failed of one of them.
    """
    ended = [trust.partner for trust in TrustBook.of(context).trusts() if trust.status == ENDED]
    with answering():
        shown = context.database[observations.OBSERVED.name].find({"shown_by": {"$in": ended}}, {"_id": 1})
        ids = [each["_id"] for each in shown.limit(AT_ONCE)] if ended else []
    with OneByOne("observed request") as work:
        work.each(ids, partial(_forget, context))


@decide_again
def _forget(context: Context, id: int) -> None:
    record = observations.observed(context).get(id)
    _keep(context, record, _stub(record.state), "trust ended")


def _stub(state: Mapping[str, Any]) -> Document:
    """What is left of a copy that is forgotten."""
    return {name: value for name, value in state.items() if name in _KEPT}


def _same(context: Context, message: Message) -> Record | None:
    """The copy of this request that another thread has told; a restored partner may have forgotten that."""
    remote = {"account.id": message.sender, "remote_id": message.body.get("request_id")}
    return observations.observed(context).find_one(remote)


def _shown(context: Context, message: Message) -> Document:
    body, now = message.body, context.clock.now()
    core = {name: body[name] for name in ("subject", "category", "impact")}
    # Under an SLA that the partner did not register it has nothing to show.
    registered = f"agreement/{message.sender}/"
    core |= {
        "requester": body["requested_for"],
        "desired_completion_at": _time(body["desired_completion_at"]),
    }
    return {
        **_whose(context, message),
        "core": core,
        "status": body["status"],
        "live": body["status"] != "completed",
        "completion_reason": body["completion_reason"],
        "created_at": _time(body["created_at"]),
        "completed_at": _time(body["completed_at"]),
        "updated_at": now,
        "told_at": now,
        **_slas(context, [each for each in body["agreements"] if each.startswith(registered)]),
        "notes": [{**note, "created_at": _time(note["created_at"])} for note in body["notes"]],
        "note_count": body["note_count"],
        "shown_by": message.sender,
    }


def _slas(context: Context, named: Iterable[str], sla_ids: Iterable[int] = ()) -> Document:
    """Our copies of the SLAs with these agreements, beside `sla_ids`; and which are not known yet, if any."""
    known = _known(context, named)
    unknown = sorted(set(named) - known.keys())
    return {
        "sla_ids": sorted({*sla_ids, *known.values()}),
        **({"unknown_agreements": unknown} if unknown else {}),
    }


def _known(context: Context, named: Iterable[str]) -> dict[str, int]:
    """Agreement → our copy of its SLA."""
    found = context.copies.find("sla", {"thread": {"$in": sorted(named)}})
    return {sla["thread"]: sla["id"] for sla in found}


def _whose(context: Context, message: Message) -> Document:
    trust = TrustBook.of(context).trust(message.sender)
    account = {"id": message.sender, "name": trust.name if trust else message.sender}
    return {"account": account, "remote_id": message.body.get("request_id")}


def _keep(context: Context, record: Record | None, state: Document, action: str) -> None:
    records = observations.observed(context)
    before = {} if record is None else record.state
    changes = {
        name: [before.get(name), state.get(name)]
        for name in ("status", "completion_reason")
        if before.get(name) != state.get(name)
    }
    entries = [entry(context.clock.now(), Actor.system(context.account), action, changes)]
    id = context.ids.next("request") if record is None else record.id
    if observations.is_shown(state):
        state["search"] = _terms(id, state)
    n = 1 if record is None else record.version + 1
    told = news(before, state, id=id, n=n, at=context.clock.now())
    rows = [] if told is None else [event_row("request.observation_changed", told)]
    if record is not None:
        records.save(record, state, rows=rows, history=entries)
        return
    with making():
        records.insert(id, state, rows=rows, history=entries)


def _terms(id: int, state: Mapping[str, Any]) -> list[str]:
    return list(terms(state["core"]["subject"], str(id)))


def _time(text: str | None) -> Any:
    return None if text is None else from_iso(text)
