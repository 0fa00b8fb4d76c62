"""Targets at risk and breached, hand-overs and returns."""

from __future__ import annotations

from deploy.grafana.asking import alarms, quantile, rate
from deploy.grafana.boards import Board, Query, Row, over_time

TAKEN = ', type=~"request.(handed_over|reopened).v1"'
RETURNED = ', type=~"request.(completed|declined|waiting_for_customer).v1"'
SERVICE_LEVELS = Board(
    "service-levels",
    "service levels",
    (
        Row(
            "Targets",
            (
                over_time(
                    "At risk",
                    "Thresholds passed, an hour.",
                    Query(alarms("at_risk", "1h", "goal"), "{{goal}}"),
                ),
                over_time(
                    "Breached",
                    "Targets missed, an hour.",
                    Query(alarms("breached", "1h", "goal"), "{{goal}}"),
                ),
            ),
        ),
        Row(
            "Between accounts",
            (
                over_time(
                    "Taken from customers",
                    "Hand-overs, and solutions that they rejected.",
                    Query(rate("partner_message_seconds_count", "type", TAKEN), "{{type}}"),
                    unit="ops",
                ),
                over_time(
                    "Come back from providers",
                    "Completed, declined, and questions.",
                    Query(rate("partner_message_seconds_count", "type", RETURNED), "{{type}}"),
                    unit="ops",
                ),
                over_time(
                    "How long a message takes",
                    "Nineteen of twenty are applied within it, by type.",
                    Query(quantile(0.95, "partner_message_seconds", "type"), "{{type}}"),
                    unit="s",
                ),
            ),
        ),
    ),
)
