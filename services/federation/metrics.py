"""What the border counts. Partners are few, so they may be a label; threads and messages never are."""

from __future__ import annotations

from services.common.metrics import counter, gauge, histogram

# How often what must be looked up in the database is measured: scrapes come no more often.
MEASURE_SECONDS = 30.0

RECEIVED = counter(
    "interdesk_partner_messages_received_total", "Verified deliveries, by partner", ("partner",)
)
VERDICTS = counter(
    "interdesk_partner_messages_handled_total",
    "Partners' messages handled, by verdict: accepted, refused, later, waiting or parked",
    ("partner", "verdict"),
)
QUARANTINED = counter(
    "interdesk_quarantined_total",
    "Deliveries that nobody is proven to have sent, by the check that failed",
    ("partner", "code"),
)
APPLY_SECONDS = histogram("interdesk_partner_message_seconds", "Handling one message of a partner", ("type",))
PARKED = gauge("interdesk_parked_messages", "Partners' messages that wait for a person")
SENT = counter(
    "interdesk_partner_messages_sent_total", "Messages delivered to a partner's border", ("partner",)
)
RESENT = counter("interdesk_partner_messages_resent_total", "Messages delivered again", ("partner",))
RECEIPTS = counter("interdesk_receipts_sent_total", "Receipts delivered, by verdict", ("partner", "verdict"))
SEND_FAILURES = counter(
    "interdesk_partner_send_failures_total", "Failed tries to deliver", ("partner", "code")
)
UNRECEIPTED_SECONDS = gauge(
    "interdesk_unreceipted_seconds", "Age of the oldest message without an answer", ("partner",)
)
PAUSED = gauge(
    "interdesk_border_paused", "1 while a conflict of what was said stops all from a partner", ("partner",)
)
