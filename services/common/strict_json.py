"""JSON as strangers must send it: UTF-8, bounded, one meaning.

Two readers must never understand the same bytes differently, so what readers are known to disagree about is
refused: duplicate keys, NaN and infinities, integers beyond 2^53, numbers too big for a double, lone
surrogates, a byte order mark. Size and depth are bounded before anything is built.
"""

from __future__ import annotations

import json
import math
import re
from typing import Any, NoReturn

MAX_BYTES = 256 * 1024
MAX_DEPTH = 32
MAX_INTEGER = 2**53 - 1

# A string that never ends is matched too, and nothing is tried twice: the cost is the length of the bytes.
_STRING = re.compile(rb'"(?:[^"\\]++|\\.)*+"?', re.DOTALL)
_BRACKET = re.compile(rb"[\[\]{}]")


class NotStrict(ValueError):
    """Why these bytes are refused: `code` for receipts and counters, the text for people."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code


def loads(data: bytes, max_bytes: int = MAX_BYTES, max_depth: int = MAX_DEPTH) -> Any:
    """The value of `data`. Raises `NotStrict`; the bytes are looked at only as far as the bounds allow."""
    if len(data) > max_bytes:
        raise NotStrict("too_large", f"{len(data)} bytes; at most {max_bytes} are taken")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise NotStrict("not_utf8", "not UTF-8") from error
    _check_depth(data, max_depth)
    try:
        value = json.loads(
            text,
            object_pairs_hook=_object,
            parse_constant=_refuse_constant,
            parse_float=_float,
            parse_int=_integer,
        )
    except NotStrict:
        raise
    except (ValueError, RecursionError) as error:
        raise NotStrict("not_json", "not JSON") from error
    if b"\\u" in data:
        _check_surrogates(value)
    return value


def dumps(value: Any) -> bytes:
    """Canonical bytes: sorted keys, no blanks, UTF-8. `ValueError` for NaN and lone surrogates."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return text.encode("utf-8")


def _check_depth(data: bytes, max_depth: int) -> None:
    depth = 0
    for bracket in _BRACKET.finditer(_STRING.sub(b"", data)):
        if bracket.group() in b"[{":
            depth += 1
            if depth > max_depth:
                raise NotStrict("too_deep", f"nested deeper than {max_depth}")
        else:
            depth -= 1


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise NotStrict("duplicate_key", "a key appears twice in one object")
    return made


def _refuse_constant(name: str) -> NoReturn:
    raise NotStrict("not_a_number", f"{name} is not a JSON value")


def _float(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise NotStrict("number_too_big", "a number is too big for a double")
    return value


def _integer(text: str) -> int:
    if len(text) > 17 or abs(int(text)) > MAX_INTEGER:
        raise NotStrict("number_too_big", "an integer is beyond 2^53")
    return int(text)


def _check_surrogates(value: Any) -> None:
    try:
        dumps(value)
    except UnicodeEncodeError as error:
        raise NotStrict("not_unicode", "a string holds half a surrogate pair") from error
