"""What the lists of this service offer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from services.common.fields import Moment
from services.common.listing import Field, Kind, Listing
from services.common.listing.usual import ENABLED, NAMED, TIMES
from services.reporting.schemas import ReportRecordSchema

_SHARED: Final = ("description", "disabled", "owner", "shared_with", "teams", "slas")
_OF_REPORT: Final = ("subject", "moment", "measures", "groups", "bucket", "filters", "days")

REPORTS: Final = Listing(
    fields={**NAMED, **TIMES},
    also=(*_SHARED, *_OF_REPORT),
    default_fields=("id", "sourceID", "name", "subject", "shared_with", "created_at", "updated_at"),
    default_sort="name",
    predefined=ENABLED,
)
DASHBOARDS: Final = Listing(
    fields={**NAMED, **TIMES},
    also=(*_SHARED, "reports"),
    default_fields=("id", "sourceID", "name", "shared_with", "reports", "created_at", "updated_at"),
    default_sort="name",
    predefined=ENABLED,
)
_NAMES: Final = tuple(
    name.removesuffix("_id") for name in ReportRecordSchema._declared_fields if name != "id"
)


def _records(id: Kind) -> Listing:
    return Listing({"id": Field("_id", id, sortable=True)}, also=_NAMES, default_fields=("id", *_NAMES))


RECORDS: Final[Mapping[str, Listing]] = {
    "requests": _records(Kind.INTEGER),
    "affected_slas": _records(Kind.INTEGER),
    "periods": _records(Kind.TEXT),
    "notes": _records(Kind.INTEGER),
}
"""What a figure counts, by the report's subject."""
TIMES_OF_RECORDS: Final = frozenset(
    name for name, field in ReportRecordSchema._declared_fields.items() if isinstance(field, Moment)
)
