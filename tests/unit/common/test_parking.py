"""Which parked events are the same."""

from __future__ import annotations

import dataclasses
import re

import pytest

from services.common.parking import Parked
from services.common.parking.queries import _said

EVENT = Parked("evt-a--b.c", "c", "team.saved", "team.saved:1:2", b"{}", "x/y", {}, "bug", "why", 5)


def test_an_event_is_the_same_however_often_and_why_ever_it_is_parked() -> None:
    assert dataclasses.replace(EVENT, code="other", detail="", tries=1, headers={"at": "x"}).id == EVENT.id


@pytest.mark.parametrize("other", [{"queue": "evt-x"}, {"message_id": "1"}, {"body": b"[]"}])
def test_two_events_never_share_a_place(other: dict[str, object]) -> None:
    assert dataclasses.replace(EVENT, **other).id != EVENT.id  # type: ignore[arg-type]


def test_the_id_stands_in_a_url_whatever_the_event_is_called() -> None:
    assert re.fullmatch(r"[0-9a-f]{32}", dataclasses.replace(EVENT, message_id="a/../b?c#d %").id)


def test_what_an_event_says_is_shown_without_secrets() -> None:
    body = (
        b'{"id": "widget", "record": {"keys": [{"kid": "widget/1", "private": "canary"}], "name": "W",'
        b' "credentials": "canary"}}'
    )
    said = _said(body)
    assert "canary" not in repr(said)
    assert (said["record"]["name"], said["record"]["keys"][0]["kid"]) == ("W", "widget/1")


@pytest.mark.parametrize("body", [b"\xff", b"", b'{"a": NaN}', b"[" * 10_000, b'{"a": 1, "a": 2}'])
def test_what_cant_be_read_is_shown_as_nothing(body: bytes) -> None:
    assert _said(body) is None
