"""What we owe a partner and keep nowhere: receipts and what we want of its files, sent before all else; and
pieces of our own files, which it has asked for, sent after all else and few at a time, so that a file delays
nothing that is said.

What finds no room, or could not be sent, is asked for again. Part of the relay (relay.py): `owe` and `serve`
are called from other threads.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, Final, Protocol

from services.common.errors import InterdeskError
from services.common.publishing import Outgoing
from services.federation import metrics
from services.federation.outgoing import departures
from services.federation.outgoing.backlog import BATCH
from services.federation.outgoing.receipts import Receipt
from services.federation.outgoing.words import Word

if TYPE_CHECKING:
    from services.common.context import Context

MAX_ANSWERS: Final = 10_000
MAX_PIECES: Final = 32
PIECES_AT_ONCE: Final = 4

Publish = Callable[[list[Outgoing]], None]


class Piece(Protocol):
    """A piece of a file that the partner has asked for. Two that are equal are the same piece."""

    def word(self, context: Context) -> Word | None:
        """Reads it; None when it is not for the partner any more. Raises Unavailable."""
        ...


class Owing:
    """To one partner."""

    def __init__(
        self, context: Context, partner: str, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._context = context
        self._partner = partner
        self._monotonic = monotonic
        self._answers: deque[Receipt | Word] = deque(maxlen=MAX_ANSWERS)
        self._pieces: deque[Piece] = deque()
        self._pieces_at = 0.0

    @property
    def answers(self) -> bool:
        """Whether there are answers to send."""
        return bool(self._answers)

    def next_at(self) -> float | None:
        """When the next pieces may go, by `monotonic`; None when there are none."""
        return self._pieces_at if self._pieces else None

    def owe(self, answer: Receipt | Word) -> None:
        """The oldest answer is dropped when very many wait, for it will be asked for again."""
        self._answers.append(answer)

    def serve(self, piece: Piece) -> bool:
        """Has a piece sent; false when too many wait: then it is asked for again."""
        if piece in self._pieces:
            return True
        if len(self._pieces) >= MAX_PIECES:
            return False
        self._pieces.append(piece)
        return True

    def forget_pieces(self) -> None:
        self._pieces.clear()

    def send_answers(self, publish: Publish) -> None:
        """Raises InterdeskError; then they stay."""
        while self._answers:
            batch = [self._answers.popleft() for _ in range(min(BATCH, len(self._answers)))]
            try:
                publish([departures.of_word(self._context, _word(answer)) for answer in batch])
            except InterdeskError:
                self._answers.extendleft(reversed(batch))
                raise
            self._context.crash.here(f"{self._context.service}.after_receipt")
            for answer in batch:
                if isinstance(answer, Receipt):
                    metrics.RECEIPTS.labels(*self._labels, answer.verdict).inc()

    def send_pieces(self, publish: Publish, *, may_go: bool) -> None:
        """Sends a few, no faster than INTERDESK_CATCH_UP_MESSAGES_PER_SECOND; drops all when none may go.
        Raises InterdeskError.
        """
        if not may_go:
            self._pieces.clear()
        if not self._pieces or self._monotonic() < self._pieces_at:
            return
        few = [self._pieces.popleft() for _ in range(min(PIECES_AT_ONCE, len(self._pieces)))]
        words = [word for piece in few if (word := piece.word(self._context)) is not None]
        pause = len(few) / self._context.config.catch_up_messages_per_second
        self._pieces_at = self._monotonic() + pause
        if words:
            publish([departures.of_word(self._context, word) for word in words])
            metrics.CHUNKS.labels(*self._labels).inc(len(words))

    @property
    def _labels(self) -> tuple[str, str, str]:
        return self._context.account, self._context.service, self._partner


def _word(answer: Receipt | Word) -> Word:
    return answer.word() if isinstance(answer, Receipt) else answer
