"""What panels ask of Prometheus: of the account, and of the partner where it counts, chosen at the top."""

from __future__ import annotations

from typing import Final

PARTNER: Final = ', partner=~"$partner"'
EVERY_PROCESS: Final = 'job=~".*interdesk.*"'
RATE: Final = "$__rate_interval"


def chosen(metric: str, more: str = "") -> str:
    """The series of a metric of ours that the choice at the top leaves."""
    return f'interdesk_{metric}{{account="$account"{more}}}'


def rate(metric: str, by: str, more: str = "") -> str:
    """A second."""
    return f"sum by ({by}) (rate({chosen(metric, more)}[{RATE}]))"


def quantile(share: float, histogram: str, by: str, more: str = "") -> str:
    """So much of what was measured took no longer, in seconds."""
    return f"histogram_quantile({share}, {rate(f'{histogram}_bucket', f'le, {by}', more)})"


def worst(metric: str, by: str, more: str = "") -> str:
    """Of all replicas, where each measures the same, or the one that has most counts."""
    return f"max by ({by}) ({chosen(metric, more)})"


def total(metric: str, by: str, more: str = "") -> str:
    """Of all services; each has its own."""
    return f"sum by ({by}) ({worst(metric, f'{by}, service', more)})"


def alarms(alarm: str, window: str, by: str) -> str:
    more = f', alarm="{alarm}"'
    return f"sum by ({by}) (increase({chosen('sla_alarms_total', more)}[{window}]))"
