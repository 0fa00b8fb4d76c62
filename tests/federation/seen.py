"""What tests see of a side: its threads, its deliveries, and what it counts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pymongo.database

from services.common.context import Context
from services.federation.metrics import RECEIPTS, SEND_FAILURES, SENT
from services.federation.sealing.envelope import Message, read_verified
from services.federation.sealing.seals import MESSAGE, parse
from tests.federation.correspondent import TALKS, find
from tests.waiting import wait_until


class Seen:
    """The looks at a side; `sides.Side` is the rest of it."""

    account: str
    context: Context
    database: pymongo.database.Database[dict[str, Any]]

    def heard(self, partner: str, thread_id: str) -> list[str]:
        record = find(self.context, partner, thread_id)
        return list(record.state["heard"]) if record else []

    def delivered(self, thread_id: str) -> list[str]:
        """The states of our messages in that thread, in their order."""
        rows = self.database["outbox"].find({"thread": thread_id, "partner": {"$exists": True}})
        return [row["state"] for row in rows.sort([("sequence", 1)])]

    def inbox(self, thread_id: str) -> list[dict[str, Any]]:
        return list(self.database["inbox"].find({"thread": thread_id}).sort([("sequence", 1)]))

    def quarantined(self) -> list[str]:
        return [row["code"] for row in self.database["quarantine"].find().sort([("received_at", 1)])]

    def waits_until(self, condition: Callable[[], bool], seconds: float = 60) -> None:
        wait_until(condition, deadline_seconds=seconds)

    def sealed(self, thread_id: str, sequence: int) -> bytes:
        """The bytes of a message of ours, wherever it lies."""
        row = self.database["outbox"].find_one({"thread": thread_id, "sequence": sequence})
        if row is None:
            record = self.database[TALKS.name].find_one({"thread_id": thread_id})
            assert record is not None
            row = next(row for row in record["outbox"] if row["sequence"] == sequence)
        return bytes(row["sealed"])

    def sealed_with(self, thread_id: str) -> list[str]:
        """The kids that our messages in that thread are sealed with, in their order."""
        rows = self.database["outbox"].find({"thread": thread_id, "partner": {"$exists": True}})
        return [parse(bytes(row["sealed"]), MESSAGE)[0] for row in rows.sort([("sequence", 1)])]

    def message(self, thread_id: str, sequence: int) -> Message:
        return read_verified(self.sealed(thread_id, sequence))

    def sent_to(self, partner: str) -> float:
        """How many messages have gone out to it, those that went out again not counted."""
        return float(SENT.labels(self.account, "requests", partner)._value.get())

    def receipts_to(self, partner: str) -> float:
        """How many receipts of acceptance have gone out to it."""
        return float(RECEIPTS.labels(self.account, "requests", partner, "accepted")._value.get())

    def failures_to(self, partner: str, code: str) -> float:
        labels = (self.account, "requests", partner, code)
        return float(SEND_FAILURES.labels(*labels)._value.get())
