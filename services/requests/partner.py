"""What partners say to the requests lane: message → action (a
`services.federation.incoming.handling.Correspondent`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from services.common.context import Context
from services.federation.sealing.envelope import Message
from services.federation.threads import ThreadId
from services.federation.verdicts import Verdict
from services.requests.actions import arrivals, observation_words, restores


def receive(context: Context, message: Message) -> Verdict:
    if _is_observation(message.thread):
        return observation_words.receive(context, message)
    return arrivals.receive(context, message)


def refused(context: Context, partner: str, row: Mapping[str, Any], code: str) -> None:
    if _is_observation(row["thread"]):
        observation_words.refuse(context, partner, row, code)
    else:
        arrivals.refuse(context, row, code)


def discard(context: Context, message: Message) -> None:
    if _is_observation(message.thread):
        observation_words.discard(context, message)
    else:
        arrivals.discard(context, message)


def unanswered(context: Context, row: Mapping[str, Any]) -> None:
    if _is_observation(row["thread"]):
        observation_words.unanswered(context, row)
    else:
        arrivals.flag_unanswered(context, row)


def earlier(context: Context, incarnation: int) -> Iterable[tuple[str, str]]:
    return [*restores.earlier(context, incarnation), *observation_words.earlier(context, incarnation)]


def resume(context: Context, partner: str, thread: str) -> None:
    if _is_observation(thread):
        observation_words.resume(context, partner, thread)
    else:
        restores.resume(context, partner, thread)


def _is_observation(thread: str) -> bool:
    return ThreadId.parse(thread).kind == "observation"
