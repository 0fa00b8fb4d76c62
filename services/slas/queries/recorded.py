"""What reports count of all affected SLAs, page by page, for who makes his rows anew."""

from __future__ import annotations

from typing import Any, Final

from pymongo.database import Database

from services.common.database import answering
from services.slas import store
from services.slas.documents import counted

Document = dict[str, Any]

MAX_PAGE: Final = 200


def recorded_affected_slas(database: Database[Document], after: int | None, limit: int) -> Document:
    """`{records, next, total}`: what `affected_sla.recorded` says of each of the affected SLAs after this id
    as it is; `next` is None on the last page, `total` how many there are, on the first. Raises Unavailable.
    """
    kept = database[store.AFFECTED_SLAS]
    limit = max(1, min(limit, MAX_PAGE))
    asked: Document = {} if after is None else {"_id": {"$gt": after}}
    with answering():
        total = kept.estimated_document_count() if after is None else None
        found = list(kept.find(asked, {"outbox": 0}).sort([("_id", 1)]).limit(limit))
    return {
        "records": [
            {"id": each["_id"], "version": each["version"], "record": counted(each)} for each in found
        ],
        "next": found[-1]["_id"] if len(found) == limit else None,
        "total": total,
    }
