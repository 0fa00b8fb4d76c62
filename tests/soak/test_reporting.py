"""The dashboard among a million requests: counted, it costs what it costs among ten thousand, with as many
a day.

`make soak TESTS=tests/soak/test_reporting.py`; REPORTED tells another number.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from tests.bench.run import reporting_alone
from tests.bench.sizes import QUICK

FEWEST = 10_000
MOST = int(os.environ.get("REPORTED", "1000000"))


@pytest.mark.soak
def test_what_was_counted_does_not_cost_more_among_more_requests(
    tmp_path: Path, tell: Callable[[str], None]
) -> None:
    report = reporting_alone(tmp_path, replace(QUICK, reported=(FEWEST, MOST)), False, tell)
    tell(report.text())
    beside = report[f"the dashboard among {MOST:,} requests, counted, beside {FEWEST:,}"]
    assert beside.met, beside
