"""docs/conformance.md is true: its table is the rules, its options the command's. Its sample is compared with
what the command says in tests/wire/test_conformance.py.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from interdesk.cli import app
from interdesk.conformance import RULES, chosen

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs" / "conformance.md").read_text()
PROTOCOL = (ROOT / "docs" / "partner-protocol.md").read_text()


def section(id: str) -> int:
    return int(id.partition(".")[0])


def test_the_table_is_what_is_tried() -> None:
    told = re.findall(r"^\| `(\d+\.[a-z0-9_]+)` \| (.+) \|$", TEXT, re.MULTILINE)
    assert told == [(rule.id, rule.says) for rule in sorted(RULES, key=lambda rule: section(rule.id))]


def test_a_rule_has_one_name_and_a_section_of_the_protocol() -> None:
    assert len({rule.id for rule in RULES}) == len(RULES)
    sections = {int(number) for number in re.findall(r"^## (\d+)\. ", PROTOCOL, re.MULTILINE)}
    assert {section(rule.id) for rule in RULES} <= sections


def test_every_option_is_told() -> None:
    shown = CliRunner().invoke(app, ["conformance", "--help"], env={"COLUMNS": "200", "TERM": "dumb"}).output
    options = set(re.findall(r"--[a-z][a-z-]+", shown)) - {"--help"}
    assert options
    assert options == set(re.findall(r"--[a-z][a-z-]+", TEXT)) - {"--out", "--yes"}


def test_a_section_is_chosen_with_what_it_needs() -> None:
    assert chosen([]) == list(RULES)
    ids = [rule.id for rule in chosen(["3.gap", "10"])]
    assert ids == ["7.accepted", "3.gap", "10.payload", "10.levels", "10.integer"]
    with pytest.raises(KeyError, match=r"3\.nap"):
        chosen(["3.nap"])
