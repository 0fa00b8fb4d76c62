"""Verification of a ledger's file: nothing but the file, and the keys that somebody pins. Pure.

    report = verify(file, pins={"widget/…"})
    report.proven, report.findings, report.partial, report.unknown

Every record is looked at, whatever was found before it; a finding names the record and says what is wrong
with it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from services.common.clock import from_iso
from services.federation.ledger import VERSION, evidence, heads, lines
from services.federation.ledger.evidence import Said, Witness
from services.federation.ledger.findings import Doubt, Report
from services.federation.ledger.heads import Head, NotSealed
from services.federation.ledger.keybook import KeyBook
from services.federation.ledger.walk import Page
from services.federation.sealing import seals

Seen = Callable[[Witness], None]


def verify(file: Iterable[bytes], pins: Iterable[str] = (), seen: Seen = lambda witness: None) -> Report:
    """What is found in the lines of a file. `pins`: kids that are known to be the accounts'; `seen` is told
    of each message that is proven."""
    verifier = _Verifier(frozenset(pins), seen)
    for line in file:
        verifier.take(line)
    return verifier.finish()


class _Part:
    """One part of the export, and how far its heads have come."""

    def __init__(self, asked: Mapping[str, Any]) -> None:
        self.asked = asked
        self.begun = False
        self.through: str | None = None

    @property
    def ended(self) -> bool:
        return self.begun and self.through is None


class _Verifier:
    def __init__(self, pins: frozenset[str], seen: Seen) -> None:
        self._seen = seen
        self._report = Report()
        self._book = KeyBook(pins)
        self._n = self._highest = self._line = 0
        self._before: str | None = None  # the hash of the line before
        self._opening: Mapping[str, Any] | None = None
        self._parts: dict[str, _Part] = {}
        self._page: Page | None = None
        self._blind = False  # the heads of this page are not to be believed; that was told
        self._ended = False

    def take(self, line: bytes) -> None:
        expected, after = self._n + 1, self._before
        self._n, self._before = expected, lines.hash_of(line)
        self._line += 1
        try:
            record = lines.read_line(line)
        except lines.NotALine as error:
            self._report.found(expected, "malformed_record", str(error))
            return
        self._check_place(record, expected, after)
        self._n = record["n"]
        self._highest = max(self._highest, self._n)
        try:
            self._take(record)
        except Doubt as doubt:
            self._report.found(record["n"], doubt.code, doubt.text)
        self._report.records += 1

    def _check_place(self, record: Mapping[str, Any], expected: int, after: str | None) -> None:
        n = record["n"]
        if n < expected:
            text = f"line {self._line} holds record {n}, and record {expected} should stand there"
            self._report.found(self._line, "record_out_of_order", text)
        elif n > expected and n - 1 > self._highest:
            text = "it is missing" + (f", and all up to {n - 1}" if n > expected + 1 else "")
            self._report.found(expected, "record_missing", text)
        elif n == expected and record["after"] != after:
            text = f"it is not what record {n} was written after (or {n} was changed)"
            self._report.found(max(1, n - 1), "record_changed", text)

    def _take(self, record: Mapping[str, Any]) -> None:
        if self._ended:
            raise Doubt("after_the_end", "it stands behind the end of the ledger")
        kind = record["record"]
        if (kind == lines.LEDGER) != (self._opening is None):
            raise Doubt("opening_missing" if self._opening is None else "second_opening", _OPENING)
        takes = {
            lines.LEDGER: self._open,
            lines.KEY: self._key,
            lines.HEADS: self._heads,
            lines.SENT: self._message,
            lines.RECEIVED: self._message,
            lines.END: self._end,
        }
        takes[kind](record)

    def _open(self, record: Mapping[str, Any]) -> None:
        self._opening = record
        self._report.account, self._report.export = record["account"], record["export"]
        self._parts = {part["service"]: _Part(part) for part in record["parts"]}
        if record["version"] != VERSION:
            raise Doubt("unknown_version", f"version {record['version']}; this reads version {VERSION}")

    def _key(self, record: Mapping[str, Any]) -> None:
        self._book.add(record["account"], record["kid"], record["state"], record["public"])

    def _heads(self, record: Mapping[str, Any]) -> None:
        self._close_page()
        self._blind = True
        said = self._sealed(record, heads.HEADS)
        self._blind = False
        self._report.as_of = min(filter(None, (self._report.as_of, said["sealed_at"])))
        self._page = Page([Head.from_document(each) for each in said["heads"]])
        self._report.threads += len(said["heads"])
        part = self._parts.get(record["service"])
        asked = {name: said[name] for name in ("service", "partners", "threads", "since", "until")}
        if part is None or record["service"] != said["service"] or part.asked != asked:
            raise Doubt("heads_of_another_part", f"they are not what the ledger was asked for: {asked}")
        if said["after"] != part.through or part.ended:
            raise Doubt("heads_missing", f"the threads up to {said['after']} were not told before")
        part.begun, part.through = True, said["through"]

    def _message(self, record: Mapping[str, Any]) -> None:
        sent = record["record"] == lines.SENT
        self._report.sent += sent
        self._report.received += not sent
        self._report.withheld += record["withheld"] is not None
        said = evidence.message_of(record, self._report.account or "")
        doubts = self._report.doubts
        self._place(said, record)
        evidence.check_seal(record, said, self._book)
        receipt = evidence.receipt_of(record, said, self._book) if sent else None
        self._report.receipts += receipt is not None
        self._report.unknown += evidence.remarks(record, said, self._book)
        if self._report.doubts == doubts:
            self._seen(Witness.of(record, said, receipt))

    def _place(self, said: Said, record: Mapping[str, Any]) -> None:
        """Whether the message is the next one that the heads tell of. That it is not says nothing of its
        seal."""
        if self._page is not None:
            for doubt in self._page.step(said, record):
                self._report.found(record["n"], doubt.code, doubt.text)
        elif not self._blind:
            raise Doubt("heads_missing", f"{said.text} comes before any heads")

    def _end(self, record: Mapping[str, Any]) -> None:
        self._close_page()
        self._ended = True
        said = self._sealed(record, heads.END)
        self._report.sealed_at, self._report.sealed_for = said["sealed_at"], said["sealed_for"]
        if (said["records"], said["digest"]) != (record["n"], record["after"]):
            raise Doubt("end_of_another", f"{said['records']} records were sealed, and not these")

    def _sealed(self, record: Mapping[str, Any], kind: str) -> dict[str, Any]:
        account = self._report.account or ""
        kid, payload = self._book.open(record["sealed"], seals.LEDGER, account, record["n"])
        try:
            said = heads.read(payload, kind)
        except NotSealed as error:
            raise Doubt("not_sealed", str(error)) from None
        self._book.check_time(kid, from_iso(said["sealed_at"]))
        if (said["account"], said["export"]) != (account, self._report.export):
            raise Doubt("seal_of_another", f"it was sealed for the export {said['export']}")
        return said

    def _close_page(self) -> None:
        if self._page is not None:
            for doubt in self._page.end():
                self._report.found(self._n, doubt.code, doubt.text)
        self._page = None

    def finish(self) -> Report:
        report = self._report
        self._close_page()
        if self._opening is None:
            report.found(None, "opening_missing", _OPENING)
        for service, part in self._parts.items():
            if not part.ended:
                report.found(None, "heads_missing", f"not all threads of {service} are told")
        if not self._ended:
            report.found(None, "end_missing", "the sealed end is missing: the file was cut or never finished")
        for record, doubt in self._book.check_pins():
            report.found(record, doubt.code, doubt.text)
        report.keys = self._book.to_documents()
        if self._opening is not None:
            report.partial = list(_left_out(self._opening))
        report.unknown += _unknown(report, self._book)
        return report


_OPENING: Final = "a ledger begins with one record that says whose it is"


def _left_out(opening: Mapping[str, Any]) -> Iterable[str]:
    parts = {part["service"]: part for part in opening["parts"]}
    for service in lines.SERVICES:
        if service not in parts:
            yield f"Nothing of {service} is in the file."
    for service, part in parts.items():
        if part["partners"] is not None and part["threads"] is None:
            yield f"{service}: only what was said with {', '.join(part['partners'])}."
        if part["threads"] is not None:
            what = "some threads" if opening["request"] is None else f"request {opening['request']}"
            if all(thread.startswith("trust/") for thread in part["threads"]):
                what = "the trust itself"
            partners = ", ".join(part["partners"] or ["anybody"])
            yield f"{service}: only what was said about {what} with {partners}."
        if part["since"] is not None:
            yield f"{service}: nothing before {part['since']}; what the first messages follow is not here."
        if part["until"] is not None:
            yield f"{service}: nothing from {part['until']} on."


def _unknown(report: Report, book: KeyBook) -> Iterable[str]:
    if unpinned := book.unpinned():
        accounts = ", ".join(unpinned)
        yield f"Whose the keys of {accounts} are: none of them is pinned, so they are what the file says."
    for kid in book.late_word():
        yield f"{kid} was revoked later: that it was received before is the word of {report.account}."
    if report.withheld:
        yield f"What is said with credentials ({report.withheld} messages): only place and hash are here."
    if report.received:
        yield f"When {report.account} received what its partners sent: that is its own word."
    if report.as_of is not None:
        yield f"What was said after {report.as_of}, or was never in the account's store: ask the partners."
