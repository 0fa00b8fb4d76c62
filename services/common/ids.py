"""Ids: UUIDv7 for messages and rows, integers for records, nodeID for the world outside."""

from __future__ import annotations

import base64
import secrets
import threading
import uuid
from datetime import datetime
from typing import Any, NamedTuple

from pymongo.database import Database
from pymongo.errors import DuplicateKeyError

from services.common.clock import Clock
from services.common.database import answering

BLOCK = 20
COUNTERS = "counters"


def new_uuid(clock: Clock) -> str:
    """A UUIDv7 (RFC 9562): 48 bits of the clock's milliseconds, the rest random."""
    return uuid_at(clock.now())


def uuid_at(at: datetime) -> str:
    """A UUIDv7 of that time."""
    moment = round(at.timestamp() * 1000)
    value = (moment & (1 << 48) - 1) << 80 | secrets.randbits(80)
    value = value & ~(0xF << 76) | 0x7 << 76
    value = value & ~(0x3 << 62) | 0x2 << 62
    return str(uuid.UUID(int=value))


class IntegerIds:
    """Integer ids per kind, from 1, each given once; several processes may share the database.

    They are taken in blocks, so that most ids cost nothing. What a process has not used of its block when it
    ends is never used: ids rise, but they have gaps; and of two processes the one whose block is lower may
    give its ids later. Where ids tell the order of some records, each is asked for after the one before.
    """

    def __init__(self, database: Database[dict[str, Any]], block: int = BLOCK) -> None:
        self._counters = database[COUNTERS]
        self._block = block
        self._ready: dict[str, range] = {}
        self._last: dict[str, int] = {}  # the counter as this process left it
        self._lock = threading.Lock()

    def next(self, kind: str, *, after: int = 0) -> int:
        """The next id of that kind, higher than `after`, which was given before. Raises `Unavailable`."""
        with self._lock:
            ready = self._ready.get(kind, range(0))
            left = ready[max(0, after + 1 - ready.start) :] or self._take(kind, self._block)
            self._ready[kind] = left[1:]
            return left[0]

    def newest(self, kind: str) -> int:
        """An id of that kind that is higher than any that was given before, by whatever process. Raises
        `Unavailable`.
        """
        with self._lock:
            return self._take(kind, 1)[0]

    def skip(self, count: int) -> None:
        """Gives no id of any kind that is among the next `count`: after a restore they may have been given
        before. Raises `Unavailable`.
        """
        with self._lock, answering():
            self._ready.clear()
            self._counters.update_many({}, {"$inc": {"last": count}})

    def _take(self, kind: str, block: int) -> range:
        # By compare-and-set, as everything here: on the local database findAndModify scans, and of two first
        # upserts at once one gets nothing. Mostly nobody else took any since, and then nothing is read.
        last, first = self._last.get(kind), False
        while True:
            with answering():
                if last is None:
                    counter = self._counters.find_one({"_id": kind})
                    last, first = (int(counter["last"]), False) if counter else (0, True)
                if self._raise(kind, first, last, last + block):
                    self._last[kind] = last + block
                    return range(last + 1, last + block + 1)
                last = None

    def _raise(self, kind: str, first: bool, last: int, to: int) -> bool:
        if not first:
            change = {"$set": {"last": to}}
            return self._counters.update_one({"_id": kind, "last": last}, change).matched_count == 1
        try:
            self._counters.insert_one({"_id": kind, "last": to})
        except DuplicateKeyError:
            return False
        return True


class NodeId(NamedTuple):
    domain: str
    type: str
    id: int


def node_id(domain: str, type: str, id: int) -> str:
    """4me's nodeID: base64 of `<domain>/<Type>/<id>`, without padding."""
    return base64.b64encode(f"{domain}/{type}/{id}".encode()).decode().rstrip("=")


def parse_node_id(text: str) -> NodeId:
    """What `node_id` was made of; `ValueError` when it is none."""
    try:
        plain = base64.b64decode(text + "=" * (-len(text) % 4), validate=True).decode()
    except ValueError as error:
        raise ValueError("not a nodeID") from error
    parts = plain.split("/")
    if len(parts) == 3 and all(parts) and parts[2].isascii() and parts[2].isdecimal():
        found = NodeId(parts[0], parts[1], int(parts[2]))
        if node_id(*found) == text:  # one record, one nodeID: no padding, no leading zeros
            return found
    raise ValueError("not a nodeID")
