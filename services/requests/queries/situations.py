"""How much was said of requests, for who keeps their clocks."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from pymongo.database import Database

from services.common.database import answering
from services.requests.store import REQUESTS


def situations(database: Database[dict[str, Any]], ids: Collection[int]) -> list[list[int]]:
    """`[[id, n]]`: the number of the last situation that was said of each of these requests. Raises
    Unavailable.
    """
    with answering():
        found = database[REQUESTS.name].find({"_id": {"$in": list(ids)}}, {"situations": 1})
        return [[each["_id"], each["situations"]] for each in found]
