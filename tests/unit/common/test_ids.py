"""UUIDv7 rise with the clock; nodeIDs are 4me's."""

import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.common.clock import SteppedClock
from services.common.ids import new_uuid, node_id, parse_node_id


def test_uuids_are_version_7_and_rise_with_the_clock() -> None:
    clock = SteppedClock()
    ids = []
    for _ in range(50):
        ids.append(new_uuid(clock))
        clock.step(0.001)
    assert ids == sorted(ids)
    for text in ids:
        value = uuid.UUID(text)
        assert (value.version, value.variant) == (7, uuid.RFC_4122)
    moment = int(ids[0].replace("-", "")[:12], 16)
    assert moment == round(SteppedClock().now().timestamp() * 1000)


def test_uuids_of_one_moment_differ() -> None:
    clock = SteppedClock()
    assert len({new_uuid(clock) for _ in range(1000)}) == 1000


@given(
    st.from_regex(r"[a-z0-9]{1,20}(\.[a-z]{2,5}){1,2}", fullmatch=True),
    st.sampled_from(["Req", "Person", "Team", "ServiceInstance"]),
    st.integers(0, 2**53),
)
def test_a_node_id_can_be_read_back(domain: str, type: str, id: int) -> None:
    text = node_id(domain, type, id)
    assert "=" not in text
    assert parse_node_id(text) == (domain, type, id)


def test_a_node_id_is_base64_of_domain_type_and_id() -> None:
    assert node_id("widget.example", "Req", 7045) == "d2lkZ2V0LmV4YW1wbGUvUmVxLzcwNDU"


@pytest.mark.parametrize(
    "text", ["", "7045", "d2lkZ2V0", "ä", "d2lkZ2V0LmV4YW1wbGUvUmVxLzcwNDU=", "YS9iL8Kz", "*"]
)
def test_what_is_no_node_id_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not a nodeID"):
        parse_node_id(text)
