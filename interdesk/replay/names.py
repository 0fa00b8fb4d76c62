"""Organization lines as accounts: an account's id is a short word."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

_LONGEST = 27  # of an id; it leaves room for a number behind it within the 31 that an account may have


def account_ids(lines: Iterable[str]) -> dict[str, str]:
    """An account id (`^[a-z][a-z0-9-]{1,30}$`) for each line; no two are the same, whatever the order."""
    ids: dict[str, str] = {}
    for line in sorted(set(lines)):
        word = _word(line)
        number = 2
        id = word
        while id in ids.values():
            id, number = f"{word}-{number}", number + 1
        ids[line] = id
    return ids


def _word(line: str) -> str:
    plain = unicodedata.normalize("NFKD", line).encode("ascii", "ignore").decode().lower()
    word = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")
    if not re.match(r"[a-z][a-z0-9-]", word):
        word = f"line-{word}".rstrip("-")
    return word[:_LONGEST].rstrip("-")
