"""What a page of All Organizations costs, wherever it is: read from the database and put together as it is
shown, a partner's organization with its overlay.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pymongo

from services.common.actor import Actor
from services.common.clock import SteppedClock
from services.common.context import Context
from services.common.database import CODEC
from services.common.listing import ListQuery
from services.common.listing.keyset import cursor_of
from services.organizations import queries, store
from services.organizations.model import shapes
from services.organizations.model.links import with_link
from tests.bench.figures import Figure, percentile
from tests.bench.sizes import Sizes
from tests.configs import config_of

PER_PAGE = 100
LOOKS = 5
VIEWER = Actor(1, "widget", frozenset({"specialist"}), frozenset(), None, "Bench")
_SHOWN = "name,account,picture_uri,contacts,remarks,financialID,custom_fields,from_account,ours"
_HOME = {"id": "gigatera", "name": "GigaTera"}
_CARD = {
    "picture_uri": "https://gigatera.example/logo.png",
    "addresses": [{"label": "office", "city": "Rotterdam", "country": "NL"}],
    "contacts": [{"label": "service desk", "telephone": "+31 10 555 0100"}],
}
_AT_ONCE = 1_000


def pages(mongo_uri: str, sizes: Sizes) -> list[Figure]:
    """A page by where it is in the list, and what is found by its `financialID`."""
    total = sizes.organizations
    starts = {"first": 0, "middle": total // 2, "last": total - PER_PAGE}
    with _organizations(mongo_uri, total, sizes.foreign_organizations) as database:
        found = {where: _timed(database, start) for where, start in starts.items()}
        step = total // sizes.foreign_organizations
        found_by = [_listed(database, financialID=f"D-{2 + each * step}") for each in range(1, LOOKS + 1)]
    what = f"All Organizations, {total:,}: "
    return [
        *(Figure(f"{what}the {where} page of {PER_PAGE}", taken, "ms") for where, taken in found.items()),
        Figure(f"{what}those with one financialID", percentile(found_by, 0.5) * 1_000, "ms"),
    ]


def _timed(database: Any, start: int) -> float:
    """Milliseconds of the page that begins behind so many organizations."""
    keys = ListQuery.parse([], queries.ORGANIZATIONS).sort
    place = {} if start == 0 else {"search_after": cursor_of(_named(start), start, keys)}
    taken = [_listed(database, per_page=str(PER_PAGE), **place) for _ in range(LOOKS)]
    return percentile(taken, 0.5) * 1_000


def _listed(database: Any, **asked: str) -> float:
    query = ListQuery.parse({**asked, "fields": _SHOWN}, queries.ORGANIZATIONS)
    begin = time.perf_counter()
    page = queries.list_organizations(database, query, VIEWER)
    taken = time.perf_counter() - begin
    assert len(page.items) == (1 if "financialID" in asked else PER_PAGE)
    return taken


@contextmanager
def _organizations(mongo_uri: str, total: int, foreign: int) -> Iterator[Any]:
    """So many organizations, of which some are a partner's with an overlay, evenly among them."""
    with pymongo.MongoClient[dict[str, Any]](mongo_uri) as client:
        name = f"interdesk_bench_{secrets.token_hex(4)}"
        database = client.get_database(name, codec_options=CODEC)
        context = Context(config_of("widget"), "organizations", database, clock=SteppedClock())
        try:
            kept = store.records(context, store.ORGANIZATIONS)
            for id, state in ((1, _own(context)), (2, _foreign(context))):
                kept.insert(id, {**state, "name": _named(id)["name"]})
            own, theirs = (database[store.ORGANIZATIONS].find_one({"_id": id}) or {} for id in (1, 2))
            theirs_at = set(range(2, total + 1, total // foreign))
            for first in range(3, total + 1, _AT_ONCE):
                ids = range(first, min(first + _AT_ONCE, total + 1))
                database[store.ORGANIZATIONS].insert_many(
                    [_another(theirs if id in theirs_at else own, id) for id in ids]
                )
            store.ensure_indexes(database)  # at last: of what is there already, they are made faster
            yield database
        finally:
            client.drop_database(name)


def _named(number: int) -> dict[str, Any]:
    """What it is sorted by."""
    return {"_id": number, "name": f"Organization {number:07}"}


def _own(context: Context) -> dict[str, Any]:
    return shapes.new("organization", {"name": ""}, context.clock.now())


def _foreign(context: Context) -> dict[str, Any]:
    now = context.clock.now()
    card = {"name": "", **_CARD}
    overlay = {"remarks": "Ask for Ann. " * 20, "financialID": "D-0"}
    state = shapes.foreign("organization", _HOME, 2, "", now)
    return with_link({**state, "card": card, "card_at": now, **overlay}, True, now)


def _another(document: dict[str, Any], id: int) -> dict[str, Any]:
    made = {**document, **_named(id)}
    if document.get("account"):
        made |= {"remote_id": id, "remote": shapes.remote("gigatera", id), "financialID": f"D-{id}"}
    return made
