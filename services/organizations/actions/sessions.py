"""Passwords, and the sessions that they open.

Who tries is told the same, after the same time, whether it is the password that is wrong or there is no such
person. A try counts before it is looked at, so that many at once are no more than one after the other; a
right one does not count. With too many, no password is looked at until the window has passed: for whom, see
`model.sessions`.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping
from typing import Any

from pymongo import ReturnDocument

from services.common import roles
from services.common.actor import Actor
from services.common.context import Context
from services.common.database import answering
from services.common.errors import Forbidden, Unauthorized
from services.common.store import Record, decide_again
from services.organizations import store
from services.organizations.actions.account import maker_of
from services.organizations.actions.saving import entry, found, refusing
from services.organizations.model import passwords, sessions, tokens
from services.organizations.model import records as rules
from services.organizations.model.rules import RuleBroken
from services.organizations.model.shelves import unavailable

Document = dict[str, Any]

_WRONG = "The e-mail address or the password is not right."


@decide_again
def set_password(
    context: Context, actor: Actor, fields: Mapping[str, Any], maker_id: int | None = None
) -> None:
    """Sets one's own password, or by an administrator another person's; whatever session is open ends.

    Who gives the `old_password` changes his own. Without it, it takes a token (`maker_id`) that may do
    everything and does not expire: a password is no less. Raises Forbidden, Unauthorized, Invalid.
    """
    person_id = fields["person_id"]
    if person_id != actor.person_id:
        actor.needs(*roles.ADMINISTRATORS)
    with refusing():
        known = found(context, "person", [person_id]).get(person_id)
        rules.usable("person_id", "person", known)
        person = rules.there("person_id", "person", known)
        email = person.get("primary_email")
        if not email:
            text = "The person signs in with an e-mail address and has none: set primary_email first."
            raise RuleBroken("email_missing", text, [("person_id", "has no primary_email")])
        password = passwords.checked(fields["password"], (email, person["name"]))
    kept = store.records(context, store.PASSWORDS)
    record = kept.find_one({"_id": person_id})
    if "old_password" in fields:
        _check_old(context, actor, person_id, record, fields["old_password"])
    else:
        _check_maker(context, maker_id)
    now, number = context.clock.now(), 1 if record is None else record.state["number"] + 1
    state = {"hash": _hashed(password), "number": number, "created_at": now, "updated_at": now}
    history = [entry(context, actor, "set_password", {})]
    if record is None:
        kept.insert(person_id, state, history=history)
    else:
        kept.save(record, {**state, "created_at": record.state["created_at"]}, history=history)


def sign_in(
    context: Context, primary_email: str, password: str, address: str, browser: str | None = None
) -> Document:
    """Opens a session: `{session, browser}`, its id, for nobody but who signs in, and the mark by which his
    browser is known from now on. `address`: from where; `browser`: the mark that came along. Raises
    Unauthorized `wrong_password`, Forbidden `too_many_tries`.
    """
    email = rules.email_key(primary_email)
    person = store.records(context, store.PEOPLE).find_one({"email_key": email})
    kept = store.records(context, store.PASSWORDS)
    record = None if person is None else kept.find_one({"_id": person.id})
    hash = passwords.NOBODYS if record is None else record.state["hash"]
    # Nobody's hash is no secret: a mark of it would be anybody's.
    known = browser is not None and record is not None and sessions.is_browser_mark(browser, hash)
    counted = _counted_as(email, address, browser if known else None)
    count_try(context, counted)
    right = passwords.fits(hash, password)
    if person is None or record is None or not right or unavailable(person.state):
        raise Unauthorized("wrong_password", _WRONG)
    _forget_try(context, counted)
    if passwords.is_outdated(hash):
        hash, known = _hashed(password), False
        kept.save(record, {**record.state, "hash": hash})
    mark = browser if known else sessions.browser_mark(secrets.token_urlsafe(32), hash)
    id, now = tokens.written(secrets.token_bytes(tokens.TOKEN_BYTES)), context.clock.now()
    session = {"_id": tokens.sha256_of(id), "person_id": person.id, "number": record.state["number"]}
    opened = context.database[store.SESSIONS]
    with answering():
        opened.insert_one({**session, "created_at": now, "seen_at": now})
        last = opened.find({"person_id": person.id}, {"created_at": 1}).sort([("created_at", -1)])
        too_old, begun = now - sessions.LONGEST, list(last)
        over = [
            each for n, each in enumerate(begun) if n >= sessions.MOST_OPEN or each["created_at"] <= too_old
        ]
        opened.delete_many({"_id": {"$in": [each["_id"] for each in over]}})
    return {"session": id, "browser": mark}


def touch(context: Context, sha256: str) -> None:
    """Notes that a session is used; of one that is not there, nothing."""
    with answering():
        context.database[store.SESSIONS].update_one(
            {"_id": sha256}, {"$max": {"seen_at": context.clock.now()}}
        )


def sign_out(context: Context, sha256: str) -> None:
    """Ends a session."""
    with answering():
        context.database[store.SESSIONS].delete_one({"_id": sha256})


def count_try(context: Context, counted: Mapping[str, str]) -> None:
    """`counted`: what a try counts for, by the kinds of `sessions.MOST_TRIES`. One that is too many for one
    kind counts for none after it, so that a stranger uses up no more of what he shares with others. Raises
    Forbidden `too_many_tries`.
    """
    counts, now = context.database[store.SIGN_IN_TRIES], context.clock.now()
    with answering():
        counts.delete_many({"ends_at": {"$lte": now}})
    for kind, what in counted.items():
        with answering():
            stands: Any = counts.find_one_and_update(
                {"_id": _try_id(kind, what)},
                {"$inc": {"tries": 1}, "$setOnInsert": {"ends_at": now + sessions.WINDOW}},
                upsert=True,
                return_document=ReturnDocument.AFTER,
            )
        if stands["tries"] > sessions.MOST_TRIES[kind]:
            minutes = sessions.minutes_left(stands["ends_at"], now)
            wait = f"{minutes} minute{'' if minutes == 1 else 's'}"
            raise Forbidden("too_many_tries", f"Too many tries have failed. Try again in {wait}.")


def _counted_as(email: str, address: str, browser: str | None) -> dict[str, str]:
    if browser is not None:
        return {"browser": browser}
    network = sessions.network_of(address)
    return {"pair": f"{email} {network}", "address": network, "person": email}


def _forget_try(context: Context, counted: Mapping[str, str]) -> None:
    """It was right."""
    counts = context.database[store.SIGN_IN_TRIES]
    with answering():
        for kind, what in counted.items():
            if kind in sessions.OF_OTHERS_TOO:
                counts.update_one({"_id": _try_id(kind, what)}, {"$inc": {"tries": -1}})
            else:
                counts.delete_one({"_id": _try_id(kind, what)})


def _try_id(kind: str, whose: str) -> str:
    return f"{kind}/{hashlib.sha256(whose.encode()).hexdigest()}"


def _check_old(context: Context, actor: Actor, person_id: int, record: Record | None, old: str) -> None:
    if person_id != actor.person_id:
        raise Forbidden("not_yours", "Only the password's owner changes it by the old one.")
    counted = {"owner": str(person_id)}
    count_try(context, counted)
    if not passwords.fits(passwords.NOBODYS if record is None else record.state["hash"], old):
        raise Forbidden("wrong_password", "The old password is not right.")
    _forget_try(context, counted)


def _check_maker(context: Context, id: int | None) -> None:
    maker = maker_of(store.records(context, store.TOKENS), id, context.clock.now())
    try:
        tokens.within((tokens.EVERYTHING,), None, maker["scopes"], maker["expires_at"])
    except RuleBroken:
        text = "Give the old password, or come with a token that may do everything and does not expire."
        raise Forbidden("old_password_missing", text) from None


def _hashed(password: str) -> str:
    return passwords.hashed(password, secrets.token_bytes(passwords.SALT_BYTES))
