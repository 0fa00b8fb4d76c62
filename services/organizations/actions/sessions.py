"""Passwords, and the sessions that they open.

Who tries is told the same, after the same time, whether it is the password that is wrong or there is no such
person. A try counts before it is looked at, so that many at once are no more than one after the other; a
right one does not count. With too many, nobody's password is looked at until the window has passed.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping
from typing import Any

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
        _check_old(context, actor, person_id, email, record, fields["old_password"])
    else:
        _check_maker(context, maker_id)
    now, number = context.clock.now(), 1 if record is None else record.state["number"] + 1
    state = {"hash": _hashed(password), "number": number, "created_at": now, "updated_at": now}
    history = [entry(context, actor, "set_password", {})]
    if record is None:
        kept.insert(person_id, state, history=history)
    else:
        kept.save(record, {**state, "created_at": record.state["created_at"]}, history=history)


def sign_in(context: Context, primary_email: str, password: str, address: str) -> Document:
    """Opens a session: `{session}`, its id, for nobody but who signs in. `address`: from where. Raises
    Unauthorized `wrong_password`, Forbidden `too_many_tries`.
    """
    email = rules.email_key(primary_email)
    count_try(context, "address", address)
    count_try(context, "person", email)
    people = store.records(context, store.PEOPLE)
    person = people.find_one({"email_key": email})
    kept = store.records(context, store.PASSWORDS)
    record = None if person is None else kept.find_one({"_id": person.id})
    right = passwords.fits(passwords.NOBODYS if record is None else record.state["hash"], password)
    if person is None or record is None or not right or unavailable(person.state):
        raise Unauthorized("wrong_password", _WRONG)
    _forget_try(context, email, address)
    if passwords.is_outdated(record.state["hash"]):
        kept.save(record, {**record.state, "hash": _hashed(password)})
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
    return {"session": id}


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


def count_try(context: Context, kind: str, whose: str) -> None:
    """`kind`: see `sessions.MOST_TRIES`. Raises Forbidden `too_many_tries`."""
    counts, now = context.database[store.SIGN_IN_TRIES], context.clock.now()
    id = _try_id(kind, whose)
    with answering():
        counted = counts.update_one({"_id": id, "ends_at": {"$gt": now}}, {"$inc": {"tries": 1}})
        if not counted.matched_count:
            counts.delete_many({"ends_at": {"$lte": now}})
            counts.replace_one({"_id": id}, {"tries": 1, "ends_at": now + sessions.WINDOW}, upsert=True)
        stands = counts.find_one({"_id": id})
    if stands is not None and stands["tries"] > sessions.MOST_TRIES[kind]:
        minutes = sessions.minutes_left(stands["ends_at"], now)
        text = f"Too many tries have failed. Try again in {minutes} minute{'' if minutes == 1 else 's'}."
        raise Forbidden("too_many_tries", text)


def _forget_try(context: Context, email: str, address: str | None = None) -> None:
    """It was right. `address`: from where, if that was counted too."""
    counts = context.database[store.SIGN_IN_TRIES]
    with answering():
        counts.delete_one({"_id": _try_id("person", email)})
        if address is not None:
            # Only this one: who knows one password has no more tries at others'.
            counts.update_one({"_id": _try_id("address", address)}, {"$inc": {"tries": -1}})


def _try_id(kind: str, whose: str) -> str:
    return f"{kind}/{hashlib.sha256(whose.encode()).hexdigest()}"


def _check_old(
    context: Context, actor: Actor, person_id: int, email: str, record: Record | None, old: str
) -> None:
    if person_id != actor.person_id:
        raise Forbidden("not_yours", "Only the password's owner changes it by the old one.")
    key = rules.email_key(email)
    count_try(context, "person", key)
    if not passwords.fits(passwords.NOBODYS if record is None else record.state["hash"], old):
        raise Forbidden("wrong_password", "The old password is not right.")
    _forget_try(context, key)


def _check_maker(context: Context, id: int | None) -> None:
    maker = maker_of(store.records(context, store.TOKENS), id, context.clock.now())
    try:
        tokens.within((tokens.EVERYTHING,), None, maker["scopes"], maker["expires_at"])
    except RuleBroken:
        text = "Give the old password, or come with a token that may do everything and does not expire."
        raise Forbidden("old_password_missing", text) from None


def _hashed(password: str) -> str:
    return passwords.hashed(password, secrets.token_bytes(passwords.SALT_BYTES))
