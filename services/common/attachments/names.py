"""What an attachment is called: its name as people see it, and its key.

A name keeps nothing that means something to a file system, to a browser, or to the eye: no path, no control
characters, no marks that turn the direction of reading (`gpj.exe` would look like `exe.jpg`), none of the
characters and words that Windows takes for something else.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

MAX_NAME: Final = 128
UNNAMED: Final = "file"

_UNSEEN = frozenset({"Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp"})
_FORBIDDEN = re.compile(r'[<>:"|?*]')
_DEVICES = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\.|$)", re.IGNORECASE)
_NOT_IN_KEYS = re.compile(r"[^A-Za-z0-9._-]+")
_KEY = re.compile(r"attachments/[0-9a-f]{32}/[A-Za-z0-9._-]{1,255}")
_MARKS = 30  # as in Unicode's stream-safe text (UAX 15)


def clean(name: str) -> str:
    """The name as it is kept: at most `MAX_NAME` characters, its ending whole."""
    last = re.split(r"[/\\]", name[-16 * MAX_NAME :])[-1]
    seen = "".join(character for character in last if unicodedata.category(character) not in _UNSEEN)
    text = unicodedata.normalize("NFC", _few_marks(seen))
    text = " ".join(_FORBIDDEN.sub("_", text).split()).strip(". ")
    stem, dot, ending = text.rpartition(".")
    if len(text) > MAX_NAME and len(ending) < 16:
        text = f"{stem[: MAX_NAME - len(ending) - 1]}{dot}{ending}"
    text = text[:MAX_NAME]
    return f"_{text}" if _DEVICES.match(text) else text or UNNAMED


def key_of(file: str, name: str) -> str:
    """The key of a file: it can't be guessed, and can stand in a text as it is (`![](key)`)."""
    return f"attachments/{file}/{_NOT_IN_KEYS.sub('_', name)}"


def is_key(text: str) -> bool:
    """Whether it looks like a key."""
    return _KEY.fullmatch(text) is not None


def _few_marks(text: str) -> str:
    kept, marks = [], 0
    for character in text:
        marks = marks + 1 if unicodedata.combining(character) else 0
        if marks <= _MARKS:
            kept.append(character)
    return "".join(kept)
