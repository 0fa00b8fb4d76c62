"""Organizations, people, teams and sites: lists, single ones, and what others refer to them by."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import partial
from itertools import product
from typing import Any

from pymongo.database import Database

from services.common import audit, history
from services.common.actor import Actor
from services.common.database import answering
from services.common.errors import NotFound
from services.common.listing import Listing, ListQuery, Page, all_of, page, page_at_hand
from services.organizations import store
from services.organizations.model import roles
from services.organizations.model.custom_fields import KEPT, files
from services.organizations.model.records import MAX_DEPTH, business_unit
from services.organizations.model.shelves import TRASH, unavailable
from services.organizations.queries.account import get_account, get_keys, get_trust
from services.organizations.queries.custom_fields import CustomFields
from services.organizations.queries.listings import (
    ADDRESSES,
    CONTACTS,
    LISTED_ORGANIZATIONS,
    ORGANIZATIONS,
    PEOPLE,
    SITES,
    TEAMS,
)
from services.organizations.queries.viewing import UNSHOWN, Document, on_shelf, one, visible
from services.organizations.schemas import shown

_FILES = dict.fromkeys(("attachments", *KEPT), 1)
_ABOVE = {"parent_id": 1, "business_unit": 1}
# What is enough to refer to a record.
_REFERENCE = ("name", "sourceID", "account")


def list_organizations(database: Database[Document], query: ListQuery, viewer: Actor) -> Page:
    """All Organizations: own ones, and partners' that an active agreement links here."""
    narrowed: Document = dict(LISTED_ORGANIZATIONS)
    if query.predefined == "trusted":
        narrowed["account.id"] = {"$in": _trusted(database)}
    return _organizations(database, query, viewer, narrowed)


def get_organization(database: Database[Document], id: int, viewer: Actor) -> Document:
    """Raises NotFound."""
    return _with_business_units(database, [one(database, "organization", id, viewer)])[0]


def get_trashed(database: Database[Document], id: int, viewer: Actor, kind: str) -> Document:
    """What somebody has just put in the trash. Raises NotFound."""
    with answering():
        found = database[store.KINDS[kind]].find_one({"_id": id}, UNSHOWN)
    if found is None:
        raise NotFound
    record = shown(kind, CustomFields(database, viewer).of(found))
    return _with_business_units(database, [record])[0] if kind == "organization" else record


def list_people(database: Database[Document], query: ListQuery, viewer: Actor) -> Page:
    return _list(database, "person", PEOPLE, query, viewer, {})


def get_person(database: Database[Document], id: int, viewer: Actor) -> Document:
    """Raises NotFound."""
    return one(database, "person", id, viewer)


def list_people_of_organization(
    database: Database[Document], organization_id: int, query: ListQuery, viewer: Actor
) -> Page:
    """Raises NotFound."""
    one(database, "organization", organization_id, viewer)
    return _list(database, "person", PEOPLE, query, viewer, {"organization_id": organization_id})


def list_children(
    database: Database[Document], organization_id: int, query: ListQuery, viewer: Actor
) -> Page:
    """The organizations right below one. Raises NotFound."""
    one(database, "organization", organization_id, viewer)
    return _organizations(database, query, viewer, {"parent_id": organization_id})


def list_teams(database: Database[Document], query: ListQuery, viewer: Actor) -> Page:
    return _list(database, "team", TEAMS, query, viewer, {})


def get_team(database: Database[Document], id: int, viewer: Actor) -> Document:
    """Raises NotFound."""
    return one(database, "team", id, viewer)


def list_members(database: Database[Document], team_id: int, query: ListQuery, viewer: Actor) -> Page:
    """The people of a team. Raises NotFound."""
    member_ids = one(database, "team", team_id, viewer)["member_ids"]
    return _list(database, "person", PEOPLE, query, viewer, {"_id": {"$in": member_ids}})


def list_teams_of_person(
    database: Database[Document], person_id: int, query: ListQuery, viewer: Actor
) -> Page:
    """The teams that a person is a member of. Raises NotFound."""
    one(database, "person", person_id, viewer)
    return _list(database, "team", TEAMS, query, viewer, {"member_ids": person_id})


def list_sites(database: Database[Document], query: ListQuery, viewer: Actor) -> Page:
    return _list(database, "site", SITES, query, viewer, {})


def get_site(database: Database[Document], id: int, viewer: Actor) -> Document:
    """Raises NotFound."""
    return one(database, "site", id, viewer)


def list_people_of_site(database: Database[Document], site_id: int, query: ListQuery, viewer: Actor) -> Page:
    """The people who work at a site. Raises NotFound."""
    one(database, "site", site_id, viewer)
    return _list(database, "person", PEOPLE, query, viewer, {"site_id": site_id})


def list_addresses(database: Database[Document], id: int, query: ListQuery, viewer: Actor, kind: str) -> Page:
    """The addresses of an organization or a person, numbered. Raises NotFound."""
    return page_at_hand(_numbered(one(database, kind, id, viewer)["addresses"]), ADDRESSES, query)


def list_contacts(database: Database[Document], id: int, query: ListQuery, viewer: Actor, kind: str) -> Page:
    """The ways to reach an organization or a person, numbered. Raises NotFound."""
    return page_at_hand(_numbered(one(database, kind, id, viewer)["contacts"]), CONTACTS, query)


def get_permissions(database: Database[Document], person_id: int, viewer: Actor) -> list[Document]:
    """`[{account: {id, name}, roles}]` of a person; empty for one without roles. Raises NotFound."""
    one(database, "person", person_id, viewer)
    with answering():
        person = database[store.PEOPLE].find_one({"_id": person_id}, {"roles": 1}) or {}
        account = database[store.ACCOUNTS].find_one({}, {"name": 1}) or {}
    granted = [role for role in roles.ROLES if role in person.get("roles", ())]
    if not granted:
        return []
    return [{"account": {"id": account["_id"], "name": account["name"]}, "roles": granted}]


def get_attachment(database: Database[Document], id: int, viewer: Actor) -> Document:
    """An attachment (`common.attachments.attachment_of`) of an organization, person, team or site that the
    viewer may see, also in a custom field that he may see; none of what is in the trash. Raises NotFound.
    """
    seen = CustomFields(database, viewer)
    for kind, path in product(("organization", "person", "team", "site"), store.ATTACHED):
        among = all_of([{path: id, "shelf": {"$ne": TRASH}}, visible(kind, viewer)])
        with answering():
            found = list(database[store.KINDS[kind]].find(among, _FILES))
        for record in found:
            shown_files = [*record.get("attachments", ()), *files(seen.of(record).get("custom_fields"))]
            for each in shown_files:
                if each["id"] == id:
                    return dict(each)
    raise NotFound()


def get_history(database: Database[Document], kind: str, id: int | str, viewer: Actor) -> list[Document]:
    """The history of an organization, person, team, site or UI extension, oldest first; of a person it is the
    permission log too.

    Entries: `{n, at, by: {id, name} | None, action, changes: {field: [old, new]}}`. Raises NotFound.
    """
    one(database, kind, id, viewer)
    return _told(database, kind, id, viewer)


def get_audit(database: Database[Document], id: int | str, viewer: Actor, kind: str) -> list[Document]:
    """The audit lines (`common.audit`) of an organization, person, team, site, UI extension or trust, of the
    account or its key ring; of a person it is the permission log too. Raises NotFound, Forbidden.
    """
    if kind == "trust":
        get_trust(database, str(id), viewer)
    elif kind == "keyring":
        get_keys(database, viewer)
    elif kind != "account":
        one(database, kind, id, viewer)
    account = get_account(database)
    return audit.lines(_told(database, kind, id, viewer), {"id": account["id"], "name": account["name"]})


def _told(database: Database[Document], kind: str, id: int | str, viewer: Actor) -> list[Document]:
    entries = history.read(database, store.KINDS[kind], id)
    return CustomFields(database, viewer).in_history(kind, entries)


def references(database: Database[Document], kind: str, ids: Iterable[int]) -> dict[int, Document]:
    """{id: {id, name, sourceID?, disabled?, account?}} of those of the records that are there.

    `kind`: organization, person, team, site or ui_extension.
    """
    wanted = sorted(set(ids))
    if not wanted:
        return {}
    with answering():
        asked = dict.fromkeys((*_REFERENCE, "disabled", "shelf"), 1)
        found = list(database[store.KINDS[kind]].find({"_id": {"$in": wanted}}, asked))
    return {each["_id"]: _reference(each) for each in found}


def _reference(record: Document) -> Document:
    told = {name: record[name] for name in _REFERENCE if record.get(name)}
    return {"id": record["_id"], **told, **({"disabled": True} if unavailable(record) else {})}


def _list(
    database: Database[Document],
    kind: str,
    listing: Listing,
    query: ListQuery,
    viewer: Actor,
    narrowed: Document,
) -> Page:
    collection: Any = database[store.KINDS[kind]]
    base = all_of([narrowed, on_shelf(query.predefined), visible(kind, viewer)])
    unasked = {} if "custom_fields" in query.fields else {"custom_fields": 0}
    found = page(collection, listing, query, base, viewer=viewer, projection={**UNSHOWN, **unasked})
    return found.map(CustomFields(database, viewer).of).map(partial(shown, kind))


def _organizations(database: Database[Document], query: ListQuery, viewer: Actor, narrowed: Document) -> Page:
    found = _list(database, "organization", ORGANIZATIONS, query, viewer, narrowed)
    if "business_unit_organization" not in query.fields:
        return found
    return replace(found, items=tuple(_with_business_units(database, found.items)))


def _with_business_units(database: Database[Document], shown: Sequence[Document]) -> list[Document]:
    """Says of organizations to which business unit they belong; who is above them is asked level by level."""
    known: dict[int, Document] = {each["id"]: each for each in shown}
    for _ in range(MAX_DEPTH):
        above = {each["parent_id"] for each in known.values() if not each.get("business_unit")}
        missing = sorted(above - known.keys() - {None})
        if not missing:
            break
        with answering():
            found = database[store.ORGANIZATIONS].find({"_id": {"$in": missing}}, _ABOVE)
            asked = {id: {"parent_id": None} for id in missing}
            known |= asked | {each["_id"]: {"parent_id": None, **each} for each in found}
    return [{**each, "business_unit_organization_id": business_unit(each["id"], known)} for each in shown]


def _numbered(lines: Sequence[Document] | None) -> list[Document]:
    return [{"id": number, **line} for number, line in enumerate(lines or (), start=1)]


def _trusted(database: Database[Document]) -> list[str]:
    with answering():
        found = database[store.TRUSTS].find({"status": {"$in": ["active", "suspended"]}}, {"_id": 1})
        return sorted(trust["_id"] for trust in found)
