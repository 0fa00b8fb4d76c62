"""Search by words: the same normalization for what is stored and for what is asked."""

import re
import unicodedata

_WORD = re.compile(r"\w+")
MAX_TERMS = 200
MAX_TERM_LENGTH = 40


def terms(*texts: str | None) -> list[str]:
    """The words of some texts as a record stores them and a search asks for them: casefolded, without
    accents, each once, sorted. At most 200 words of 40 characters: the first ones of the text count."""
    found: dict[str, None] = {}
    for text in texts:
        for word in _WORD.findall(_plain(text or "")):
            found[word[:MAX_TERM_LENGTH]] = None
            if len(found) == MAX_TERMS:
                return sorted(found)
    return sorted(found)


def _plain(text: str) -> str:
    # Decomposing makes letters that can be folded, and folding makes some that can be decomposed
    # (Unicode 3.13, "compatibility caseless match").
    for _ in range(2):
        text = unicodedata.normalize("NFKD", text).casefold()
    return "".join(character for character in text if not unicodedata.combining(character))
