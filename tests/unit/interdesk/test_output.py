"""How commands print records."""

from __future__ import annotations

import json
import uuid

import pytest

from interdesk.api import Beginning
from interdesk.commands.output import show, show_first, show_one, warn

WIDE = {"id": "1", "thread": "handover/widget/" + "a" * 900}


def test_without_a_terminal_each_record_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    record = {"id": str(uuid.uuid4()), "thread": f"handover/widget/{uuid.uuid4()}", "type": "x" * 80}
    show([record], ("id", "thread", "type"), as_json=False)
    _, line = capsys.readouterr().out.splitlines()
    assert line.split() == [record["id"], record["thread"], record["type"]]


def test_without_a_terminal_each_field_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    show_one({"id": 5, "text": "word " * 400}, as_json=False)
    assert len(capsys.readouterr().out.splitlines()) == 2


def test_an_id_is_whole_in_a_narrow_window(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    monkeypatch.setenv("TTY_COMPATIBLE", "1")
    record = {"id": str(uuid.uuid4()), "thread": f"handover/widget/{uuid.uuid4()}"}
    show([record], ("id", "thread"), as_json=False)
    assert record["id"] in capsys.readouterr().out


def test_columns_of_the_environment_bound_no_file(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    show([WIDE], ("id", "thread"), as_json=False)
    assert WIDE["thread"] in capsys.readouterr().out


def test_what_a_partner_wrote_neither_styles_nor_steers(capsys: pytest.CaptureFixture[str]) -> None:
    written = {"text": "[red]not red[/] [/nonsense]", "name": "\x1b[2J\x07gone"}
    show([written], ("text", "name"), as_json=False)
    warn(written["name"])
    shown = capsys.readouterr()
    assert "[red]not red[/] [/nonsense]" in shown.out
    assert "\x1b" not in shown.out + shown.err


def test_json_tells_all_there_is(capsys: pytest.CaptureFixture[str]) -> None:
    show([WIDE], ("id",), as_json=True)
    assert json.loads(capsys.readouterr().out) == [WIDE]


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (Beginning([WIDE], 1), ""),
        (Beginning([WIDE], 4_711), "these are the first 1 of 4,711; --limit shows more"),
        (Beginning([WIDE], 10_000, True), "these are the first 1 of more than 10,000; --limit shows more"),
    ],
)
@pytest.mark.parametrize("as_json", [True, False])
def test_a_list_that_has_more_says_so_beside_it(
    capsys: pytest.CaptureFixture[str], found: Beginning, said: str, as_json: bool
) -> None:
    show_first(found, ("id",), as_json=as_json)
    shown = capsys.readouterr()
    assert shown.err.strip() == said
    assert "first" not in shown.out
