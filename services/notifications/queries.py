"""The read side: what may be asked, as plain functions over a read-only database handle.

An entry names its request and says nothing else of it, as does a watch: who serves the API shows the request
as it is now, to those who may see it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from pymongo.database import Database

from services.common.actor import Actor
from services.common.errors import NotFound
from services.common.listing import Field, Kind, Listing, ListQuery, Page, page
from services.common.listing.usual import ID, REFERENCE, TIME
from services.notifications.model import Reason
from services.notifications.schemas import InboxEntrySchema, WatchSchema
from services.notifications.store import (
    INBOX_ENTRIES,
    WATCHES,
    in_his_inboxes,
    in_inbox,
    read_by,
    unread_by,
)

Document = dict[str, Any]

_SCHEMA: Final = InboxEntrySchema()
_WATCH: Final = WatchSchema()
_CLOSED: Final = "closed"


INBOX: Final = Listing(
    fields={
        "id": ID,
        "request": REFERENCE,
        "reason": Field(kind=Kind.ENUM, filterable=True, choices=frozenset(Reason)),
        "at": TIME,
    },
    also=("team", "sla", "goal", "percent", "read_at", "closed_at"),
    predefined={
        "unread": unread_by,
        "read": read_by,
        _CLOSED: {"open": False},
    },
)


WATCHED: Final = Listing(fields={"id": ID, "request": REFERENCE}, also=("created_at",))


def list_my_inbox(database: Database[Document], query: ListQuery, viewer: Actor) -> Page:
    """What is open for the viewer; by the predefined filter `closed` what is over."""
    return _inbox(database, query, viewer, teams=False)


def list_my_teams_inbox(database: Database[Document], query: ListQuery, viewer: Actor) -> Page:
    """What is open for the teams that the viewer is in."""
    return _inbox(database, query, viewer, teams=True)


def get_entry(database: Database[Document], id: int, viewer: Actor) -> Document:
    """An entry of his inboxes. Raises NotFound."""
    document = database[INBOX_ENTRIES.name].find_one({"_id": id, **in_his_inboxes(viewer)})
    if document is None:
        raise NotFound()
    return _shown(document, viewer)


def list_watches(database: Database[Document], query: ListQuery, viewer: Actor) -> Page:
    """What the viewer watches. The account itself watches nothing."""
    among = {"person_id": viewer.person_id or 0}
    return page(database[WATCHES.name], WATCHED, query, among, viewer=viewer).map(_watch)


def get_watch(database: Database[Document], id: int, viewer: Actor) -> Document:
    """Raises NotFound."""
    document = database[WATCHES.name].find_one({"_id": id, "person_id": viewer.person_id or 0})
    if document is None:
        raise NotFound()
    return _watch(document)


def _inbox(database: Database[Document], query: ListQuery, viewer: Actor, teams: bool) -> Page:
    among = in_inbox(viewer, teams)
    if query.predefined != _CLOSED:
        among = {**among, "open": True}
    found = page(database[INBOX_ENTRIES.name], INBOX, query, among, viewer=viewer)
    return found.map(lambda document: _shown(document, viewer))


def _watch(document: Mapping[str, Any]) -> Document:
    shown: Document = _WATCH.dump({**document, "id": document["_id"]})
    return {**shown, "version": document["version"]}


def _shown(document: Mapping[str, Any], viewer: Actor) -> Document:
    read = (each["at"] for each in document["readers"] if each["person_id"] == viewer.person_id)
    given = {**document, "id": document["_id"], "read_at": next(read, None)}
    shown: Document = {**_SCHEMA.dump(given), "version": document["version"]}
    return shown
