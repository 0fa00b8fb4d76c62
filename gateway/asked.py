"""What a request asks: of a list, of one record, of a record to be made."""

from __future__ import annotations

import re
from collections.abc import Sequence

from flask import request

from gateway import bodies
from gateway.records import Document, Shape
from services.common import idempotency
from services.common.errors import Invalid
from services.common.listing import Listing, ListQuery

_KEY = re.compile(r"[\x21-\x7e]{1,100}")


def list_query(listing: Listing, predefined: str | None = None) -> ListQuery:
    """What the request asks of a list. Raises Invalid."""
    return ListQuery.parse(list(request.args.items(multi=True)), listing, predefined)


def chosen_fields(shape: Shape) -> Sequence[str] | None:
    """Which fields the request asks of one record; None for all. Raises Invalid for any other parameter."""
    asked = list(request.args.items(multi=True))
    if beyond := [name for name, _ in asked if name != "fields"]:
        raise Invalid(errors=[(name, "is no parameter of one record: it takes fields") for name in beyond])
    return None if not asked or asked[0][1] == "*" else ListQuery.parse(asked, shape.listing).fields


def new_fields() -> Document:
    """The fields of a new record: the body, stamped with the source that the headers name."""
    fields = bodies.fields_of(request)
    source = request.headers.get("X-4me-Source") or request.headers.get("X-Xurrent-Source")
    if source:
        fields["source"] = fields.get("source") or source
    return fields


def idempotency_key() -> str | None:
    """The caller's key for what he asks to be made (`services.common.idempotency`). Raises Invalid."""
    key = request.headers.get(idempotency.HEADER)
    if key is not None and not _KEY.fullmatch(key):
        raise Invalid(errors=[(idempotency.HEADER, "must be 1 to 100 visible characters")])
    return key
