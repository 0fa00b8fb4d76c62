"""What partners may say to this service, and what is done about it: the trust thread, and card threads.

The border (`services.federation`) asks these, one message of a thread at a time and in order.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import ModuleType
from typing import Any

from services.common.context import Context
from services.federation.sealing.envelope import Message
from services.federation.threads import ThreadId
from services.federation.verdicts import Verdict
from services.organizations.actions.contact_cards import card_words
from services.organizations.actions.trusting import partners

__all__ = ["discard", "earlier", "receive", "refused", "resume", "unanswered"]

_THREADS: Mapping[str, ModuleType] = {"trust": partners, "card": card_words}


def receive(context: Context, message: Message) -> Verdict:
    verdict: Verdict = _of(message.thread).receive(context, message)
    return verdict


def refused(context: Context, partner: str, row: Mapping[str, Any], code: str) -> None:
    _of(row["thread"]).refused(context, partner, row, code)


def discard(context: Context, message: Message) -> None:
    _of(message.thread).discard(context, message)


def unanswered(context: Context, row: Mapping[str, Any]) -> None:
    _of(row["thread"]).unanswered(context, row)


def earlier(context: Context, incarnation: int) -> Iterable[tuple[str, str]]:
    return [each for words in _THREADS.values() for each in words.earlier(context, incarnation)]


def resume(context: Context, partner: str, thread: str) -> None:
    _of(thread).resume(context, partner, thread)


def _of(thread: str) -> ModuleType:
    return _THREADS[ThreadId.parse(thread).kind]
