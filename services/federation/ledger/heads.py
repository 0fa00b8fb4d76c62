"""Heads: how far each direction of each thread goes, sealed by the service that keeps them. Pure.

A page of heads tells of all threads behind `after`, up to `through` (null: to the last one), in the order of
their ids. Of each direction it names the first and the last message by their places, how many there are, the
hash of the last, and which have no receipt here (of what is received none has). It is computed out of the
service's own store and sealed at once; who asks for it can choose what it is about, not what it says.

Of a thread of which a message was written a moment ago, an earlier one may still be on its way into the
store: a gap of that age, and what is behind it, is left for the next export. An older one is a loss, and
shown.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any, Final

from marshmallow import ValidationError, fields

from services.common import strict_json
from services.common.clock import iso
from services.federation.ledger.lines import Part, Strict
from services.federation.messages import shapes
from services.federation.sealing import seals
from services.federation.sealing.keys import Key
from services.federation.threads import ACCOUNT, UUID

MAX_PAGE_BYTES: Final = 192 * 1024
MAX_PAGE_THREADS: Final = 400
UNSETTLED: Final = timedelta(seconds=60)

HEADS, END = "heads", "end"

Place = tuple[int, int]
"""(incarnation, sequence), in that order."""


class NotSealed(ValueError):
    """What was sealed is not what it should be."""


@dataclass(frozen=True)
class Row:
    """What a head needs to know of one message in the store. `answered`: its final receipt is there; of a
    received one nothing is asked."""

    place: Place
    hash: str
    at: datetime
    answered: bool


@dataclass(frozen=True)
class Run:
    """The messages of one direction, from `first` to `last`, both inclusive. `unanswered` are ranges."""

    first: Place
    last: Place
    count: int
    hash: str
    unanswered: tuple[tuple[Place, Place], ...] = ()

    def holds(self, place: Place) -> bool:
        return self.first <= place <= self.last

    def waits_for(self, place: Place) -> bool:
        """Whether this message had no final receipt when the head was sealed."""
        return any(first <= place <= last for first, last in self.unanswered)

    def to_document(self) -> dict[str, Any]:
        return {
            "first": list(self.first),
            "last": list(self.last),
            "count": self.count,
            "hash": self.hash,
            "unanswered": [[list(first), list(last)] for first, last in self.unanswered],
        }

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> Run:
        unanswered = tuple((_place(first), _place(last)) for first, last in document["unanswered"])
        first, last = _place(document["first"]), _place(document["last"])
        return cls(first, last, document["count"], document["hash"], unanswered)


@dataclass(frozen=True)
class Head:
    """One thread with one partner, as far as an export holds it."""

    thread: str
    partner: str
    sent: Run | None
    received: Run | None

    def to_document(self) -> dict[str, Any]:
        return {
            "thread": self.thread,
            "partner": self.partner,
            "sent": self.sent and self.sent.to_document(),
            "received": self.received and self.received.to_document(),
        }

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> Head:
        runs = {
            name: Run.from_document(document[name]) if document[name] else None
            for name in ("sent", "received")
        }
        return cls(document["thread"], document["partner"], **runs)


def follows(before: Place | None, place: Place) -> bool:
    """Whether nothing can be missing between the two. A restored sender begins anew in a higher
    incarnation."""
    if before is None:
        return place[1] == 1
    return place == (before[0], before[1] + 1) or (place[0] > before[0] and place[1] == 1)


def run_of(
    rows: Iterable[Row], now: datetime, since: datetime | None = None, until: datetime | None = None
) -> Run | None:
    """One direction of a thread: all between the first and the last message of the period, the clock of the
    account deciding (`since` <= at < `until`). None: there is nothing in it."""
    kept = _settled(sorted(rows, key=lambda row: row.place), now)
    within = [
        n
        for n, row in enumerate(kept)
        if (since is None or row.at >= since) and (until is None or row.at < until)
    ]
    if not within:
        return None
    run = kept[within[0] : within[-1] + 1]
    unanswered = tuple(
        (waiting[0].place, waiting[-1].place)
        for answered, each in groupby(run, key=lambda row: row.answered)
        if not answered and (waiting := list(each))
    )
    return Run(run[0].place, run[-1].place, len(run), run[-1].hash, unanswered)


def _settled(rows: Sequence[Row], now: datetime) -> Sequence[Row]:
    before: Place | None = None
    for n, row in enumerate(rows):
        if not follows(before, row.place) and row.at > now - UNSETTLED:
            return rows[:n]
        before = row.place
    return rows


class _Run(Strict):
    first = shapes.many(shapes.integer(), 2, minimum=2)
    last = shapes.many(shapes.integer(), 2, minimum=2)
    count = shapes.integer()
    hash = shapes.matching(r"[0-9a-f]{64}")
    unanswered = fields.List(
        shapes.many(shapes.many(shapes.integer(), 2, minimum=2), 2, minimum=2), required=True
    )


class _Head(Strict):
    thread = shapes.text(120)
    partner = shapes.matching(ACCOUNT.pattern)
    sent = shapes.nested(_Run, null=True)
    received = shapes.nested(_Run, null=True)


class _Sealed(Strict):
    seal = shapes.one_of((HEADS, END))
    account = shapes.matching(ACCOUNT.pattern)
    export = shapes.matching(UUID.pattern)
    sealed_at = shapes.time()


class _Page(_Sealed, Part):
    after = shapes.text(120, null=True)
    through = shapes.text(120, null=True)
    heads = shapes.many(_Head, MAX_PAGE_THREADS)


class _End(_Sealed):
    records = shapes.integer()
    digest = shapes.matching(r"[0-9a-f]{64}")
    sealed_for = fields.String(required=True, allow_none=True)


_SCHEMAS: Final = {HEADS: _Page(), END: _End()}


def page_of(heads: Iterable[Head], most: int = MAX_PAGE_THREADS) -> tuple[list[Head], str | None]:
    """As many heads as one seal holds, and the thread that they go through; None: these are all."""
    page: list[Head] = []
    size = 0
    for _, group in groupby(heads, key=lambda head: head.thread):
        same = list(group)
        weight = sum(len(strict_json.dumps(head.to_document())) for head in same)
        if page and (size + weight > MAX_PAGE_BYTES or len(page) + len(same) > most):
            return page, page[-1].thread
        page, size = [*page, *same], size + weight
    return page, None


def seal(key: Key, kind: str, account: str, export: str, at: datetime, **said: Any) -> str:
    """Heads or an end, sealed. `said` as the schemas above have it."""
    payload = {"seal": kind, "account": account, "export": export, "sealed_at": iso(at), **said}
    return seals.sign(strict_json.dumps(payload), key, seals.LEDGER).decode()


def read(payload: bytes, kind: str) -> dict[str, Any]:
    """What heads or an end say, whose seal was verified. Raises NotSealed."""
    try:
        said = strict_json.loads(payload, max_bytes=seals.MAX_SEALED_BYTES)
        checked: dict[str, Any] = _SCHEMAS[kind].load(said)
    except (ValidationError, strict_json.NotStrict) as error:
        raise NotSealed(f"what is sealed is not {kind}: {error}") from None
    if checked["seal"] != kind:
        raise NotSealed(f"what is sealed is not {kind}")
    return checked


def _place(value: Sequence[int]) -> Place:
    incarnation, sequence = value
    return incarnation, sequence
