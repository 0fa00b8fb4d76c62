"""The read side of parked events: those of several services as one list.

Who may ask is the caller's to check, except that it must be one of `WATCHERS`. Raises NotFound for what is
not there, Unavailable when a database does not answer.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from pymongo.database import Database

from services.common import strict_json
from services.common.actor import Actor
from services.common.database import Document, find_among
from services.common.listing import Field, Kind, Listing, ListQuery, Page, page
from services.common.parking import COLLECTION, DISCARDED, PARKED, REPLAYED
from services.common.roles import WATCHERS

Databases = Mapping[str, Database[Document]]

_TEXT: Final = Field(kind=Kind.TEXT, filterable=True)

PARKED_EVENTS: Final = Listing(
    fields={
        "id": Field("_id", Kind.TEXT, filterable=True),
        "handler": _TEXT,
        "type": _TEXT,
        "code": _TEXT,
        "parked_at": Field(kind=Kind.TIME, filterable=True, sortable=True),
    },
    also=("service", "message_id", "detail", "tries", "state", "settled_at", "settled_by"),
    default_fields=("id", "service", "handler", "type", "code", "tries", "parked_at"),
    default_sort="-parked_at",
    predefined={"settled": {"state": {"$in": [REPLAYED, DISCARDED]}}},
)

# Private keys and broker credentials travel encrypted between the account's services; people see neither.
_SECRET: Final = frozenset({"private", "credentials"})


def list_parked_events(databases: Databases, query: ListQuery, viewer: Actor) -> Page:
    """Events that wait for a person, the newest first; `settled`: those that somebody replayed or discarded.

    Raises Forbidden.
    """
    viewer.needs(*WATCHERS)
    rows = {service: database[COLLECTION.name] for service, database in databases.items()}
    base = {} if query.predefined else {"state": PARKED}
    return page(rows, PARKED_EVENTS, query, base, viewer=viewer, projection={"body": 0}).map(_shown)


def get_parked_event(databases: Databases, id: str, viewer: Actor) -> Document:
    """One of them, in whatever state, with what it says. Raises Forbidden, NotFound."""
    viewer.needs(*WATCHERS)
    service, document = find_among(databases, COLLECTION.name, {"_id": id})
    return {**_shown({**document, "service": service}), "payload": _said(bytes(document["body"]))}


def _shown(document: Document) -> Document:
    hidden = ("_id", "body", "headers", "content_type")
    return {
        "id": document["_id"],
        **{name: value for name, value in document.items() if name not in hidden},
    }


def _said(body: bytes) -> Any:
    """What the bytes say, without secrets; None when they can't be read."""
    try:
        return _without_secrets(strict_json.loads(body))
    except ValueError:
        return None


def _without_secrets(value: Any) -> Any:
    if isinstance(value, list):
        return [_without_secrets(each) for each in value]
    if isinstance(value, dict):
        return {name: None if name in _SECRET else _without_secrets(inner) for name, inner in value.items()}
    return value
