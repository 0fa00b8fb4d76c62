"""What a partner says in the trust thread, applied to the trust: one save of one document.

`services.federation.partners.invitations` tells what is said when. What comes too late (the invitation was
withdrawn, the trust has ended) is refused with a code, or has no effect; the same save goes past it anyway.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from services.common.actor import Actor
from services.common.context import Context
from services.common.errors import Invalid
from services.common.store import Record, decide_again
from services.common.verdicts import Park
from services.federation import verdicts
from services.federation.messages.organizations import ASKED
from services.federation.messages.threads import TYPES_OF_RESTORES
from services.federation.outgoing import letters
from services.federation.partners import capabilities
from services.federation.partners.addresses import check_address
from services.federation.partners.trusts import ENDED, INVITED
from services.federation.restoring import resuming
from services.federation.restoring.deployment import Deployment
from services.federation.sealing import ciphers
from services.federation.sealing.envelope import Message
from services.federation.sealing.keys import INTRODUCTION
from services.federation.sealing.rings import SUCCESSOR_NOT_PROVEN, PartnerRing
from services.federation.threads import Thread, opened_by
from services.federation.verdicts import Verdict, done
from services.organizations.actions.contact_cards import card_requests
from services.organizations.actions.saving import records, save
from services.organizations.actions.trusting.announcing import announced
from services.organizations.actions.trusting.inviting import acceptance
from services.organizations.actions.trusting.keyrings import Keys, known_ring, own_ring, secret_of
from services.organizations.actions.trusting.settling import fresh_password, set_password, settle
from services.organizations.model import trusts

Change = tuple[dict[str, Any], Verdict]


def receive(context: Context, message: Message) -> Verdict:
    """Applies the next message of a thread. Raises the thread's errors when it is not the next one."""
    verdict = _received(context, message)
    settle(context, message.sender)
    return verdict


@decide_again
def _received(context: Context, message: Message) -> Verdict:
    record = records(context, "trust").get(message.sender)
    if message.type in TYPES_OF_RESTORES:
        return _restored(context, record, message)
    if message.type == "trust.accepted.v1" and record.state["role"] == "inviting":
        return _answered_invitation(context, record, message)
    if (record.state["thread"] or {}).get("id") != message.thread:
        return verdicts.refused("unknown_thread")
    thread = Thread.from_document(record.state["thread"])
    handlers = {
        "trust.accepted.v1": _acceptance_answered,
        "trust.credentials_renewed.v1": _credentials_renewed,
        "trust.ended.v1": _ended,
        "keys.announced.v1": _keys_announced,
        ASKED: card_requests.asked,
    }
    change, verdict = handlers[message.type](context, record, message)
    return _save(context, record, thread.advance(message, verdict), change, [], verdict, message.type)


def _answered_invitation(context: Context, record: Record, message: Message) -> Verdict:
    """The invited account has accepted: it gets our answer, with credentials in place of the invitation's."""
    state = record.state
    invitation_id = state["invitation"]["id"]
    if message.thread != f"trust/{message.sender}/{invitation_id}":
        return verdicts.refused("unknown_invitation")
    opened = opened_by(message, incarnation=Deployment.of(context).incarnation)
    thread = Thread.from_document(state["thread"]) if state["thread"] else opened
    verdict = _welcome(context, state)
    change: dict[str, Any] = {}
    if verdict == done():
        try:
            change = _told(context, message)
        except Invalid as error:
            verdict = verdicts.refused(error.code)
    thread = thread.advance(message, verdict)
    if verdict != done():
        return _save(context, record, thread, {}, [], verdict, message.type)
    ring = PartnerRing.from_wire(message.sender, message.body["keys"])
    credentials, their_credentials = fresh_password(context, message.sender)
    # Before the answer leaves: with it the partner comes back under its new password at once.
    set_password(context, message.sender, credentials)
    own, known = own_ring(context), state.get("own_keys_known")
    thread, row = letters.write(
        context,
        thread,
        type="trust.accepted.v1",
        body=acceptance(context, invitation_id, own, ring, credentials),
        key=own.sealing(None if known is None else [key["kid"] for key in known]),
    )
    # The one-time key stays known until the partner announces keys again: its acceptance may come once more,
    # when our receipt for it was lost, and wants the same answer.
    introduction = [key for key in state["keys"] if key["state"] == INTRODUCTION]
    change |= {
        "keys": [*change["keys"], *introduction],
        "status": trusts.moved(state["status"], "accepted"),
        "their_credentials": their_credentials,
        "accepted_at": context.clock.now(),
        "announcement": announced(own, row),
        "unsettled": True,
    }
    return _save(context, record, thread, change, [row], verdict, message.type)


def _restored(context: Context, record: Record, message: Message) -> Verdict:
    """The partner, or this account, was restored (`services.federation.restoring.resuming`)."""
    if (record.state["thread"] or {}).get("id") != message.thread:
        return verdicts.refused("unknown_thread")
    thread = Thread.from_document(record.state["thread"])
    heard, rows = resuming.heard(context, thread, message)
    return _save(context, record, heard, {}, rows, done(), message.type)


def earlier(context: Context, incarnation: int) -> list[tuple[str, str]]:
    """(partner, thread) of trusts in which nothing was said in this incarnation yet."""
    found = records(context, "trust").find({"thread.sent.incarnation": {"$lt": incarnation}})
    return [(str(record.id), record.state["thread"]["id"]) for record in found]


@decide_again
def resume(context: Context, partner: str, thread: str) -> None:
    """This account was restored: it resumes the thread."""
    record = _of(context, partner, thread)
    held = None if record is None else Thread.from_document(record.state["thread"])
    if record is None or held is None or not resuming.is_due(context, held):
        return
    held, row = resuming.resumed(context, held)
    state = {**record.state, "thread": held.to_document()}
    save(context, Actor.system(context.account), "trust", record, state, {}, "resumed", [row])


def _welcome(context: Context, state: Mapping[str, Any]) -> Verdict:
    if state["status"] == ENDED:
        return verdicts.refused(
            "invitation_expired" if state["ended_by"] == "expiry" else "invitation_withdrawn"
        )
    if state["status"] != INVITED:
        return verdicts.refused("invitation_used")
    if trusts.has_expired(state["role"], state["invitation"]["expires_at"], context.clock.now()):
        return verdicts.refused("invitation_expired")
    return done()


def _acceptance_answered(context: Context, record: Record, message: Message) -> Change:
    """The inviter answers our acceptance; from now on both sides are active."""
    if record.state["status"] != INVITED:
        return {}, verdicts.refused("not_waited_for")
    try:
        told = _told(context, message, record.state["keys"])
    except Invalid as error:
        return {}, verdicts.refused(error.code)
    status = trusts.moved(record.state["status"], "accepted")
    return {**told, "status": status, "accepted_at": context.clock.now(), "unsettled": True}, done()


def _ended(context: Context, record: Record, message: Message) -> Change:
    if record.state["status"] == ENDED:
        return {}, done()
    ended = {
        "status": trusts.moved(record.state["status"], "ended"),
        "ended_at": context.clock.now(),
        "ended_by": "partner",
        "unsettled": True,
    }
    return ended, done()


def _keys_announced(context: Context, record: Record, message: Message) -> Change:
    """Raises Park `successor_not_proven`: who has stolen one key of his, and not the next one, shall not put
    an own one in its place unnoticed. A person who replays the message approves it.
    """
    known = known_ring(message.sender, record.state["keys"])
    try:
        ring = known.announced(message.body["keys"])
        understood = capabilities.told(message.body)
    except Invalid as error:
        return {}, verdicts.refused(error.code)
    if not (message.approved or known.proves(message.kid, ring)):
        raise Park(
            SUCCESSOR_NOT_PROVEN,
            f"{message.sender} announces keys under {message.kid}, which was not announced as its next one."
            " Ask there by another way whether that is so; replaying approves it.",
        )
    named = {"capabilities": understood} if "capabilities" in message.body else {}
    return {"keys": ring.to_document()["keys"], **named, "unsettled": True}, done()


def _credentials_renewed(context: Context, record: Record, message: Message) -> Change:
    if record.state["status"] == INVITED:
        return {}, verdicts.refused("not_waited_for")
    try:
        return {"credentials": _login(context, message), "unsettled": True}, done()
    except Invalid as error:
        return {}, verdicts.refused(error.code)


@decide_again
def refused(context: Context, partner: str, row: Mapping[str, Any], code: str) -> None:
    """The partner refuses a message of ours in the trust thread. Doing it again changes nothing.

    A refused acceptance (or answer to one) means that there is no trust: it ends, and says by which code.
    """
    record = _of(context, partner, row["thread"])
    if record is None or row["type"] != "trust.accepted.v1" or record.state["status"] == ENDED:
        return
    now = context.clock.now()
    state = {
        **record.state,
        "status": trusts.moved(record.state["status"], "ended"),
        "ended_at": now,
        "ended_by": f"refused: {code}",
        "unsettled": True,
        "updated_at": now,
    }
    changes = {"status": [record.state["status"], state["status"]], "code": [None, code]}
    save(context, Actor.system(context.account), "trust", record, state, changes, action="refused")


@decide_again
def unanswered(context: Context, row: Mapping[str, Any]) -> None:
    """A message of ours in the trust thread has had no answer for too long: the trust says so."""
    record = _of(context, row["partner"], row["thread"])
    if record is None or record.state.get("unanswered") is not None:
        return
    state = {**record.state, "unanswered": {"type": row["type"], "at": row["at"]}}
    changes = {"unanswered": [None, row["type"]]}
    save(context, Actor.system(context.account), "trust", record, state, changes, action="unanswered")


@decide_again
def discard(context: Context, message: Message) -> None:
    """A person decided that this message shall not be applied: the thread goes past it."""
    record = _of(context, message.sender, message.thread)
    if record is None:
        return
    thread = Thread.from_document(record.state["thread"]).advance(message, verdicts.refused("discarded"))
    _save(context, record, thread, {}, [], verdicts.refused("discarded"), message.type)


def _told(context: Context, message: Message, known: Keys | None = None) -> dict[str, Any]:
    """What `trust.accepted` tells. Raises Invalid `version_not_spoken`, `undecipherable`, `invalid_key`,
    `border_not_safe`.
    """
    body = message.body
    check_address(body["border"]["address"], body["border"]["ca"])
    return {
        "name": body["name"],
        "domain": body["domain"],
        "border_address": body["border"]["address"],
        "border_ca": body["border"]["ca"],
        "capabilities": capabilities.told(body),
        "keys": known_ring(message.sender, known or []).announced(body["keys"]).to_document()["keys"],
        "credentials": _login(context, message),
    }


def _login(context: Context, message: Message) -> str:
    """The credentials that a message brings, encrypted at rest. Raises Invalid `undecipherable`."""
    login = ciphers.decrypt_with(own_ring(context).decryption_keys(), message.body["credentials"])
    if not (isinstance(login.get("user"), str) and isinstance(login.get("password"), str)):
        raise Invalid("undecipherable", "The credentials hold no user and password.")
    kept = {"user": login["user"], "password": login["password"]}
    return ciphers.encrypt_at_rest(secret_of(context.config), kept)


def _of(context: Context, partner: str, thread: str) -> Record | None:
    return records(context, "trust").find_one({"_id": partner, "thread.id": thread})


def _save(
    context: Context,
    record: Record,
    thread: Thread,
    change: Mapping[str, Any],
    rows: list[dict[str, Any]],
    verdict: Verdict,
    said: str,
) -> Verdict:
    state = {
        **record.state,
        **change,
        "unanswered": None,  # he answers
        "thread": thread.to_document(),
        "updated_at": context.clock.now(),
    }
    changes = {"partner": [None, said], "verdict": [None, verdict.code or verdict.word]}
    if record.state["status"] != state["status"]:
        changes["status"] = [record.state["status"], state["status"]]
    save(context, Actor.system(context.account), "trust", record, state, changes, "said", rows)
    return verdict
