"""What comes of one verified message: the correspondent's verdict, or what stands in the way of one.

A correspondent is what a service gives to its border (usually its module `partner`): it loads the record by
(partner, thread), decides, and saves once, with the thread advanced and rows to send in that same save.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Protocol

import structlog

from services.common import trace
from services.common.errors import InterdeskError, Invalid, Stale
from services.common.verdicts import Later, Park, is_outage
from services.federation import messages, thread_errors
from services.federation.messages.threads import RESTORED
from services.federation.metrics import APPLY_SECONDS
from services.federation.partners.backoff import Backoff
from services.federation.sealing.envelope import Message
from services.federation.threads import KINDS, Position, ThreadId
from services.federation.verdicts import CODE, Verdict, done, refused

if TYPE_CHECKING:
    from services.common.context import Context

log = structlog.get_logger(__name__)

LATER_MAX_SECONDS = 120.0
OUTAGE_MIN_SECONDS = 1.0
OUTAGE_MAX_SECONDS = 300.0
RESTORED_SECONDS = 30.0


class Correspondent(Protocol):
    """What a service does with what partners say. All of it may be called again for the same message."""

    def receive(self, context: Context, message: Message) -> Verdict:
        """Decides and saves. The thread is advanced in that save, also by a refusal (`Thread.advance`).

        Returns `done()` or `refused(code)`; raises Later or Park; lets the ThreadErrors of `advance` pass.
        """
        ...

    def refused(self, context: Context, partner: str, row: Mapping[str, Any], code: str) -> None:
        """The partner refused a message of ours: undo exactly that (handover.md, rule 9). Idempotent."""
        ...

    def discard(self, context: Context, message: Message) -> None:
        """A person discards a parked message: advance past it, by a save; rule 9 follows at the sender."""
        ...

    def unanswered(self, context: Context, row: Mapping[str, Any]) -> None:
        """A message of ours has had no answer for too long; called once per message, and of a thread only for
        the first that has none. Flag it to the team.
        """
        ...

    def earlier(self, context: Context, incarnation: int) -> Iterable[tuple[str, str]]:
        """(partner, thread) of every thread in which we have not spoken in this incarnation yet."""
        ...

    def resume(self, context: Context, partner: str, thread: str) -> None:
        """Says `resuming.resumed` in this thread, and where we stand; one save. Idempotent."""
        ...


@dataclass(frozen=True)
class Final:
    """The position is past the message. `breaks`: it is not, and never will be; the border pauses."""

    verdict: Verdict
    breaks: bool = False


@dataclass(frozen=True)
class Waits:
    """Not yet."""

    seconds: float
    code: str


@dataclass(frozen=True)
class Ahead:
    """Something before it is missing."""

    applied: Position


@dataclass(frozen=True)
class Parks:
    """A person has to look."""

    code: str
    detail: str = ""


Outcome = Final | Waits | Ahead | Parks


def handle(context: Context, correspondent: Correspondent, message: Message, attempts: int) -> Outcome:
    """What comes of a message that is the next of its thread, or thought to be. `attempts`: earlier tries."""
    with (
        trace.tracing(traceparent=message.traceparent),
        APPLY_SECONDS.labels(context.account, context.service, _label(message)).time(),
    ):
        try:
            fitting = checked(context.service, message)
            if fitting.type == RESTORED:
                # About no record: the outbox does what follows, when resumed threads have had their time.
                return Final(done()) if attempts else Waits(RESTORED_SECONDS, "restored")
            verdict = correspondent.receive(context, fitting)
            log.info(
                "a partner's message was handled",
                partner=message.sender,
                type=message.type,
                thread=message.thread,
                sequence=message.sequence,
                verdict=verdict.word,
                code=verdict.code,
            )
            return Final(verdict)
        except Exception as error:
            return _outcome_of(error, message, attempts)


def checked(service: str, message: Message) -> Message:
    """The message with a body of exactly what its type says. Raises Park for what doesn't belong here."""
    try:
        body = messages.check_incoming(message.type, message.body)
    except Invalid as error:
        raise Park(error.code, str(error)) from None
    message_type = messages.type_of(message.type)
    thread = ThreadId.parse(message.thread)
    if KINDS[thread.kind] != service:
        raise Park("wrong_lane", f"{thread.kind} threads are not of the {service} service")
    if message_type.kind not in (None, thread.kind):
        raise Park("wrong_kind", f"{message.type} is not said in {thread.kind} threads")
    if not message_type.may_be_said_by(message.sender, thread):
        raise Park("wrong_side", f"{message.type} is not for {message.sender} to say")
    if message.sequence == 1 and message.sender == thread.opener and not message_type.opens:
        raise Park("not_an_opening", f"no thread begins with {message.type}")
    return replace(message, body=body)


def _outcome_of(error: Exception, message: Message, attempts: int) -> Outcome:
    match error:
        case Later():
            # Twice as long each time: a partner who says much that must wait costs little meanwhile.
            longest = max(error.seconds, LATER_MAX_SECONDS)
            return Waits(min(longest, error.seconds * 2.0 ** min(attempts, 16)), error.code)
        case Park():
            return Parks(error.code, error.detail)
        case thread_errors.AlreadyApplied():
            return Final(error.verdict)
        case thread_errors.Gap():
            return Ahead(error.applied)
        case thread_errors.ChainBroken() | thread_errors.SequenceConflict():
            return Final(refused(error.code), breaks=True)
        case thread_errors.OldIncarnation():
            return Final(refused(error.code))
        case thread_errors.UnknownThread():
            return Final(refused(error.code))
        case thread_errors.ThreadError():
            return Parks(error.code, str(error))
        case Stale():
            return Waits(OUTAGE_MIN_SECONDS, error.code)
        case _ if is_outage(error):
            log.warning("a partner's message waits: a part is away", type=message.type, error=str(error))
            outage = Backoff(OUTAGE_MIN_SECONDS, OUTAGE_MAX_SECONDS, failures=attempts)
            return Waits(outage.failed(), getattr(error, "code", "unavailable"))
        case _:
            log.error("a partner's message is parked", type=message.type, id=message.id, exc_info=error)
            return _parked_bug(error)


def _label(message: Message) -> str:
    """A partner may call a type as it likes; a label may not."""
    return message.type if message.type in messages.TYPES else "unknown"


def _parked_bug(error: Exception) -> Parks:
    if isinstance(error, InterdeskError) and CODE.fullmatch(error.code):
        return Parks(error.code, str(error))
    return Parks("internal_error", f"{type(error).__name__}: {error}"[:500])
