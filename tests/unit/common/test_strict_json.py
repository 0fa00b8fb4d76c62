"""JSON of strangers: one meaning, bounded, or refused with a code."""

import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.common import strict_json
from services.common.strict_json import MAX_INTEGER, NotStrict, dumps, loads

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-MAX_INTEGER, MAX_INTEGER)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@given(VALUES)
def test_what_dumps_writes_loads_reads(value: object) -> None:
    assert loads(dumps(value)) == value
    assert loads(json.dumps(value).encode()) == value


@given(st.dictionaries(st.text(), st.integers(-9, 9), max_size=6))
def test_equal_values_have_equal_bytes(value: dict[str, int]) -> None:
    assert dumps(value) == dumps(dict(reversed(value.items())))


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b'{"a": 1, "a": 1}', "duplicate_key"),
        (b'{"x": {"a": 1, "\\u0061": 2}}', "duplicate_key"),
        (b"[NaN]", "not_a_number"),
        (b"[-Infinity]", "not_a_number"),
        (b"[1e999]", "number_too_big"),
        (b"[9007199254740992]", "number_too_big"),
        (b"[" + b"9" * 5000 + b"]", "number_too_big"),
        (b'["\\ud800"]', "not_unicode"),
        (b'{"\\udc00x": 1}', "not_unicode"),
        (b"\xef\xbb\xbf{}", "not_json"),
        (b'"\xff"', "not_utf8"),
        (b"\xed\xa0\x80", "not_utf8"),
        (b"{'a': 1}", "not_json"),
        (b"{} {}", "not_json"),
        (b"", "not_json"),
        (b'"a\nb"', "not_json"),
        (b"[" * 33 + b"]" * 33, "too_deep"),
        (b"[" * 100_000, "too_deep"),
        (b'{"a":' * 33, "too_deep"),
        (b" " * (strict_json.MAX_BYTES + 1), "too_large"),
    ],
)
def test_what_readers_disagree_about_is_refused(data: bytes, code: str) -> None:
    with pytest.raises(NotStrict) as refused:
        loads(data)
    assert refused.value.code == code


def test_brackets_in_strings_are_not_depth() -> None:
    deep = {"text": '[{"\\' * 200, "list": [["[[["]]}
    assert loads(json.dumps(deep).encode(), max_depth=3) == deep
    with pytest.raises(NotStrict, match="deeper"):
        loads(json.dumps(deep).encode(), max_depth=2)


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    try:
        value = loads(data)
    except NotStrict:
        return
    dumps(value)


@pytest.mark.parametrize(
    "data", [b'"' + b'\\"' * 500_000, b'["' + b'\\"' * 500_000 + b"\\", b'"' * 1_000_001]
)
def test_a_string_that_never_ends_costs_no_more_than_its_length(data: bytes) -> None:
    begun = time.process_time()
    with pytest.raises(NotStrict) as refused:
        loads(data, max_bytes=2_000_000)
    assert refused.value.code == "not_json"
    assert time.process_time() - begun < 5  # tried from each quote anew, it would be hours
