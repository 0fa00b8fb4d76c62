"""Who may see what, and how a stored document is given out.

People who work for the account see its organizations, people, teams and sites. Anybody else sees
himself, his organization and his teams; names that stand in records he may see reach him as references
(`references`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pymongo.database import Database

from services.common.actor import Actor
from services.common.database import answering
from services.common.errors import NotFound
from services.organizations import store
from services.organizations.model.shelves import SHELVES, TRASH
from services.organizations.queries.custom_fields import CustomFields
from services.organizations.schemas import shown

Document = dict[str, Any]

# What is stored beside a record and never given out with it; archived versions of a form are a list.
UNSHOWN: Mapping[str, int] = {
    "outbox": 0,
    "history": 0,
    "history_total": 0,
    "history_moved": 0,
    "unsent": 0,
    "archived_versions": 0,
}


def visible(kind: str, viewer: Actor) -> Document:
    """The filter of what the viewer may see of a kind."""
    if viewer.works_here:
        return {}
    own: Mapping[str, Document] = {
        "organization": {"_id": viewer.organization_id},
        "person": {"_id": viewer.person_id},
        "team": {"_id": {"$in": sorted(viewer.team_ids)}},
        "site": {"_id": {"$in": []}},
        "ui_extension": {"_id": {"$in": []}},
    }
    return own[kind]


def on_shelf(predefined: str | None) -> Document:
    """The filter of what stands where a list looks: its own shelf, or what is in use."""
    return {} if predefined in SHELVES else {"shelf": None}


def one(database: Database[Document], kind: str, id: int | str, viewer: Actor) -> Document:
    """The record as it is shown. Raises NotFound, also for what the viewer may not see or is in the trash."""
    with answering():
        found = database[store.KINDS[kind]].find_one({"_id": id}, UNSHOWN)
        if found is not None and not viewer.works_here:
            seen = visible(kind, viewer)["_id"]
            found = found if id == seen or (isinstance(seen, dict) and id in seen["$in"]) else None
    if found is None or found.get("shelf") == TRASH:
        raise NotFound()
    return shown(kind, CustomFields(database, viewer).of(found))
