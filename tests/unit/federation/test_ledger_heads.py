"""Heads: how far threads go, and that their pages leave none out."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.federation.ledger import heads, lines
from services.federation.ledger.heads import Head, Row, Run, page_of, run_of
from tests.unit.federation.ledgers import ACCOUNT, EXPORT, RINGS, SEALED_AT, START

NOW = START + timedelta(days=1)


def rows(*sequences: int, at_: datetime = START, answered: bool = True) -> list[Row]:
    return [Row((1, n), f"{n:064x}", at_, answered) for n in sequences]


def test_a_run_names_first_last_count_and_hash() -> None:
    assert run_of(rows(3, 1, 2), NOW) == Run((1, 1), (1, 3), 3, f"{3:064x}")
    assert run_of([], NOW) is None


def test_what_has_no_receipt_yet_is_named() -> None:
    given_rows = [*rows(1), *rows(2, 3, answered=False), *rows(4), *rows(5, answered=False)]
    run = run_of(given_rows, NOW)
    assert run is not None
    assert run.unanswered == (((1, 2), (1, 3)), ((1, 5), (1, 5)))
    assert [run.waits_for((1, n)) for n in range(1, 6)] == [False, True, True, False, True]


def test_what_may_still_be_on_its_way_into_the_store_is_left_for_the_next_export() -> None:
    young = NOW - timedelta(seconds=5)
    run = run_of([*rows(1), *rows(3, at_=young)], NOW)
    assert run is not None
    assert run.last == (1, 1)
    assert run_of(rows(2, at_=young), NOW) is None


def test_what_is_missing_for_longer_is_a_loss_and_told() -> None:
    run = run_of(rows(1, 3), NOW)
    assert run is not None
    assert (run.last, run.count) == ((1, 3), 2)


@given(st.lists(st.integers(1, 5), min_size=1, max_size=40), st.integers(1, 30))
def test_pages_of_heads_hold_every_thread_once_and_the_partners_of_one_together(
    partners: list[int], most: int
) -> None:
    threads = [
        Head(f"handover/widget/{n:04}", f"partner-{partner}", run_of(rows(1), NOW), None)
        for n, several in enumerate(partners)
        for partner in range(several)
    ]
    told: list[Head] = []
    after: str | None = ""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(heads, "MAX_PAGE_THREADS", max(5, most))
        while after is not None:
            page, through = page_of([head for head in threads if head.thread > after])
            told += page
            assert through is None or {head.thread for head in page} <= {
                h.thread for h in threads if h.thread <= through
            }
            after = through
    assert told == threads


def test_a_page_of_heads_fits_into_a_seal() -> None:
    many = [Head(f"handover/{'w' * 31}/{n:036}", "p" * 31, run_of(rows(1), NOW), None) for n in range(2000)]
    page, through = page_of(many)
    assert through is not None
    said = dict.fromkeys(("partners", "threads", "since", "until", "after"))
    sealed = heads.seal(
        RINGS[ACCOUNT].current(),
        heads.HEADS,
        ACCOUNT,
        EXPORT,
        SEALED_AT,
        service="requests",
        through=through,
        heads=[head.to_document() for head in page],
        **said,
    )
    assert len(sealed) < lines.MAX_LINE_BYTES
