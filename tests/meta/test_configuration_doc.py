"""docs/configuration.md is written from the table of settings, and stays so."""

from pathlib import Path

from services.common.config import TABLE, document

DOCUMENT = Path(__file__).parents[2] / "docs" / "configuration.md"


def test_the_document_is_what_the_table_says() -> None:
    wanted = "run: .venv/bin/python -m services.common.config > docs/configuration.md"
    assert DOCUMENT.read_text() == document(), wanted


def test_every_setting_has_a_row() -> None:
    text = DOCUMENT.read_text()
    assert all(f"| `{variable.name}` |" in text for variable in TABLE)
