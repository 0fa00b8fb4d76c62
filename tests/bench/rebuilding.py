"""How long it takes to make anew what reports count from, over the API of an account that runs."""

from __future__ import annotations

import secrets
import time
from typing import Any

import pymongo
from pymongo.write_concern import WriteConcern

from interdesk.database_users import database_name
from services.common.database import CODEC
from services.reporting import store
from tests.bench.api import seeded
from tests.bench.figures import Figure
from tests.bench.memory import megabytes
from tests.bench.sizes import Sizes
from tests.bench.subject import Subject
from tests.bench.watching import Say, watched

_BARE = "as many durable inserts of the rows of requests by pymongo alone, with the same indexes, one by one"


def rebuilding(subject: Subject, sizes: Sizes, say: Say) -> list[Figure]:
    """Of requests that nothing is counted of yet."""
    account = subject.customer
    before = megabytes(account)
    with seeded(subject, sizes.rebuilt) as ids, account.api() as api:
        api.post("reporting/rebuild")
        seen = watched(api, "reporting/rebuild", account, say)
        assert seen.told["line"] >= len(ids), seen.told
    return [
        Figure(
            f"a rebuild of what reports count: of {seen.told['line']:,} records",
            seen.told["line"] / seen.seconds,
            "/s",
            bare=_bare(subject, len(ids)),
            beside=_BARE,
        ),
        Figure("… the longest that its progress stands still", seen.stood_still, "s"),
        Figure("… the most memory of the account meanwhile", max(seen.megabytes), "MB"),
        Figure("… of which it had before", before, "MB"),
    ]


def _bare(subject: Subject, count: int) -> float:
    """Inserts a second."""
    rows, durable = store.REQUEST_ROWS.name, WriteConcern(w="majority")
    with pymongo.MongoClient[dict[str, Any]](subject.mongo_uri) as client:
        like = client.get_database(database_name(subject.customer.id, "reporting"), CODEC)[rows].find_one({})
        name = f"interdesk_bench_{secrets.token_hex(4)}"
        database = client.get_database(name, codec_options=CODEC, write_concern=durable)
        try:
            store.ensure_indexes(database)
            made = [{**(like or {}), "_id": n} for n in range(count)]
            begin = time.perf_counter()
            for each in made:
                database[rows].insert_one(each)
            return count / (time.perf_counter() - begin)
        finally:
            client.drop_database(name)
