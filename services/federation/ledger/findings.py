"""What a verification says: what is wrong, where, and what can't be known from the file. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

MAX_FINDINGS: Final = 1_000


class Doubt(Exception):
    """Something that a ledger holds is not as it should be. `code` is stable, `text` for people."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(f"{code}: {text}")
        self.code = code
        self.text = text


@dataclass(frozen=True)
class Finding:
    """`record`: the number of the record that it was found at; None: it is about the file as a whole."""

    record: int | None
    code: str
    text: str

    def __str__(self) -> str:
        where = "the file" if self.record is None else f"record {self.record}"
        return f"{where}: {self.text} ({self.code})"

    def to_document(self) -> dict[str, Any]:
        return {"record": self.record, "code": self.code, "text": self.text}


@dataclass
class Report:
    """The outcome. `as_of` and `sealed_at`: when the account sealed the first heads and the end (its clock).
    `partial` says what was not asked for, `unknown` what no file of one account can prove, `keys` by what
    each account sealed and how that is known."""

    account: str | None = None
    export: str | None = None
    as_of: str | None = None
    sealed_at: str | None = None
    sealed_for: str | None = None
    records: int = 0
    threads: int = 0
    sent: int = 0
    received: int = 0
    receipts: int = 0
    withheld: int = 0
    findings: list[Finding] = field(default_factory=list)
    more_findings: int = 0
    partial: list[str] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    keys: list[dict[str, Any]] = field(default_factory=list)

    @property
    def proven(self) -> bool:
        """Whether nothing was found to be wrong."""
        return not self.findings

    @property
    def doubts(self) -> int:
        """How much was found to be wrong."""
        return len(self.findings) + self.more_findings

    def found(self, record: int | None, code: str, text: str) -> None:
        if len(self.findings) < MAX_FINDINGS:
            self.findings.append(Finding(record, code, text))
        else:
            self.more_findings += 1

    def to_document(self) -> dict[str, Any]:
        """Plain JSON; `ok` first."""
        return {
            "ok": self.proven,
            "complete": self.proven and not self.partial,
            "account": self.account,
            "export": self.export,
            "as_of": self.as_of,
            "sealed_at": self.sealed_at,
            "sealed_for": self.sealed_for,
            "records": self.records,
            "threads": self.threads,
            "sent": self.sent,
            "received": self.received,
            "receipts": self.receipts,
            "withheld": self.withheld,
            "findings": [finding.to_document() for finding in self.findings],
            "more_findings": self.more_findings,
            "partial": self.partial,
            "unknown": self.unknown,
            "keys": self.keys,
        }
