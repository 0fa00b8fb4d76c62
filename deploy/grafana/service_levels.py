"""Targets at risk and breached, hand-overs and returns."""

from __future__ import annotations

from deploy.grafana.asking import alarms, quantile, rate, worst
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
                    "Clocks",
                    "Of open requests, each counted once, as the worst that is true of it.",
                    Query(worst("sla_clocks", "state"), "{{state}}"),
                ),
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
                    "How long it takes until the other account has it",
                    "From the save until it is applied there; nineteen of twenty hand-overs and returns.",
                    Query(quantile(0.95, "handover_seconds", "partner"), "to {{partner}}"),
                    Query(quantile(0.95, "return_seconds", "partner"), "back to {{partner}}"),
                    unit="s",
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
