"""What accounts count of themselves: their metrics, read and subtracted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

import requests
from prometheus_client.parser import text_string_to_metric_families

from interdesk.local.local_account import LocalAccount

WRITES = frozenset({"insert", "update", "delete"})
READS = frozenset({"find", "getMore", "aggregate", "count"})
# What the border publishes, and what the inside does: events, and a call's question and its answer.
PUBLISHES = frozenset(
    {
        "interdesk_partner_messages_sent_total",
        "interdesk_partner_messages_resent_total",
        "interdesk_receipts_sent_total",
        "interdesk_events_published_total",
        "interdesk_call_seconds_count",
        "interdesk_command_seconds_count",
    }
)


@dataclass(frozen=True)
class Counts:
    """Since the start of the processes, or between two looks."""

    saves: float
    writes: float
    reads: float
    publishes: float

    def __sub__(self, other: Counts) -> Counts:
        return self._with(other, -1)

    def _with(self, other: Counts, factor: float) -> Counts:
        return Counts(
            self.saves + factor * other.saves,
            self.writes + factor * other.writes,
            self.reads + factor * other.reads,
            self.publishes + factor * other.publishes,
        )

    def without(self, each_second: Counts, seconds: float) -> Counts:
        """Less what the accounts would have done anyhow."""
        return self._with(each_second, -seconds)

    def per(self, number: float) -> Counts:
        return Counts(self.saves / number, self.writes / number, self.reads / number, self.publishes / number)


def counted(accounts: Iterable[LocalAccount]) -> Counts:
    """Of all services of these accounts together."""
    found: Counter[str] = Counter()
    for account in accounts:
        for url in account.metrics.values():
            found += _counted(requests.get(url, timeout=30).text)
    return Counts(found["saves"], found["writes"], found["reads"], found["publishes"])


def _counted(text: str) -> Counter[str]:
    found: Counter[str] = Counter()
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            if sample.name == "interdesk_saves_total" and sample.labels["outcome"] == "saved":
                found["saves"] += int(sample.value)
            elif sample.name == "interdesk_database_commands_total":
                found["writes"] += int(sample.value) * (sample.labels["command"] in WRITES)
                found["reads"] += int(sample.value) * (sample.labels["command"] in READS)
            elif sample.name in PUBLISHES:
                found["publishes"] += int(sample.value)
    return found
