"""What importing and exporting many records costs, over the API of an account that runs: how fast it goes,
how long one who watches sees nothing move, and how much memory it takes.
"""

from __future__ import annotations

import io
import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pymongo
from pymongo.write_concern import WriteConcern

from interdesk.database_users import database_name
from services.common.database import CODEC
from services.organizations import store
from services.organizations.model import shapes
from tests.bench.figures import Figure
from tests.bench.memory import megabytes
from tests.bench.sizes import Sizes
from tests.bench.subject import Subject
from tests.bench.watching import Say, watched

BARE = 2_000
"""So many are put there, and read, by the bare driver."""
_SOURCE = "bench"
_INSERTS = "as many durable inserts of the same documents by pymongo alone, with the same indexes, one by one"
_READS = "the same documents read by pymongo alone"


def transfers(subject: Subject, sizes: Sizes, say: Say) -> list[Figure]:
    """A file of so many organizations goes in, and comes out again with those that are there."""
    count, account = sizes.transferred, subject.customer
    before = megabytes(account)
    with account.api() as api:
        begun = api.upload("import", _file(count), "organizations.csv", {"type": "organizations"})
        came = watched(api, f"import/{begun['token']}", account, say)
        assert came.told["results"]["created"] == count, came.told
        begun = api.post("export", {"type": "organizations"})
        went = watched(api, f"export/{begun['token']}", account, say)
        size = sum(len(piece) for piece in api.download(f"export/{begun['token']}/file"))
        assert went.told["line"] > count
        assert size > count * 50
    with _there(subject) as documents:
        inserts, reads = _bare(subject.mongo_uri, documents, min(count, BARE))
    what, other = f"import of {count:,} organizations", f"export of {went.told['line']:,} organizations"
    return [
        Figure(f"{what}, lines", count / came.seconds, "/s", bare=inserts, beside=_INSERTS),
        Figure("… the longest that its progress stands still", came.stood_still, "s"),
        Figure("… the most memory of the account meanwhile", max(came.megabytes), "MB"),
        Figure("… of which it had before", before, "MB"),
        Figure(f"{other}, records", went.told["line"] / went.seconds, "/s", bare=reads, beside=_READS),
        Figure("… the longest that its progress stands still", went.stood_still, "s"),
        Figure("… the most memory of the account meanwhile", max(went.megabytes), "MB"),
    ]


def _file(count: int) -> io.BytesIO:
    rows = (f"Imported {n:06},{_SOURCE},{n},Region {n % 40},F-{n},Ask for Ann\r\n" for n in range(count))
    return io.BytesIO(("name,source,sourceID,region,financialID,remarks\r\n" + "".join(rows)).encode())


@contextmanager
def _there(subject: Subject) -> Iterator[Any]:
    """The account's own organizations, as they are kept."""
    name = database_name(subject.customer.id, "organizations")
    with pymongo.MongoClient[dict[str, Any]](subject.mongo_uri) as client:
        yield client.get_database(name, codec_options=CODEC)[store.ORGANIZATIONS]


def _bare(mongo_uri: str, documents: Any, count: int) -> tuple[float, float]:
    """Inserts and reads a second."""
    with pymongo.MongoClient[dict[str, Any]](mongo_uri) as client:
        name = f"interdesk_bench_{secrets.token_hex(4)}"
        database = client.get_database(name, codec_options=CODEC, write_concern=WriteConcern(w="majority"))
        try:
            store.ensure_indexes(database)
            kept = database[store.ORGANIZATIONS]
            imported = documents.find_one({"origin": shapes.origin({"source": _SOURCE, "sourceID": "1"})})
            made = iter([{**imported, "_id": n, "origin": f"{_SOURCE}\n{n}"} for n in range(count)])
            return (
                count / _seconds(lambda: [kept.insert_one(each) for each in made]),
                count / _seconds(lambda: list(kept.find())),
            )
        finally:
            client.drop_database(name)


def _seconds(work: Callable[[], object]) -> float:
    begin = time.perf_counter()
    work()
    return time.perf_counter() - begin
