"""What goes to and comes from each partner, and what waits."""

from __future__ import annotations

from deploy.grafana.asking import PARTNER, quantile, rate, total, worst
from deploy.grafana.boards import Board, Query, Row, over_time

PARTNERS = Board(
    "partners",
    "partners",
    (
        Row(
            "What goes to them",
            (
                over_time(
                    "Sent",
                    "Messages delivered to a partner's border; again: without an answer in time.",
                    Query(rate("partner_messages_sent_total", "partner", PARTNER), "{{partner}}"),
                    Query(rate("partner_messages_resent_total", "partner", PARTNER), "{{partner}}, again"),
                    unit="ops",
                ),
                over_time(
                    "Without an answer",
                    "Messages that the partner has not confirmed.",
                    Query(total("unreceipted_messages", "partner", PARTNER), "{{partner}}"),
                ),
                over_time(
                    "The oldest of them",
                    "An hour raises an alert.",
                    Query(worst("unreceipted_seconds", "partner", PARTNER), "{{partner}}"),
                    unit="s",
                ),
                over_time(
                    "Until their border has it",
                    "From the save of a message; nineteen of twenty take no longer.",
                    Query(quantile(0.95, "partner_delivery_seconds", "partner", PARTNER), "{{partner}}"),
                    unit="s",
                ),
                over_time(
                    "Failed deliveries",
                    "By the reason's code.",
                    Query(
                        rate("partner_send_failures_total", "partner, code", PARTNER), "{{partner}}: {{code}}"
                    ),
                    unit="ops",
                ),
            ),
        ),
        Row(
            "What comes from them",
            (
                over_time(
                    "Received",
                    "Verified messages.",
                    Query(rate("partner_messages_received_total", "partner", PARTNER), "{{partner}}"),
                    unit="ops",
                ),
                over_time(
                    "What became of them",
                    "Parked ones wait for a person.",
                    Query(rate("partner_messages_handled_total", "verdict", PARTNER), "{{verdict}}"),
                    unit="ops",
                ),
                over_time(
                    "Last heard",
                    "How long ago.",
                    Query(
                        f"time() - {worst('partner_heard_timestamp_seconds', 'partner', PARTNER)}",
                        "{{partner}}",
                    ),
                    unit="s",
                ),
                over_time(
                    "In their lanes",
                    "Messages that wait to be taken, or for one before them in their thread.",
                    Query(total("lane_messages", "partner", PARTNER), "{{partner}}"),
                    Query(total("gap_messages", "partner", PARTNER), "{{partner}}, after a gap"),
                ),
                over_time(
                    "Slowed",
                    "Seconds a second that messages waited because the partner sends more than its share.",
                    Query(rate("lane_slowed_seconds_total", "partner", PARTNER), "{{partner}}"),
                ),
            ),
        ),
        Row(
            "What needs a person",
            (
                over_time(
                    "Parked",
                    "Messages that could not be applied.",
                    Query(total("parked_messages", "partner", PARTNER), "{{partner}}"),
                ),
                over_time(
                    "Refused",
                    "Our messages that the partner refused.",
                    Query(total("refused_messages", "partner", PARTNER), "{{partner}}"),
                ),
                over_time(
                    "Quarantine",
                    "What nobody is proven to have sent; 16 MiB hold no more.",
                    Query(worst("quarantine_bytes", "partner", PARTNER), "{{partner}}"),
                    unit="bytes",
                ),
                over_time(
                    "Border paused",
                    "1: the two sides disagree on what was said.",
                    Query(worst("border_paused", "partner", PARTNER), "{{partner}}"),
                ),
                over_time(
                    "Age of keys",
                    "Since a partner has told us its keys last, and since our own are in use.",
                    Query(
                        f"time() - {worst('partner_keys_timestamp_seconds', 'partner', PARTNER)}",
                        "{{partner}}",
                    ),
                    Query(f"time() - {worst('own_keys_timestamp_seconds', 'account')}", "our own"),
                    unit="s",
                ),
            ),
        ),
    ),
    by_partner=True,
)
