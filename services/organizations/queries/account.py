"""The account itself, tokens and their owners, and trusts."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import Any

from pymongo.database import Database

from services.common import roles
from services.common.actor import Actor
from services.common.database import answering
from services.common.errors import NotFound
from services.common.listing import ListQuery, Page, page
from services.organizations import store
from services.organizations.model import sessions, tokens
from services.organizations.model.shelves import unavailable
from services.organizations.queries.listings import TOKENS, TRUSTS
from services.organizations.queries.viewing import UNSHOWN, Document
from services.organizations.schemas import KeyRingSchema, shown


def get_account(database: Database[Document], viewer: Actor | None = None) -> Document:
    """The account; everybody of it may see it. Raises NotFound before it is founded."""
    with answering():
        found = database[store.ACCOUNTS].find_one({}, UNSHOWN)
    if found is None:
        raise NotFound("not_founded", "This account is not founded yet.")
    return shown("account", found)


def token_owner(database: Database[Document], sha256: str, now: datetime) -> Document | None:
    """Whose token it is, or None: unknown, expired, revoked, or its owner is disabled
    or archived.

    `sha256`: of the token's characters, hexadecimal. Answers `{token_id, scopes, expires_at, person: {id,
    name, roles, team_ids, organization_id}, account: {id, name}}`; `allows(scopes, resource, action)` says
    what the token is good for.
    """
    with answering():
        token = database[store.TOKENS].find_one({"sha256": sha256}, UNSHOWN)
        if token is None or not tokens.is_valid(token["expires_at"], token["revoked_at"], now):
            return None
        person = _caller(database, token["person_id"])
        if person is None:
            return None
        account = database[store.ACCOUNTS].find_one({}, {"name": 1}) or {}
    return {
        "token_id": token["_id"],
        "scopes": token["scopes"],
        "expires_at": token["expires_at"],
        "person": person,
        "account": {"id": account["_id"], "name": account["name"]},
    }


def session_owner(database: Database[Document], sha256: str, now: datetime) -> Document | None:
    """Whose session it is, or None: unknown, ended, or its owner is disabled or archived.

    `sha256`: of the session's id, hexadecimal. Answers `{due, person}`, the latter as of a token; `due`: it
    is to be noted that the session is used.
    """
    with answering():
        session = database[store.SESSIONS].find_one({"_id": sha256})
        if session is None:
            return None
        password = database[store.PASSWORDS].find_one({"_id": session["person_id"]}, {"number": 1})
        if password is None or not sessions.is_open(session, password["number"], now):
            return None
        person = _caller(database, session["person_id"])
    return None if person is None else {"due": sessions.is_due(session, now), "person": person}


def _caller(database: Database[Document], id: int) -> Document | None:
    """What is asked of a person with every call; None when he may make none."""
    person = database[store.PEOPLE].find_one({"_id": id}, UNSHOWN)
    if person is None or unavailable(person):
        return None
    teams = database[store.TEAMS].find({"member_ids": id, "disabled": False, "shelf": None}, {"_id": 1})
    return {
        "id": id,
        "name": person["name"],
        "roles": person["roles"],
        "team_ids": sorted(team["_id"] for team in teams),
        "organization_id": person.get("organization_id"),
    }


def list_tokens(database: Database[Document], query: ListQuery, viewer: Actor) -> Page:
    """The viewer's own tokens, never the characters of one."""
    own = {"person_id": viewer.person_id}
    collection: Any = database[store.TOKENS]
    return page(collection, TOKENS, query, own, viewer=viewer, projection=UNSHOWN).map(
        partial(shown, "token")
    )


def get_token(database: Database[Document], id: int, viewer: Actor) -> Document:
    """One of the viewer's own. Raises NotFound."""
    with answering():
        found = database[store.TOKENS].find_one({"_id": id, "person_id": viewer.person_id}, UNSHOWN)
    if found is None:
        raise NotFound()
    return shown("token", found)


def get_keys(database: Database[Document], viewer: Actor) -> Document:
    """The account's own keys and who knows them, no private part of any. Raises Forbidden, NotFound."""
    viewer.needs(*roles.VIEW_TRUSTS)
    with answering():
        ring = database[store.KEYRINGS].find_one({"own": True}, {"keys.private": 0})
        knowing = list(database[store.TRUSTS].find({}, {"own_keys_known.kid": 1}).sort([("_id", 1)]))
    if ring is None:
        raise NotFound("not_founded", "This account is not founded yet.")
    known_by: dict[str, list[str]] = {}
    for trust in knowing:
        for key in trust.get("own_keys_known") or ():
            known_by.setdefault(key["kid"], []).append(trust["_id"])
    keys = [{**key, "known_by": known_by.get(key["kid"], [])} for key in ring["keys"]]
    shown_keys: Document = KeyRingSchema().dump({**ring, "keys": keys})
    return shown_keys


def list_trusts(database: Database[Document], query: ListQuery, viewer: Actor) -> Page:
    """Raises Forbidden."""
    viewer.needs(*roles.VIEW_TRUSTS)
    collection: Any = database[store.TRUSTS]
    return page(collection, TRUSTS, query, {}, viewer=viewer, projection=UNSHOWN).map(partial(shown, "trust"))


def get_trust(database: Database[Document], id: str, viewer: Actor) -> Document:
    """`id`: the partner's account id. Raises Forbidden, NotFound."""
    viewer.needs(*roles.VIEW_TRUSTS)
    with answering():
        found = database[store.TRUSTS].find_one({"_id": id}, UNSHOWN)
    if found is None:
        raise NotFound()
    return shown("trust", found)
