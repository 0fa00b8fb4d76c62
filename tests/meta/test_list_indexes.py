"""No list of the API may be asked for something that its collection has no index for."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from services.common import parking
from services.common.listing import Listing
from services.common.parking.queries import PARKED_EVENTS
from services.common.store import Collection
from services.federation import queries as border
from services.federation import stored
from services.notifications import queries as notifications
from services.notifications import store as notifications_store
from services.organizations import queries as organizations
from services.organizations import store as organizations_store
from services.reporting import queries as reporting
from services.reporting import store as reporting_store
from services.requests import queries as requests
from services.requests import store as requests_store
from services.slas import queries as slas
from services.slas import store as slas_store

COLLECTIONS: dict[str, Collection] = {
    collection.name: collection
    for declared in (
        organizations_store.COLLECTIONS,
        slas_store.COLLECTIONS,
        requests_store.COLLECTIONS,
        notifications_store.COLLECTIONS,
        reporting_store.COLLECTIONS,
        stored.ALL,
        (parking.COLLECTION,),
    )
    for collection in declared
}
LISTS: dict[str, tuple[Listing, str]] = {
    "people": (organizations.PEOPLE, "people"),
    "teams": (organizations.TEAMS, "teams"),
    "organizations": (organizations.ORGANIZATIONS, "organizations"),
    "sites": (organizations.SITES, "sites"),
    "trusts": (organizations.TRUSTS, "trusts"),
    "ui_extensions": (organizations.UI_EXTENSIONS, "ui_extensions"),
    **{name: (listing, name) for name, listing in slas.LISTINGS.items()},
    "requests": (requests.REQUESTS, "requests"),
    "notes": (requests.NOTES, "notes"),
    "handovers": (requests.HANDOVERS, "requests"),
    "reports": (reporting.REPORTS, "reports"),
    "dashboards": (reporting.DASHBOARDS, "dashboards"),
    "deliveries": (border.DELIVERIES, "outbox"),
}
# Lists that are short by themselves: one person's tokens and inbox, what waits for somebody to look at it,
# and what a quota bounds.
SHORT = {
    "tokens": (organizations.TOKENS, "person_id"),
    "inbox_entries": (notifications.INBOX, "person_id"),
    "watches": (notifications.WATCHED, "person_id"),
    "inbox": (border.PARKED_MESSAGES, "state"),
    "parked_events": (PARKED_EVENTS, "state"),
    "quarantine": (border.QUARANTINED, "partner"),
    "transfer_lines": (organizations.IMPORT_LINES, "import"),
}


def without_index(listing: Listing, collection: Collection) -> Iterator[str]:
    """The fields that can be filtered or sorted by without an index that begins with them."""
    indexes = [[path for path, _ in index.keys] for index in collection.indexes]
    for name, field in listing.fields.items():
        path = listing.path(name)
        if path == "_id":
            continue
        leading = [index for index in indexes if index[0] == path]
        if field.filterable and not leading:
            yield f"{name} is filtered by"
        if field.sortable and [path, "_id"] not in [index[:2] for index in leading]:
            yield f"{name} is sorted by"


@pytest.mark.parametrize("name", sorted(LISTS))
def test_what_can_be_asked_of_a_list_has_an_index(name: str) -> None:
    listing, collection = LISTS[name]
    assert list(without_index(listing, COLLECTIONS[collection])) == []


@pytest.mark.parametrize("name", sorted(COLLECTIONS))
def test_no_index_is_the_beginning_of_another(name: str) -> None:
    """Each write would pay for both, and the longer one answers what the shorter one does."""
    keys = [index.keys for index in COLLECTIONS[name].indexes if not index.unique]
    assert [(one, other) for one in keys for other in keys if one != other and other[: len(one)] == one] == []
    assert len(keys) == len(set(keys))


def test_an_index_that_is_missing_is_found() -> None:
    assert list(without_index(requests.REQUESTS, Collection("requests", ()))) != []


@pytest.mark.parametrize("name", sorted(SHORT))
def test_a_short_list_has_an_index_for_what_makes_it_short(name: str) -> None:
    _, narrowed = SHORT[name]
    assert narrowed in [index.keys[0][0] for index in COLLECTIONS[name].indexes]
