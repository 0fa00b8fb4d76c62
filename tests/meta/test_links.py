"""What the documents link to is there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
DOCUMENTS = (*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"))
LINK = re.compile(r"\]\((?!https?:|mailto:)([^)#]*)(?:#([^)]+))?\)")
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)


def headings(document: Path) -> set[str]:
    """As a reader of Markdown makes anchors of them."""
    texts = (re.sub(r"[`*]|\]\([^)]*\)|\[", "", text) for text in HEADING.findall(document.read_text()))
    return {re.sub(r"[^\w\- ]", "", text.lower()).replace(" ", "-") for text in texts}


def broken(document: Path) -> Iterator[str]:
    for path, heading in LINK.findall(document.read_text()):
        meant = (document.parent / path).resolve() if path else document
        if not meant.exists():
            yield f"{document.relative_to(ROOT)}: {path}"
        elif heading and heading not in headings(meant):
            yield f"{document.relative_to(ROOT)}: {path}#{heading}"


def test_every_link_leads_somewhere() -> None:
    assert len(DOCUMENTS) > 10
    assert [each for document in DOCUMENTS for each in broken(document)] == []
