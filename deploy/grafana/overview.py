"""Is the account well: its API, its partners, its service levels."""

from __future__ import annotations

from deploy.grafana.asking import EVERY_PROCESS, alarms, chosen, quantile, rate, total, worst
from deploy.grafana.boards import Board, Query, Row, now, over_time

OVERVIEW = Board(
    "overview",
    "account",
    (
        Row(
            "Now",
            (
                now(
                    "Services that answer",
                    "Processes that Prometheus reaches.",
                    Query(f"count(up{{{EVERY_PROCESS}}} == 1)"),
                ),
                now(
                    "Partners out of reach",
                    "Nothing can be delivered to them.",
                    Query(f"sum({worst('partner_failing', 'partner')})"),
                ),
                now(
                    "Waiting for a person",
                    "Parked messages of partners, and events of the account's own.",
                    Query(f"sum({total('parked_messages', 'partner')})", "messages"),
                    Query(f"sum({worst('parked_events', 'service')})", "events"),
                ),
                now(
                    "Targets breached in a day",
                    "As it was told of affected SLAs.",
                    Query(f"{alarms('breached', '1d', 'account')} or vector(0)"),
                ),
            ),
        ),
        Row(
            "API",
            (
                over_time(
                    "Calls",
                    "By what came of them.",
                    Query(rate("http_request_seconds_count", "status"), "{{status}}"),
                    unit="reqps",
                ),
                over_time(
                    "How long they take",
                    "Half, and nineteen of twenty, take no longer.",
                    Query(quantile(0.5, "http_request_seconds", "account"), "half"),
                    Query(quantile(0.95, "http_request_seconds", "account"), "19 of 20"),
                    unit="s",
                ),
                over_time(
                    "Slowest routes",
                    "Nineteen of twenty calls, the five worst.",
                    Query(
                        f"topk(5, {quantile(0.95, 'http_request_seconds', 'method, route')})",
                        "{{method}} {{route}}",
                    ),
                    unit="s",
                ),
                over_time(
                    "Being answered",
                    "More than the gateway has workers wait.",
                    Query(f"sum({chosen('http_answering')})"),
                ),
            ),
        ),
    ),
)
