"""How many clocks run, stand, are at risk and breached: a metric.

One replica counts those that have not ended, found by their index, and keeps what it found; every replica
shows that, so the series of all agree and a scrape asks for nothing.
"""

from __future__ import annotations

from collections import Counter
from typing import Final

from services.common.context import Context
from services.common.database import answering
from services.common.metrics import gauge
from services.slas import documents, store
from services.slas.actions.alarms import ALARMS, AT_RISK_ALARM, BREACHED_ALARM
from services.slas.model.clocks import RESOLUTION, RESPONSE, STATES, state_of

COUNT_SECONDS: Final = 60.0
SHOW_SECONDS: Final = 15.0

CLOCKS = gauge(
    "interdesk_sla_clocks",
    "Clocks of affected SLAs that have not ended, each counted once: breached, at_risk, standing or running",
    ("state",),
)
_CLOCKS: Final = "clocks"
_SHOWN: Final = {"raised": 1, "responded_at": 1, "reasons": 1}


def count(context: Context) -> None:
    """Counts them and keeps what was found. Raises Unavailable."""
    with answering():
        open_ones = context.database[store.AFFECTED_SLAS].find({"ended_at": None}, _SHOWN)
        found = Counter(
            state_of(
                documents.raised_of(each),
                responded=each["responded_at"] is not None,
                stands=bool(each["reasons"]),
            )
            for each in open_ones
        )
        counted = {state: found[state] for state in STATES}
        context.database[store.COUNTED].replace_one({"_id": _CLOCKS}, counted, upsert=True)


def show(context: Context) -> None:
    """Has the metric say what was counted last; and what was told of targets is counted from 0 on, for who
    asks how much it rose has to see it before it rises. Raises Unavailable.
    """
    for goal in (RESPONSE, RESOLUTION):
        for alarm in (BREACHED_ALARM, AT_RISK_ALARM):
            ALARMS.labels(context.account, context.service, goal, alarm)
    with answering():
        counted = context.database[store.COUNTED].find_one({"_id": _CLOCKS}) or {}
    for state in STATES:
        CLOCKS.labels(context.account, context.service, state).set(counted.get(state, 0))
