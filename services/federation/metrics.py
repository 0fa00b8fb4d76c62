"""What the border counts. Partners are few, so they may be a label; threads and messages never are."""

from __future__ import annotations

from prometheus_client import Counter, Gauge, Histogram

from services.common.metrics import counter, gauge, histogram

# How often what must be looked up in the database is measured: scrapes come no more often.
MEASURE_SECONDS = 30.0

# How long messages are on their way: a moment, or as long as a partner is away.
JOURNEY_SECONDS = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800, 3600, 21_600, 86_400)


def _counted(name: str, text: str) -> Counter:
    return counter(name, text, ("partner",))


def _measured(name: str, text: str) -> Gauge:
    return gauge(name, text, ("partner",))


def _travelled(name: str, text: str) -> Histogram:
    return histogram(name, text, ("partner",), JOURNEY_SECONDS)


RECEIVED = _counted("interdesk_partner_messages_received_total", "Verified deliveries, by partner")
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
DROPPED = _counted(
    "interdesk_quarantine_dropped_total", "Deliveries let go unread because the partner's quarantine was full"
)
APPLY_SECONDS = histogram("interdesk_partner_message_seconds", "Handling one message of a partner", ("type",))
SLOWED_SECONDS = _counted(
    "interdesk_lane_slowed_seconds_total",
    "How long a partner's messages waited because it sends more than its share",
)
SENT = _counted("interdesk_partner_messages_sent_total", "Messages delivered to a partner's border")
DELIVERY_SECONDS = _travelled(
    "interdesk_partner_delivery_seconds", "From the save of a message until the partner's border has it"
)
HANDOVER_SECONDS = _travelled(
    "interdesk_handover_seconds",
    "From the save of a hand-over, or of a rejected solution, until the provider has applied it",
)
RETURN_SECONDS = _travelled(
    "interdesk_return_seconds",
    "From the save by which a request returns (completed, declined, a question) until the customer has "
    "applied it",
)
RESENT = _counted("interdesk_partner_messages_resent_total", "Messages delivered again")
RECEIPTS = counter("interdesk_receipts_sent_total", "Receipts delivered, by verdict", ("partner", "verdict"))
CHUNKS = _counted("interdesk_attachment_chunks_sent_total", "Pieces of attachments delivered to a partner")
SEND_FAILURES = counter(
    "interdesk_partner_send_failures_total", "Failed tries to deliver", ("partner", "code")
)

# How it stands with each partner (measuring.py, lane_depths.py), measured from time to time.
PARKED = _measured("interdesk_parked_messages", "A partner's messages that wait for a person")
GAPS = _measured(
    "interdesk_gap_messages", "A partner's messages that wait for one before them in their thread"
)
LANE_MESSAGES = _measured("interdesk_lane_messages", "A partner's messages that wait in its lane to be taken")
KEYS_TOLD = _measured("interdesk_partner_keys_timestamp_seconds", "When a partner has told us its keys last")
OWN_KEYS = gauge("interdesk_own_keys_timestamp_seconds", "Since when the account seals with its current key")
QUARANTINE_BYTES = _measured(
    "interdesk_quarantine_bytes", "How full a partner's quarantine is (16 MiB hold no more)"
)
REFUSED = _measured("interdesk_refused_messages", "Our messages that a partner has refused")
AUTHORITY_EXPIRES = _measured(
    "interdesk_partner_authority_expires_timestamp_seconds",
    "When the certificate authority that is pinned for a partner's border expires",
)
UNRECEIPTED = _measured("interdesk_unreceipted_messages", "Messages without an answer")
UNRECEIPTED_SECONDS = _measured(
    "interdesk_unreceipted_seconds", "Age of the oldest message without an answer"
)
HEARD = _measured("interdesk_partner_heard_timestamp_seconds", "When a partner was last heard")
FAILING = _measured("interdesk_partner_failing", "1 while nothing can be delivered to the partner")
CLOCK_AHEAD_SECONDS = _measured(
    "interdesk_partner_clock_ahead_seconds",
    "How far a partner's clock is ahead of ours; 0 while it is within ten minutes",
)
PAUSED = _measured("interdesk_border_paused", "1 while a conflict of what was said stops all from a partner")
