"""Which queues a message goes to: exchanges and their bindings."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

DIRECT: Final = "direct"
TOPIC: Final = "topic"
FANOUT: Final = "fanout"
KINDS: Final = frozenset({DIRECT, TOPIC, FANOUT})


@dataclass
class Exchange:
    """`bindings`: (queue, routing key) pairs in the order in which they were made."""

    name: str
    kind: str
    durable: bool = True
    auto_delete: bool = False
    bindings: dict[tuple[str, str], None] = field(default_factory=dict)

    def queues(self, routing_key: str) -> Iterable[str]:
        """Names of the queues that get a message with this key, each once."""
        words = _words(routing_key)
        return dict.fromkeys(queue for queue, key in self.bindings if self._takes(key, routing_key, words))

    def _takes(self, key: str, routing_key: str, words: Sequence[str]) -> bool:
        if self.kind == FANOUT:
            return True
        return matches(_words(key), words) if self.kind == TOPIC else key == routing_key


def _words(key: str) -> list[str]:
    return key.split(".") if key else []


def matches(pattern: Sequence[str], words: Sequence[str]) -> bool:
    """AMQP's topic rule: `*` stands for one word, `#` for any number of words, none included.

    One row of a table per word of the pattern: which beginnings of `words` the pattern so far takes. So a
    pattern of many `#` costs no more than another.
    """
    taken = [True, *(False for _ in words)]
    for part in pattern:
        if part == "#":
            first = taken.index(True) if True in taken else len(taken)
            taken = [place >= first for place in range(len(taken))]
        else:
            fits = (part in ("*", word) for word in words)
            taken = [False, *(before and fit for before, fit in zip(taken, fits, strict=False))]
    return taken[-1]
