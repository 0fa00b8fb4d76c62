"""Makes a ledger's file (services.federation.ledger) out of an account's public API.

What is asked of each service, and in which order:

    keys of all that speak in it
    a page of heads      sealed by the service: from now on it is settled what has to be in the file
      what was sent      of some threads of the page at a time, up to their heads
      what was received
    … until there are no more threads
    the end              sealed by the account over all of it

The threads of the trusts come first and whole, whatever else is asked for: they tell when which key counted.
Of one request, they and its own are all there is.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Any, Final

from interdesk.api import Api, ApiError
from services.common.clock import from_iso, iso
from services.federation.ledger import lines
from services.federation.ledger.heads import Head, Place, Run
from services.federation.ledger.lines import RECEIVED, SENT, Chain

PAGE: Final = 100
MAX_THREADS_AT_ONCE: Final = 40  # so many still fit into a URL

TRUSTS, AGREEMENTS, REQUESTS = "organizations", "slas", "requests"

Record = dict[str, Any]
Watch = Callable[[int], None]


class NothingSaid(Exception):
    """There is nothing of what was asked for. The text says of what."""


@dataclass(frozen=True)
class Scope:
    """What to export: all, or what was said with one partner, about one request, in a period."""

    partner: str | None = None
    request: int | None = None
    since: datetime | None = None
    until: datetime | None = None


def export(api: Api, scope: Scope, watch: Watch = lambda messages: None) -> Iterator[bytes]:
    """The lines of the file. `watch` is told how many messages are written. Raises ApiError,
    NothingSaid."""
    account, id = str(api.get("account")["id"]), str(uuid.uuid4())
    parts = _parts(api, scope)
    chain = Chain()
    yield chain.line(lines.LEDGER, **lines.opening(account, id, parts, scope.request))
    speaking = {account, *(parts[0]["partners"] or ())}
    for key in api.get_all("ledger/keys", per_page=PAGE):
        if parts[0]["partners"] is None or key["account"] in speaking:
            yield chain.line(
                lines.KEY,
                account=key["account"],
                kid=key["id"],
                state=key["state"],
                public=key["public"],
            )
    written = 0
    for part in parts:
        for record, said in _of_part(api, id, part):
            written += record != lines.HEADS
            yield chain.line(record, **said)
            watch(written)
    sealed = api.post("ledger/seal", {"export": id, "records": chain.n + 1, "digest": chain.head})["sealed"]
    yield chain.line(lines.END, sealed=sealed)


def _parts(api: Api, scope: Scope) -> list[Record]:
    """What to ask of each service. Raises NothingSaid, ApiError when there is no such partner."""
    threads = None
    partners = None
    if scope.partner is not None:
        partners = [str(api.get(f"trusts/{scope.partner}")["id"])]
    if scope.request is not None:
        ledger = f"handovers/{scope.request}/ledger"
        try:
            told = list(api.get_all(ledger, fields="partner,thread", per_page=PAGE))
        except ApiError as refused:
            if refused.status != HTTPStatus.NOT_FOUND:
                raise
            raise NothingSaid(f"there is no request {scope.request} that was handed over") from refused
        told = [each for each in told if partners is None or each["partner"] in partners]
        if not told:
            raise NothingSaid(
                f"nothing was said about request {scope.request} with {scope.partner or 'anybody'}"
            )
        threads = sorted({each["thread"] for each in told})
        partners = sorted({each["partner"] for each in told})
    period = {
        "since": scope.since and iso(scope.since),
        "until": scope.until and iso(scope.until),
    }
    always = {"since": None, "until": None}
    whole = {"partners": partners, "threads": None}
    if scope.request is not None:
        trusts = [api.get(f"trusts/{partner}")["thread"] for partner in partners or ()]
        of_trusts = {"partners": partners, "threads": sorted(trusts)}
        of_request = {"partners": partners, "threads": threads}
        return [{"service": TRUSTS, **of_trusts, **always}, {"service": REQUESTS, **of_request, **period}]
    return [
        {"service": TRUSTS, **whole, **always},
        {"service": AGREEMENTS, **whole, **period},
        {"service": REQUESTS, **whole, **period},
    ]


def _of_part(api: Api, export: str, part: Record) -> Iterator[tuple[str, Record]]:
    """The records of one service: pages of heads, and behind each its messages."""
    service = part["service"]
    asked = {name: value for name, value in part.items() if name != "service"}
    through: str | None = None
    while True:
        page = api.post(f"ledger/{service}/heads", {"export": export, "after": through, **asked})
        yield lines.HEADS, {"service": service, "sealed": page["sealed"]}
        for heads in _few_at_once([Head.from_document(head) for head in page["heads"]]):
            yield from _messages(api, service, heads)
        through = page["through"]
        if through is None:
            return


def _few_at_once(heads: Iterable[Head]) -> Iterator[list[Head]]:
    """Heads of so many messages as one page holds; more only where one thread alone has more."""
    few: list[Head] = []
    counts = {SENT: 0, RECEIVED: 0}
    for head in heads:
        runs = {SENT: head.sent, RECEIVED: head.received}
        more = {name: counts[name] + (run.count if run else 0) for name, run in runs.items()}
        if few and (max(more.values()) > PAGE or len(few) == MAX_THREADS_AT_ONCE):
            yield few
            few, more = [], {name: run.count if run else 0 for name, run in runs.items()}
        few.append(head)
        counts = more
    if few:
        yield few


def _messages(api: Api, service: str, heads: list[Head]) -> Iterator[tuple[str, Record]]:
    """The messages of these threads in the order of the heads, up to them."""
    threads = ",".join(sorted({head.thread for head in heads}))
    said = {
        direction: _by_thread(
            api.get_all(f"ledger/{service}/{direction}", thread=threads, fields="*", per_page=PAGE)
        )
        for direction, wanted in ((SENT, [h.sent for h in heads]), (RECEIVED, [h.received for h in heads]))
        if any(wanted)
    }
    for head in heads:
        for direction, run in ((SENT, head.sent), (RECEIVED, head.received)):
            for message in _up_to(run, said.get(direction, {}).get((head.thread, head.partner), ())):
                yield direction, _record(direction, message)


def _by_thread(messages: Iterable[Record]) -> Mapping[tuple[str, str], list[Record]]:
    found: dict[tuple[str, str], list[Record]] = {}
    for message in messages:
        found.setdefault((message["thread"], message["partner"]), []).append(message)
    return found


def _up_to(run: Run | None, messages: Iterable[Record]) -> list[Record]:
    """What was said later is left for another export."""
    within = [message for message in messages if run is not None and run.holds(_place(message))]
    return sorted(within, key=_place)


def _place(message: Record) -> Place:
    return message["incarnation"], message["sequence"]


def _record(direction: str, message: Record) -> Record:
    names = ["sealed", "withheld", "state", "code"]
    times = ["at", "answered_at"]
    if direction == SENT:
        names.append("receipt")
    else:
        times.append("approved_at")
    moments = {name: message[name] and iso(from_iso(message[name])) for name in times}
    return {**{name: message[name] for name in names}, **moments}
