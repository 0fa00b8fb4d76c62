"""SIGKILL at every crash point of the border, on both sides: nothing is lost, nothing happens twice."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from interdesk.local.database import Database
from services.common import crash
from tests.federation.conftest import Sides
from tests.federation.peers import Peer
from tests.federation.sides import Side

pytestmark = pytest.mark.timeout(300)

HEARING = (
    "before_inbox_store",
    "after_inbox_store",
    "after_inbox_ack",
    "before_save",
    "after_save",
    "after_apply",
    "after_receipt",
)
SAYING = ("after_message_sink", "after_mark", "before_deliver", "after_deliver", "after_delivery_mark")

HEARD = [str(number) for number in range(1, 7)]


@pytest.fixture(scope="module")
def talk(broker: object, database: Database) -> Iterator[tuple[Side, Side]]:
    sides = Sides(broker, database)  # type: ignore[arg-type]
    widget, giga = sides("widget"), sides("giga")
    widget.trusts(giga)
    giga.trusts(widget)
    try:
        yield widget, giga
    finally:
        sides.take_away()


@pytest.fixture
def peers() -> Iterator[list[Peer]]:
    started: list[Peer] = []
    yield started
    for peer in started:
        peer.kill()


def test_every_crash_point_of_the_border_is_walked() -> None:
    walked = {*HEARING, *SAYING}
    elsewhere = {"after_publish", "after_event", "before_reply"}
    assert walked | elsewhere == set(crash.PLACES)


@pytest.mark.parametrize("nth", [2, *(pytest.param(nth, marks=pytest.mark.soak) for nth in (1, 3, 5))])
@pytest.mark.parametrize("place", HEARING)
def test_a_hearer_that_crashes_hears_each_thing_once(
    talk: tuple[Side, Side], peers: list[Peer], database: Database, place: str, nth: int
) -> None:
    widget, giga = talk
    peers.append(widget.peer(database.uri()))
    crashing = giga.peer(database.uri(), f"requests.{place}:{nth}")
    peers.append(crashing)
    thread = widget.open(giga.account, "1")
    widget.say(giga.account, thread, *HEARD[1:])
    giga.waits_until(crashing.crashed, 60)
    peers.append(giga.peer(database.uri()))
    all_is_well(widget, giga, thread)


@pytest.mark.parametrize("nth", [1, *(pytest.param(nth, marks=pytest.mark.soak) for nth in (2, 3))])
@pytest.mark.parametrize("place", SAYING)
def test_a_speaker_that_crashes_says_each_thing_once(
    talk: tuple[Side, Side], peers: list[Peer], database: Database, place: str, nth: int
) -> None:
    widget, giga = talk
    crashing = widget.peer(database.uri(), f"requests.{place}:{nth}")
    peers.append(crashing)
    if place != "after_delivery_mark":  # what is answered within half a second needs no mark
        peers.append(giga.peer(database.uri()))
    thread = widget.open(giga.account, "1")
    widget.waits_until(lambda: widget.delivered(thread) != [] or crashing.crashed(), 60)
    widget.say(giga.account, thread, *HEARD[1:])
    giga.waits_until(crashing.crashed, 60)
    peers.append(widget.peer(database.uri()))
    if place == "after_delivery_mark":
        peers.append(giga.peer(database.uri()))
    all_is_well(widget, giga, thread)


def test_a_process_that_is_told_to_stop_ends_in_order(
    talk: tuple[Side, Side], peers: list[Peer], database: Database
) -> None:
    widget, giga = talk
    peers += [widget.peer(database.uri()), giga.peer(database.uri())]
    thread = widget.open(giga.account, "1")
    widget.say(giga.account, thread, *HEARD[1:])
    all_is_well(widget, giga, thread)
    assert [peer.stop() for peer in peers] == [0, 0]


def test_several_processes_on_one_lane_hear_in_order(
    talk: tuple[Side, Side], peers: list[Peer], database: Database
) -> None:
    widget, giga = talk
    peers += [widget.peer(database.uri()), *(giga.peer(database.uri()) for _ in range(3))]
    threads = [widget.open(giga.account, "1") for _ in range(3)]
    for text in HEARD[1:]:
        for thread in threads:
            widget.say(giga.account, thread, text)
    for thread in threads:
        all_is_well(widget, giga, thread)


def all_is_well(widget: Side, giga: Side, thread: str) -> None:
    giga.waits_until(lambda: giga.heard(widget.account, thread) == HEARD, 60)
    widget.waits_until(lambda: widget.delivered(thread) == ["accepted"] * len(HEARD), 60)
    assert [row["state"] for row in giga.inbox(thread)] == ["accepted"] * len(HEARD)
    assert giga.quarantined() == []
