"""A stale save decides again from the new state, a bounded number of times."""

import pytest

from services.common.errors import Conflict, Stale
from services.common.store import MAX_DECISIONS, Index, decide_again


def test_a_stale_decision_is_made_again_from_the_start() -> None:
    tries = []

    @decide_again
    def action(word: str) -> str:
        tries.append(word)
        if len(tries) < 4:
            raise Stale()
        return f"{word} after {len(tries)}"

    assert action("done") == "done after 4"


def test_it_gives_up_after_a_while() -> None:
    tries = []

    @decide_again
    def action() -> None:
        tries.append(1)
        raise Stale()

    with pytest.raises(Stale):
        action()
    assert len(tries) == MAX_DECISIONS


def test_other_conflicts_are_for_the_caller() -> None:
    tries = []

    @decide_again
    def action() -> None:
        tries.append(1)
        raise Conflict()

    with pytest.raises(Conflict):
        action()
    assert len(tries) == 1


def test_index_keys_may_be_written_in_three_ways() -> None:
    assert Index("a").keys == (("a", 1),)
    assert Index(["a", "-b"]).keys == (("a", 1), ("b", -1))
    assert Index([("a", 1), ("b", -1)]) == Index(["a", "-b"])
    assert Index("a", unique=True) != Index("a")
