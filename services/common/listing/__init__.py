"""Lists over the API: what may be filtered, sorted and shown, and a page of it.

A service declares what its records offer as a `Listing`; the gateway turns the query string of a request
into a `ListQuery` (refusing by name whatever the listing does not offer); the service's `queries.py`
calls `page`, which asks MongoDB and answers a `Page`.

    TEAMS = Listing(
        fields={
            "id": Field("_id", Kind.INTEGER, filterable=True, sortable=True),
            "name": Field(kind=Kind.TEXT, filterable=True, sortable=True),
            "manager": Field(kind=Kind.REFERENCE, filterable=True),      # stored as manager_id
        },
        also=("remarks", "created_at", "updated_at"),
        default_fields=("id", "name", "manager"),
        default_sort="name",
        predefined={"enabled": {"disabled": {"$ne": True}}},
    )

    def list_teams(database, query, viewer):
        return page(database["teams"], TEAMS, query, viewer=viewer)

The operators live in the value, as in 4me: `team=5`, `team=!5`, `team=` (empty), `team=!` (present),
`team=5,6`, `team=!5,6`, `created_at=>2025-01-01`, `id=>=5<=9`; a comma that belongs to the value is
written `\\,`. Conditions are joined with "and".

Pages are found by key, not by counting from the start: a cursor holds the values that the last record
was sorted by, and the next page begins behind them. So page 1,000 costs what page 1 costs, and a record
that stays where it is is neither skipped nor shown twice when others come and go.
"""

from services.common.listing.declaration import Field, Kind, Listing
from services.common.listing.matching import all_of, quoted
from services.common.listing.paging import COUNT_LIMIT, Page, Told, page, page_at_hand, page_of_told
from services.common.listing.query import MAX_PER_PAGE, ListQuery
from services.common.listing.search import terms

__all__ = [
    "COUNT_LIMIT",
    "MAX_PER_PAGE",
    "Field",
    "Kind",
    "ListQuery",
    "Listing",
    "Page",
    "Told",
    "all_of",
    "page",
    "page_at_hand",
    "page_of_told",
    "quoted",
    "terms",
]
