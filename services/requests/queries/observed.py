"""Partners' requests that are shown to the account's representatives, as they are read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from pymongo.database import Database

from services.common.actor import Actor
from services.common.errors import Invalid, NotFound
from services.common.listing import ListQuery, Page, all_of, page_at_hand
from services.requests.observations import OBSERVED
from services.requests.queries import shapes
from services.requests.queries.listings import NOTES

Document = dict[str, Any]
STRIPS = {"outbox": 0, "history": 0}


def get(database: Database[Document], id: int, seen: Mapping[str, Any]) -> Document:
    """The document of one. `seen`: the filter of what the viewer may see. Raises NotFound."""
    among = all_of([{"_id": id, "shown_by": {"$exists": True}}, seen])
    document = database[OBSERVED.name].find_one(among, STRIPS)
    if document is None:
        raise NotFound()
    return document


def notes(document: Mapping[str, Any], query: ListQuery, viewer: Actor) -> Page:
    """The notes that its account shows, by their ids there. Raises Invalid for a filter."""
    if query.filter or query.predefined == "internal" or query.search:
        raise Invalid(errors=[("filter", "the notes of a partner's request can only be sorted and paged")])
    found = page_at_hand(shapes.shown_notes(document), NOTES, replace(query, predefined=None))
    account = document["account"]
    return found.map(lambda note: shapes.note(note, viewer, {account["id"]: account["name"]}))
