"""What is said in card threads: of partners' cards, kept with their organizations here; and of our own, what
becomes of what we said.

A partner's organization is found by its thread, else by the partner's own id for it; the one that was
introduced as the partner's account itself takes the card that says so, and of a partner that does not say it
of any, the first card that no other record claims. A card that comes
before the agreement that entitles us to it is kept, and stands in no list until then. A restored partner may
have forgotten a thread and open another about the same organization: the newer word counts, by its revision,
and its thread with it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from services.common.actor import Actor
from services.common.context import Context
from services.common.errors import Conflict, Invalid, Stale
from services.common.store import Record, decide_again, making
from services.federation.messages import check_incoming
from services.federation.messages.organizations import PUBLISHED
from services.federation.messages.threads import TYPES_OF_RESTORES
from services.federation.restoring import resuming
from services.federation.restoring.deployment import Deployment
from services.federation.revisions import is_later
from services.federation.sealing.envelope import Message
from services.federation.threads import Thread, opened_by
from services.federation.verdicts import Verdict, done
from services.federation.verdicts import refused as refusal
from services.organizations import store
from services.organizations.actions.contact_cards import cards, linking
from services.organizations.actions.saving import insert, records, save
from services.organizations.model import cards as rules
from services.organizations.model import shapes
from services.organizations.model.links import with_link

Document = dict[str, Any]

MAX_ORGANIZATIONS: Final = 1_000
"""Of one partner: no agreements lead to more."""


def receive(context: Context, message: Message) -> Verdict:
    """Applies the next message of a thread. Raises the thread's errors when it is not the next one."""
    verdict = _received(context, message)
    linking.follow(context, message.sender)
    return verdict


@decide_again
def _received(context: Context, message: Message) -> Verdict:
    if message.type in TYPES_OF_RESTORES:
        return _restored(context, message)
    record = _theirs(context, message.sender, message.thread)
    thread = _thread(context, record, message).advance(message)
    if record is None:
        record = _named(context, message)
        if record is not None and not _is_newer(record, message):
            return refusal("superseded_card")
    card = rules.from_wire(message.body) if message.type == PUBLISHED else None
    state = {} if record is None else record.state
    fields = rules.heard(state, message.body["revision"], card, context.clock.now())
    verdict = done() if fields is not None else done("superseded")
    if fields is not None:
        fields |= rules.whose(message.body)
    return _keep(context, message, record, {**(fields or {}), "thread": thread.to_document()}, verdict)


@decide_again
def discard(context: Context, message: Message) -> None:
    """A person decided that the message shall not be applied: the thread goes past it. Of a first card an
    organization is left that stands in no list.
    """
    verdict = refusal("discarded")
    if (shown := _ours(context, message.sender, message.thread)) is not None:
        thread = Thread.from_document(shown.state["thread"]).advance(message, verdict)
        _keep_ours(context, shown, thread, [], message.type)
        return
    record = _theirs(context, message.sender, message.thread)
    if record is None:
        try:
            check_incoming(PUBLISHED, message.body)
        except Invalid:
            return  # it does not say what it is about, so there is no place for its thread
    thread = _thread(context, record, message).advance(message, verdict)
    _keep(context, message, record or _named(context, message), {"thread": thread.to_document()}, verdict)


def earlier(context: Context, incarnation: int) -> list[tuple[str, str]]:
    """(partner, thread) of cards, ours and theirs, of which nothing was said in this incarnation yet."""
    unheard = {"thread.sent.incarnation": {"$lt": incarnation}}
    threads = [
        record.state["thread"]
        for collection in (store.CARDS, store.ORGANIZATIONS)
        for record in store.records(context, collection).find(unheard)
    ]
    return [(thread["partner"], thread["id"]) for thread in threads]


@decide_again
def resume(context: Context, partner: str, thread: str) -> None:
    """This account was restored: it resumes the thread, and states its card, or that there is none."""
    shown = _ours(context, partner, thread)
    record = shown or _theirs(context, partner, thread)
    held = None if record is None else Thread.from_document(record.state["thread"])
    if record is None or held is None or not resuming.is_due(context, held):
        return
    held, row = resuming.resumed(context, held)
    if shown is None:
        state = {**record.state, "thread": held.to_document()}
        save(context, Actor.system(context.account), "organization", record, state, {}, "resumed", rows=[row])
        return
    id, known = shown.state["organization_id"], shown.state
    fields, word = cards.said(context, held, id, known["told"], known["revision"])
    cards.keep(context, partner, id, shown, fields, [row, word], "resumed")


@decide_again
def refused(context: Context, partner: str, row: Mapping[str, Any], code: str) -> None:
    """The partner refused a word on our card: noted beside it. It is told again when the card changes."""
    shown = _ours(context, partner, row["thread"])
    if shown is not None and (shown.state.get("refused") or {}).get("code") != code:
        flag = {"type": row["type"], "code": code, "at": context.clock.now()}
        fields = {"refused": flag}
        cards.keep(context, partner, shown.state["organization_id"], shown, fields, [], "refused")


@decide_again
def unanswered(context: Context, row: Mapping[str, Any]) -> None:
    """A word on our card has had no answer for too long: noted beside it, the first one."""
    shown = _ours(context, row["partner"], row["thread"])
    if shown is not None and shown.state.get("unanswered") is None:
        fields = {"unanswered": {"type": row["type"], "at": row["at"]}}
        id = shown.state["organization_id"]
        cards.keep(context, row["partner"], id, shown, fields, [], "unanswered")


def _restored(context: Context, message: Message) -> Verdict:
    """The partner, or this account, was restored (`services.federation.restoring.resuming`)."""
    shown = _ours(context, message.sender, message.thread)
    record = shown or _theirs(context, message.sender, message.thread)
    if record is None:
        return refusal("unknown_thread")
    thread = Thread.from_document(record.state["thread"])
    heard, rows = resuming.heard(context, thread, message)
    if shown is not None:
        _keep_ours(context, shown, heard, rows, message.type)
    else:
        state = {**record.state, "thread": heard.to_document()}
        actor = Actor.system(context.account)
        save(context, actor, "organization", record, state, {}, message.type, rows=rows)
    return done()


def _keep_ours(context: Context, shown: Record, thread: Thread, rows: list[Document], said: str) -> None:
    fields = {"thread": thread.to_document(), "unanswered": None}
    cards.keep(context, thread.partner, shown.state["organization_id"], shown, fields, rows, said)


def _keep(
    context: Context, message: Message, record: Record | None, fields: Document, verdict: Verdict
) -> Verdict:
    now, actor = context.clock.now(), Actor.system(context.account)
    if record is None:
        if _is_full(context, message.sender):
            return refusal("too_many_cards")
        named = message.body["organization"]
        account = {"id": message.sender, "name": _partner_name(context, message.sender)}
        state = shapes.foreign("organization", account, named["id"], named["name"], now) | fields
        with making():
            insert(context, actor, "organization", context.ids.next("organization"), state)
        return verdict
    if record.state.get("remote_id") is None:
        id = message.body["organization"]["id"]
        fields |= {"remote_id": id, "remote": shapes.remote(message.sender, id)}
    changes = {"card": [None, message.type], "verdict": [None, verdict.code or verdict.word]}
    if fields.get("name", record.state["name"]) != record.state["name"]:
        changes["name"] = [record.state["name"], fields["name"]]
    state = shapes.edited("organization", record.state, fields, now)
    state = with_link(state, bool(state.get("linked")), now)
    try:
        save(context, actor, "organization", record, state, changes, "said")
    except Conflict as conflict:
        raise Stale() from conflict
    return verdict


def _is_newer(record: Record, message: Message) -> bool:
    """Whether a word in another thread than the one we know of is later than all that was said there."""
    return is_later(message.body["revision"], record.state.get("card_revision"))


def _thread(context: Context, record: Record | None, message: Message) -> Thread:
    if record is not None:
        return Thread.from_document(record.state["thread"])
    return opened_by(message, incarnation=Deployment.of(context).incarnation)


def _named(context: Context, message: Message) -> Record | None:
    """The organization that a new thread is about."""
    organizations = records(context, "organization")
    known = [shapes.remote(message.sender, message.body["organization"]["id"])]
    if rules.may_be_of_account(message.body):
        known.append(shapes.remote(message.sender, None))
    for remote in known:
        if (record := organizations.find_one({"remote": remote})) is not None:
            return record
    return None


def _theirs(context: Context, partner: str, thread: str) -> Record | None:
    return records(context, "organization").find_one({"thread.id": thread, "thread.partner": partner})


def _ours(context: Context, partner: str, thread: str) -> Record | None:
    return store.records(context, store.CARDS).find_one({"thread.id": thread, "thread.partner": partner})


def _is_full(context: Context, partner: str) -> bool:
    counted = context.database[store.ORGANIZATIONS].count_documents(
        {"account.id": partner}, limit=MAX_ORGANIZATIONS
    )
    return bool(counted >= MAX_ORGANIZATIONS)


def _partner_name(context: Context, partner: str) -> str:
    name: str = records(context, "trust").get(partner).state["name"]
    return name
