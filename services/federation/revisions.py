"""Revisions `[incarnation, n]`: which of two words is the later one, where each says all there is to say.

A restored account may have forgotten a thread and open another about the same record. So the order of one
thread is not enough to know its last word; the higher revision is.
"""

from __future__ import annotations

from collections.abc import Sequence


def next_revision(revision: Sequence[int] | None, incarnation: int) -> list[int]:
    """A restored account counts anew, above all that it may have forgotten."""
    if revision is None or revision[0] < incarnation:
        return [incarnation, 1]
    return [revision[0], revision[1] + 1]


def is_later(revision: Sequence[int], known: Sequence[int] | None) -> bool:
    return known is None or list(revision) > list(known)
