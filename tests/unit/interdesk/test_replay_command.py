"""`interdesk replay` says what is wrong with what it was asked, before it starts anything."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from interdesk.cli import app
from interdesk.commands import replay as command
from interdesk.replay.log import read_cases
from interdesk.replay.plan import plan
from interdesk.replay.play import Played
from interdesk.replay.report import CaseReport, Report
from tests.replay.small_log import SMALL_LOG

WRONG_USE = 2


def refused(*arguments: str) -> str:
    result = CliRunner().invoke(app, ["replay", *arguments])
    assert result.exit_code == WRONG_USE, result.output
    return result.output + result.stderr


def test_a_log_that_is_none_is_named_with_its_fault(tmp_path: Path) -> None:
    path = tmp_path / "log.csv"
    path.write_text("this is no log\n", encoding="utf-8")
    assert f"{path}, line 1: the header is not case,seconds" in refused(str(path)).replace("\n", "")


def test_without_a_file_and_without_the_variable_it_asks_which(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("INTERDESK_INCIDENT_LOG", raising=False)
    assert "say which log to play" in refused()


def test_every_shape_needs_a_number(tmp_path: Path) -> None:
    assert "--every-shape needs --cases" in refused(str(SMALL_LOG), "--every-shape")


def test_a_log_without_crossing_cases_has_nothing_to_play(tmp_path: Path) -> None:
    lines = SMALL_LOG.read_text(encoding="utf-8").splitlines(keepends=True)
    one_line_only = [line for line in lines if line.startswith(("case,", "S-001,"))]
    path = tmp_path / "log.csv"
    path.write_text("".join(one_line_only), encoding="utf-8")
    assert "has no case that crosses lines" in refused(str(path), "--crossing")


def test_of_many_cases_those_that_are_not_well_are_shown_first(capsys: pytest.CaptureFixture[str]) -> None:
    cases = [CaseReport(Played(plan(case))) for case in read_cases(SMALL_LOG)]
    cases[-1].played.problem = "it hangs"
    lines = {line for case in cases for path in case.played.plan.ends for line in path}
    command._tell(Report({line: line for line in lines}, cases, {}, {}, 1.0), 1)
    shown = capsys.readouterr()
    assert cases[-1].played.plan.case.id in shown.out
    assert cases[0].played.plan.case.id not in shown.out
    assert f"these are the first 1 of {len(cases)}; --limit shows more" in shown.err
