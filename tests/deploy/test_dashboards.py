"""Grafana's dashboards are as their code says, and ask for metrics that there are."""

from __future__ import annotations

import pytest

from deploy.grafana import BOARDS, rendered
from deploy.grafana.boards import Board
from tests.deploy.conftest import ROOT
from tests.deploy.test_alerts import unknown_in

WRITTEN = ROOT / "deploy" / "grafana" / "dashboards"


@pytest.mark.parametrize("board", BOARDS, ids=lambda board: board.name)
def test_a_dashboard_is_written_from_its_code(board: Board) -> None:
    wanted = "run: .venv/bin/python -m deploy.grafana"
    assert (WRITTEN / f"{board.name}.json").read_text() == rendered(board), wanted
    assert {file.stem for file in WRITTEN.iterdir()} == {each.name for each in BOARDS}


@pytest.mark.parametrize("board", BOARDS, ids=lambda board: board.name)
def test_a_dashboard_asks_for_metrics_that_there_are(board: Board) -> None:
    for panel, expr in board.queries:
        assert unknown_in(expr) == [], panel
