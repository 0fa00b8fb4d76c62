"""The reports and dashboards that every account has from the beginning.

They are records as any other, without an owner: administrators may change or disable them. Each is made once,
found again by its source and sourceID, so what was changed stays as it was changed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from services.common.actor import Actor
from services.common.context import Context
from services.reporting.actions import saving
from services.reporting.schemas.reports import ACCOUNT

Document = dict[str, Any]

SOURCE: Final = "Interdesk"

REPORTS: Final[Mapping[str, Document]] = {
    "open-backlog": {
        "name": "Open backlog",
        "description": "How many requests were open at the end of each day, by category.",
        "subject": "requests",
        "measures": ["open"],
        "groups": ["category"],
        "bucket": "day",
    },
    "requests-by-week": {
        "name": "Requests and their resolution",
        "description": "What was completed in each week, and how long it took from the registration on.",
        "subject": "requests",
        "moment": "completed_at",
        "measures": ["count", "resolution_median", "resolution_90th_percentile", "reopen_rate"],
        "bucket": "week",
        "days": 91,
    },
    "where-requests-wait": {
        "name": "Where requests wait",
        "description": "The time that requests spent with each team, by status.",
        "subject": "periods",
        "measures": ["count", "holding", "holding_median", "holding_share"],
        "groups": ["team", "status"],
    },
    "time-per-account": {
        "name": "Which account holds requests how long",
        "description": "The share of each account in the time of requests, and how often it was given them.",
        "subject": "periods",
        "measures": ["handovers", "holding", "holding_median", "holding_90th_percentile", "holding_share"],
        "groups": ["account"],
    },
    "push-to-front": {
        "name": "Push to front",
        "description": "How far completed requests went: their first team, another one, another account.",
        "subject": "requests",
        "moment": "completed_at",
        "measures": ["count", "resolution_median"],
        "groups": ["reach"],
    },
    "ping-pong": {
        "name": "Ping-pong",
        "description": "Completed requests that came back from another account, or went to one once more.",
        "subject": "requests",
        "moment": "completed_at",
        "measures": ["count", "returned", "ping_pong", "reopened"],
        "groups": ["service_instance"],
    },
    "sla-met": {
        "name": "SLAs met",
        "description": "Responses and resolutions that were in time, by SLA and who is accountable.",
        "subject": "affected_slas",
        "measures": ["count", "response_met", "resolution_met"],
        "groups": ["sla", "accountability"],
    },
    "response-and-resolution": {
        "name": "Response and resolution",
        "description": "How long responses and resolutions took, within support hours, by impact.",
        "subject": "affected_slas",
        "measures": [
            "count",
            "response_median",
            "response_90th_percentile",
            "resolution_median",
            "resolution_90th_percentile",
        ],
        "groups": ["impact"],
    },
}
DASHBOARD: Final[Document] = {"name": "Service desk", "description": "How the service desk does."}


def found(context: Context) -> None:
    """Makes what is not there. Raises Unavailable."""
    system = Actor.system(context.account)
    ids = [_made(context, system, "report", key, fields) for key, fields in REPORTS.items()]
    _made(context, system, "dashboard", "service-desk", {**DASHBOARD, "report_ids": ids})


def _made(context: Context, system: Actor, kind: str, key: str, fields: Mapping[str, Any]) -> int:
    said = {**fields, "source": SOURCE, "sourceID": key, "shared_with": ACCOUNT}
    return int(saving.create(context, system, kind, said)["id"])
