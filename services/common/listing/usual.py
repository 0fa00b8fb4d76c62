"""Fields as most lists have them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from services.common.listing.declaration import Field, Kind, Listing

ID: Final = Field("_id", Kind.INTEGER, filterable=True, sortable=True)
TEXT: Final = Field(kind=Kind.TEXT, filterable=True, sortable=True)
EXACT: Final = Field(kind=Kind.TEXT, filterable=True)
REFERENCE: Final = Field(kind=Kind.REFERENCE, filterable=True)
FLAG: Final = Field(kind=Kind.BOOLEAN, filterable=True)
TIME: Final = Field(kind=Kind.TIME, filterable=True, sortable=True)
DAY: Final = Field(kind=Kind.DATE, filterable=True, sortable=True)
LOCAL: Final = Field(kind=Kind.LOCAL, filterable=True, sortable=True)

NAMED: Final[Mapping[str, Field]] = {"id": ID, "name": TEXT, "source": EXACT, "sourceID": TEXT}
"""What a record with a name has (the indexes for it: `services.common.store.LISTED`)."""
TIMES: Final[Mapping[str, Field]] = {"created_at": TIME, "updated_at": TIME}

ENABLED: Final[Mapping[str, Mapping[str, Any]]] = {
    "enabled": {"disabled": False},
    "disabled": {"disabled": True},
}
"""The predefined filters of records that are disabled rather than deleted."""


def numbered(*names: str) -> Listing:
    """Lines that are numbered as they are told: in that order, each whole."""
    return Listing({"id": Field(kind=Kind.INTEGER, sortable=True)}, also=names, default_sort="id")
