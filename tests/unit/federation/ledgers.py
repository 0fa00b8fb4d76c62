"""Ledgers to look through: what an account and its partners might have said, sealed by their real keys, and
the file that an export makes of it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import groupby
from typing import Any

from services.common.clock import iso
from services.federation.ledger import heads, lines
from services.federation.ledger.heads import Head, Row, run_of
from services.federation.ledger.lines import RECEIVED, SENT, Chain
from services.federation.ledger.verification import verify
from services.federation.sealing.envelope import Message, fingerprint, seal_payload
from services.federation.sealing.keys import SEAL, Key
from services.federation.sealing.rings import OwnRing

ACCOUNT = "widget"
PARTNERS = ("gigatera", "globalnet")
RINGS = {account: OwnRing.generate(account) for account in (ACCOUNT, *PARTNERS)}
EXPORT = "019b0000-0000-4000-8000-00000000e000"
START = datetime(2026, 1, 5, 9, tzinfo=UTC)
SEALED_AT = START + timedelta(days=30)
KIND = {"organizations": "trust", "slas": "agreement", "requests": "handover"}

Record = dict[str, Any]


def uuid(n: int) -> str:
    return f"019b0000-0000-7000-8000-{n:012x}"


@dataclass
class Talk:
    """One thread of widget with a partner, as widget keeps it. `after` is a minute for each message."""

    service: str
    partner: str
    n: int
    rows: list[tuple[str, Record, Row]] = field(default_factory=list)

    @property
    def thread(self) -> str:
        return f"{KIND[self.service]}/{ACCOUNT}/{uuid(self.n)}"

    def say(
        self,
        direction: str,
        *,
        state: str = "accepted",
        key: Key | None = None,
        receipt_key: Key | None = None,
        type: str = "note.added.v1",
        body: Mapping[str, Any] | None = None,
        withheld: bool = False,
        incarnation: int = 1,
        again: int | None = None,
        prev: str | None = "",
        at: datetime | None = None,
    ) -> Record:
        """The next message of a direction. `again`: its sequence, where a restored sender goes back."""
        before = [row for way, _, row in self.rows if way == direction]
        sequence = again or len(before) + 1
        ours = direction == SENT
        sender, recipient = (ACCOUNT, self.partner) if ours else (self.partner, ACCOUNT)
        at = at or START + timedelta(minutes=len(self.rows))
        last = None if sequence == 1 else before[-1].hash
        message = Message(
            id=uuid(10**6 * self.n + 10 * len(self.rows) + ours),
            type=type,
            sender=sender,
            recipient=recipient,
            thread=self.thread,
            incarnation=incarnation,
            sequence=sequence,
            prev=last if prev == "" else prev,
            sent_at=at,
            traceparent=None,
            body=body or {"text": f"{self.n}: {len(self.rows)}"},
        )
        payload = message.encode()
        key = key or RINGS[sender].current()
        place = {
            **{name: getattr(message, name) for name in ("id", "type", "sender", "recipient", "thread")},
            **{name: getattr(message, name) for name in ("incarnation", "sequence", "prev")},
            "sent_at": iso(at),
            "hash": fingerprint(payload),
            "kid": key.kid,
        }
        answered = state in ("accepted", "refused")
        record: Record = {
            "sealed": None if withheld else seal_payload(payload, key).decode(),
            "withheld": place if withheld else None,
            "state": state,
            "code": "discarded" if state == "refused" else None,
            "at": iso(at),
            "answered_at": iso(at + timedelta(seconds=2)) if answered else None,
        }
        if ours:
            seal = receipt_key or RINGS[self.partner].current()
            record["receipt"] = self.receipt(place, state, seal) if answered else None
        else:
            record["approved_at"] = None
        self.rows.append(
            (direction, record, Row((incarnation, sequence), place["hash"], at, ours and answered))
        )
        return record

    def receipt(self, place: Mapping[str, Any], verdict: str, key: Key) -> str:
        receipt = Message(
            id=uuid(10**6),
            type="receipt.v1",
            sender=self.partner,
            recipient=ACCOUNT,
            thread=self.thread,
            incarnation=1,
            sequence=0,
            prev=None,
            sent_at=START + timedelta(hours=1),
            traceparent=None,
            body={
                "incarnation": place["incarnation"],
                "sequence": place["sequence"],
                "hash": place["hash"],
                "verdict": verdict,
                "code": "discarded" if verdict == "refused" else None,
                "applied": {"incarnation": place["incarnation"], "sequence": place["sequence"]},
                "missing": [],
            },
        )
        return seal_payload(receipt.encode(), key).decode()

    def head(self, since: datetime | None = None, until: datetime | None = None) -> Head | None:
        runs = [
            run_of((row for way, _, row in self.rows if way == direction), SEALED_AT, since, until)
            for direction in (SENT, RECEIVED)
        ]
        return Head(self.thread, self.partner, *runs) if any(runs) else None


@cache
def talk(service: str, partner: str, n: int, *said: str) -> Talk:
    """A thread in which messages were sent and received in this order: `s`, `r`, and `q` for one that is sent
    and has no answer. The same one each time: it is not to be added to."""
    made = Talk(service, partner, n)
    for word in said:
        made.say(RECEIVED if word == "r" else SENT, state="sent" if word == "q" else "accepted")
    return made


def file_of(
    talks: Iterable[Talk],
    *,
    rings: Mapping[str, OwnRing] = RINGS,
    since: datetime | None = None,
    until: datetime | None = None,
    per_page: int = 2,
) -> list[bytes]:
    """The file of an export of these threads, a page of heads for so many of them."""
    ordered = sorted(talks, key=lambda each: (each.thread, each.partner))
    parts = [
        {"service": service, "partners": None, "threads": None, **_period(service, since, until)}
        for service in KIND
    ]
    records: list[Record] = [
        {"record": lines.KEY, "account": ring.account, **_key(key)}
        for ring in rings.values()
        for key in ring.keys
        if key.use == SEAL
    ]
    for part in parts:
        records += _of_part(part, [each for each in ordered if each.service == part["service"]], per_page)
    opening = {"record": lines.LEDGER, **lines.opening(ACCOUNT, EXPORT, parts, None)}
    return sealed([opening, *records], rings[ACCOUNT].current())


def _key(key: Key) -> Record:
    return {"kid": key.kid, "state": key.state, "public": dict(key.public)}


def _period(service: str, since: datetime | None, until: datetime | None) -> Record:
    if service == "organizations":
        return {"since": None, "until": None}
    return {"since": since and iso(since), "until": until and iso(until)}


def _of_part(part: Record, talks: list[Talk], per_page: int) -> Iterable[Record]:
    period = {name: part[name] and datetime.fromisoformat(part[name]) for name in ("since", "until")}
    told = [(each, head) for each in talks if (head := each.head(**period)) is not None]
    after: str | None = None
    for start in range(0, max(1, len(told)), per_page):
        page = told[start : start + per_page]
        through = page[-1][1].thread if start + per_page < len(told) else None
        said = {**part, "after": after, "through": through, "heads": [head.to_document() for _, head in page]}
        key = RINGS[ACCOUNT].current()
        seal = heads.seal(key, heads.HEADS, ACCOUNT, EXPORT, SEALED_AT, **said)
        yield {"record": lines.HEADS, "service": part["service"], "sealed": seal}
        for each, head in page:
            for direction, run in ((SENT, head.sent), (RECEIVED, head.received)):
                rows = [(row, record) for way, record, row in each.rows if way == direction]
                for row, record in sorted(rows, key=lambda pair: pair[0].place):
                    if run is not None and run.holds(row.place):
                        yield {"record": direction, **record}
        after = through


def sealed(records: Iterable[Mapping[str, Any]], key: Key) -> list[bytes]:
    """These records as a file, the end sealed with this key. They are numbered and chained anew."""
    chain = Chain()
    said = [{name: value for name, value in each.items() if name not in ("n", "after")} for each in records]
    file = [chain.line(each.pop("record"), **each) for each in said]
    end = {"records": chain.n + 1, "digest": chain.head, "sealed_for": "An Auditor"}
    seal = heads.seal(key, heads.END, ACCOUNT, EXPORT, SEALED_AT, **end)
    return [*file, chain.line(lines.END, sealed=seal)]


def records_of(file: Iterable[bytes]) -> list[Record]:
    return [json.loads(line) for line in file]


def resealed(file: list[bytes], change: Callable[[list[Record]], list[Record]]) -> list[bytes]:
    """A file that was changed by one who has the account seal its end again."""
    return sealed(change(records_of(file)[:-1]), RINGS[ACCOUNT].current())


def codes(file: Iterable[bytes], pins: Iterable[str] = ()) -> list[str]:
    """What is found in a file, each code once, in the order of the records."""
    return [code for code, _ in groupby(finding.code for finding in verify(file, pins).findings)]


def at(minutes: float) -> datetime:
    return START + timedelta(minutes=minutes)


def findings(file: list[bytes], *pins: str) -> list[tuple[int | None, str]]:
    return [(finding.record, finding.code) for finding in verify(file, pins).findings]
