"""UI extensions and their versions."""

from __future__ import annotations

from functools import partial
from typing import Any

from pymongo.database import Database

from services.common import roles
from services.common.actor import Actor
from services.common.database import answering
from services.common.errors import NotFound
from services.common.listing import ListQuery, Page, page, page_at_hand
from services.organizations import store
from services.organizations.model import ui_extensions
from services.organizations.queries.listings import UI_EXTENSION_VERSIONS, UI_EXTENSIONS
from services.organizations.queries.viewing import UNSHOWN, Document, one
from services.organizations.schemas import UiExtensionVersionSchema, shown


def list_ui_extensions(database: Database[Document], query: ListQuery, viewer: Actor) -> Page:
    """Raises Forbidden."""
    viewer.needs(*roles.STAFF)
    collection: Any = database[store.UI_EXTENSIONS]
    found = page(collection, UI_EXTENSIONS, query, viewer=viewer, projection=UNSHOWN)
    return found.map(partial(shown, "ui_extension"))


def get_ui_extension(database: Database[Document], id: int, viewer: Actor) -> Document:
    """With its active and its prepared version. Raises Forbidden, NotFound."""
    viewer.needs(*roles.STAFF)
    return one(database, "ui_extension", id, viewer)


def list_ui_extension_versions(
    database: Database[Document], extension_id: int, query: ListQuery, viewer: Actor
) -> Page:
    """All versions of one, the oldest first. Raises Forbidden, NotFound."""
    viewer.needs(*roles.STAFF)
    with answering():
        found = database[store.UI_EXTENSIONS].find_one({"_id": extension_id}, {"history": 0, "outbox": 0})
    if found is None:
        raise NotFound()
    versions: list[Document] = UiExtensionVersionSchema(many=True).dump(ui_extensions.versions(found))
    return page_at_hand(versions, UI_EXTENSION_VERSIONS, query)
