"""What partners say to the requests lane: message → action (a
`services.federation.handling.Correspondent`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from services.common.context import Context
from services.federation.envelope import Message
from services.federation.verdicts import Verdict
from services.requests.actions import arrivals, restores


def receive(context: Context, message: Message) -> Verdict:
    return arrivals.receive(context, message)


def refused(context: Context, partner: str, row: Mapping[str, Any], code: str) -> None:
    arrivals.refuse(context, row, code)


def discard(context: Context, message: Message) -> None:
    arrivals.discard(context, message)


def unanswered(context: Context, row: Mapping[str, Any]) -> None:
    arrivals.flag_unanswered(context, row)


def earlier(context: Context, incarnation: int) -> Iterable[tuple[str, str]]:
    return restores.earlier(context, incarnation)


def resume(context: Context, partner: str, thread: str) -> None:
    restores.resume(context, partner, thread)
