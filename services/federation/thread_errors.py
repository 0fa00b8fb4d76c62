"""What may be wrong with a message's place in its thread (threads.py tells what follows from each).

ThreadError
├── NotInThread         not_in_thread
├── AlreadyApplied      already_applied
├── UnknownThread       unknown_thread
├── Gap                 gap
├── OldIncarnation      old_incarnation
├── SequenceConflict    sequence_conflict
└── ChainBroken         chain_broken
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from services.federation.verdicts import Verdict

if TYPE_CHECKING:
    from services.federation.threads import Position


class ThreadError(Exception):
    """Base of what may be wrong with a message's place in its thread. `code` is stable."""

    code = "thread_error"


class NotInThread(ThreadError):
    """The message is of another thread, or of somebody who is not the thread's partner."""

    code = "not_in_thread"


class AlreadyApplied(ThreadError):
    """The position is at or past this message. `verdict` is what it ended with."""

    code = "already_applied"

    def __init__(self, verdict: Verdict) -> None:
        super().__init__(f"already applied: {verdict.word}")
        self.verdict = verdict


class UnknownThread(ThreadError):
    """We are said to have opened this thread, and know nothing of it: it was opened after our backup."""

    code = "unknown_thread"


class Gap(ThreadError):
    """A message before this one has not been applied yet."""

    code = "gap"

    def __init__(self, applied: Position, sequence: int) -> None:
        super().__init__(f"sequence {sequence} came while {applied.sequence} is the last one applied")
        self.applied = applied


class OldIncarnation(ThreadError):
    """The message was written before its sender was restored; what came after the restore counts."""

    code = "old_incarnation"


class SequenceConflict(ThreadError):
    """Another message was applied at this sequence."""

    code = "sequence_conflict"


class ChainBroken(ThreadError):
    """The message names another predecessor than the one applied."""

    code = "chain_broken"
