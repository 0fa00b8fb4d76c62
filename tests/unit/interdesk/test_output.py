"""How commands print tables."""

from __future__ import annotations

import uuid

import pytest

from interdesk.commands.output import show, show_one


def test_without_a_terminal_each_record_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    record = {"id": str(uuid.uuid4()), "thread": f"handover/widget/{uuid.uuid4()}", "type": "x" * 80}
    show([record], ("id", "thread", "type"), as_json=False)
    _, line = capsys.readouterr().out.splitlines()
    assert line.split() == [record["id"], record["thread"], record["type"]]


def test_without_a_terminal_each_field_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    show_one({"id": 5, "text": "word " * 40}, as_json=False)
    assert len(capsys.readouterr().out.splitlines()) == 2


def test_an_id_is_whole_in_a_narrow_window(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    monkeypatch.setenv("TTY_COMPATIBLE", "1")
    record = {"id": str(uuid.uuid4()), "thread": f"handover/widget/{uuid.uuid4()}"}
    show([record], ("id", "thread"), as_json=False)
    assert record["id"] in capsys.readouterr().out
