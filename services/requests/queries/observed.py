"""Partners' requests that are shown to the account's representatives, as they are read."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any

from pymongo.database import Database

from services.common.actor import Actor
from services.common.errors import Invalid, NotFound
from services.common.listing import ListQuery, Page, all_of, page_at_hand
from services.requests.observations import OBSERVED
from services.requests.queries import shapes
from services.requests.queries.listings import NOTES
from services.requests.viewing import active_slas

Document = dict[str, Any]
STRIPS = {"outbox": 0, "history": 0}


def get(database: Database[Document], id: int, seen: Mapping[str, Any]) -> Document:
    """The document of one. `seen`: the filter of what the viewer may see. Raises NotFound."""
    found = among(database, {id}, seen)
    if id not in found:
        raise NotFound()
    return found[id]


def among(database: Database[Document], ids: Collection[int], seen: Mapping[str, Any]) -> dict[int, Document]:
    """The documents of those of these requests that are shown and may be seen, by their ids. When all SLAs
    that let one be shown have ended here, nobody sees it, though its account has not said so yet.
    """
    shown = all_of([{"_id": {"$in": sorted(ids)}, "shown_by": {"$exists": True}}, seen])
    found = list(database[OBSERVED.name].find(shown, STRIPS))
    active = active_slas(database, {sla for document in found for sla in document["sla_ids"]})
    return {each["_id"]: each for each in found if not active.isdisjoint(each["sla_ids"])}


def is_of_partner(document: Mapping[str, Any]) -> bool:
    """Whether a request's document is that of a partner's, and not one of the account's own."""
    return "shown_by" in document


def notes(document: Mapping[str, Any], query: ListQuery, viewer: Actor) -> Page:
    """The notes that its account shows, by their ids there. Raises Invalid for a filter."""
    if query.filter or query.predefined == "internal" or query.search:
        raise Invalid(errors=[("filter", "the notes of a partner's request can only be sorted and paged")])
    found = page_at_hand(shapes.shown_notes(document), NOTES, replace(query, predefined=None))
    account = document["account"]
    return found.map(
        lambda note: {**shapes.note(note, viewer, {account["id"]: account["name"]}), "elsewhere": True}
    )
