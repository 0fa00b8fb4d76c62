"""Files that cross a border: whole, whatever gets lost, comes twice or dies; and to nobody else."""

from __future__ import annotations

import base64
import random
from collections.abc import Iterator
from typing import Any

import pytest

from interdesk.local.broker import Broker
from interdesk.local.database import Database
from services.federation.files import COMING
from services.federation.files.pieces import MAX_DAMAGED, PIECE_BYTES
from services.federation.messages.attachments import CHUNK, OFFERED, WANTED
from services.federation.metrics import CHUNKS
from services.federation.outgoing import words
from services.federation.outgoing.words import Word
from tests.federation import files
from tests.federation.conftest import Sides
from tests.federation.correspondent import say_body
from tests.federation.files import SHOWN, TalkFiles
from tests.federation.sides import Side

pytestmark = pytest.mark.timeout(240)

MEGABYTE = 8 * PIECE_BYTES


def content(size: int, seed: int = 1) -> bytes:
    """Text of so many bytes, every piece of it another."""
    return random.Random(seed).randbytes(size // 2 + 1).hex().encode()[:size]


@pytest.fixture(scope="module")
def made(broker: Broker, database: Database) -> Iterator[Sides]:
    sides = Sides(broker, database)
    try:
        yield sides
    finally:
        sides.take_away()


def with_files(made: Sides, name: str, per_second: int = 400) -> Side:
    """`per_second`: a quarter of it is for pieces of files."""
    side = made(name, lane_messages_per_second=per_second)
    side.talk.files = TalkFiles()
    files.prepare(side.context)
    return side


@pytest.fixture(scope="module")
def talk(made: Sides) -> tuple[Side, Side]:
    widget, giga = with_files(made, "widget"), with_files(made, "giga")
    widget.trusts(giga)
    giga.trusts(widget)
    widget.start()
    giga.start()
    return widget, giga


def offers(side: Side, partner: Side, kept: dict[str, Any]) -> tuple[str, str]:
    """A thread and, in it, the offer's id."""
    thread = side.open(partner.account, "1")
    say_body(side.context, partner.account, thread, OFFERED, {"episode": [1, 1], "note_id": 1, "file": kept})
    side.waits_until(lambda: len(side.delivered(thread)) == 2)
    return thread, side.message(thread, 2).id


def sent_pieces(side: Side, partner: Side) -> float:
    return float(CHUNKS.labels(side.account, "requests", partner.account)._value.get())


def shown(side: Side, offer: str) -> dict[str, Any]:
    return side.database[SHOWN].find_one({"_id": offer}) or {}


def comes(side: Side, offer: str, seconds: float = 60) -> dict[str, Any]:
    """Waits until a file is here, or given up."""
    side.waits_until(lambda: shown(side, offer).get("state") in ("here", "refused"), seconds)
    return shown(side, offer)


def test_a_file_comes_whole_and_its_sender_is_told(talk: tuple[Side, Side]) -> None:
    widget, giga = talk
    whole = content(MEGABYTE + 4321)
    kept = files.keep(widget.context, whole)
    _, offer = offers(widget, giga, kept)
    assert comes(giga, offer)["state"] == "here"
    assert whole in files.here(giga.context)
    widget.waits_until(lambda: shown(widget, kept["key"]).get("settled") == "here")
    row = giga.database[COMING.name].find_one({"_id": offer})
    assert row is not None
    assert "due" not in row, "nothing is to be done with it any more"


def test_what_is_lost_is_asked_for_again_and_what_comes_twice_is_once(talk: tuple[Side, Side]) -> None:
    widget, giga = talk
    whole = content(3 * PIECE_BYTES, seed=2)
    assert widget.talk.files is not None
    widget.talk.files.loses = 1
    thread, offer = offers(widget, giga, files.keep(widget.context, whole))
    second = base64.b64encode(whole[PIECE_BYTES : 2 * PIECE_BYTES]).decode()
    chunk = Word(giga.account, thread, CHUNK, {"offer": offer, "start": PIECE_BYTES, "data": second})
    for _ in range(2):
        widget.smuggle(giga, words.sealed(widget.context, chunk), routing_key="attachment.chunk")
    assert comes(giga, offer)["state"] == "here"
    assert whole in files.here(giga.context)
    assert widget.talk.files.loses == 0


def test_other_bytes_than_were_offered_are_thrown_away_and_given_up(talk: tuple[Side, Side]) -> None:
    widget, giga = talk
    kept = files.keep(widget.context, content(1000, seed=3))
    _, offer = offers(widget, giga, {**kept, "sha256": "0" * 64})
    assert comes(giga, offer)["code"] == "damaged"
    row = giga.database[COMING.name].find_one({"_id": offer})
    assert row is not None
    assert row["damaged"] == MAX_DAMAGED - 1
    assert giga.database["attachments.files"].find_one({"metadata.id": row["id"]}) is None
    widget.waits_until(lambda: shown(widget, kept["key"]).get("settled") == "damaged")


def test_what_it_is_decides_and_not_what_it_is_called(talk: tuple[Side, Side]) -> None:
    widget, giga = talk
    kept = files.keep(widget.context, content(1000, seed=4))
    _, offer = offers(widget, giga, {**kept, "name": "trace.png", "type": "image/png"})
    assert comes(giga, offer)["code"] == "other_name"
    widget.waits_until(lambda: shown(widget, kept["key"]).get("settled") == "other_name")


def test_a_refused_file_is_shown_with_its_code_on_both_sides_and_not_sent(talk: tuple[Side, Side]) -> None:
    widget, giga = talk
    sent = sent_pieces(widget, giga)
    _, offer = offers(widget, giga, files.keep(widget.context, content(1000, seed=7), "no.log"))
    assert comes(giga, offer)["code"] == "not_wanted"
    widget.waits_until(lambda: widget.talk.undone == ["2 not_wanted"])
    assert sent_pieces(widget, giga) == sent


def test_nobody_gets_what_was_offered_to_another(made: Sides, talk: tuple[Side, Side]) -> None:
    widget, giga = talk
    third = with_files(made, "third")
    third.trusts(widget)
    widget.trusts(third)
    third.start()
    kept = files.keep(widget.context, content(1000, seed=5))
    thread, offer = offers(widget, giga, kept)
    own = third.open(widget.account, "1")
    asked = {"offer": offer, "ranges": [{"start": 0, "size": 1000}], "code": None}
    for each in (own, thread):
        word = Word(widget.account, each, WANTED, asked)
        third.smuggle(widget, words.sealed(third.context, word), routing_key="attachment.wanted")
    widget.waits_until(lambda: widget.heard(third.account, own) == ["1"])
    third.say(widget.account, own, "2")  # after it all else was looked at
    widget.waits_until(lambda: widget.heard(third.account, own) == ["1", "2"])
    third.waits_until(lambda: third.delivered(own) == ["accepted"] * 2)
    assert sent_pieces(widget, third) == 0
    assert sent_pieces(widget, giga) > 0


@pytest.mark.parametrize("dies", ["sender", "receiver"])
def test_a_megabyte_comes_though_a_side_is_killed_in_the_middle(
    made: Sides, database: Database, dies: str
) -> None:
    widget, giga = with_files(made, f"w-{dies}"), with_files(made, f"g-{dies}", per_second=40)
    widget.trusts(giga)
    giga.trusts(widget)
    peers = {"sender": widget.peer(database.uri()), "receiver": giga.peer(database.uri())}
    try:
        whole = content(2 * MEGABYTE, seed=6)
        _, offer = offers(widget, giga, files.keep(widget.context, whole))
        pieces = giga.database["attachments.chunks"]
        giga.waits_until(lambda: pieces.count_documents({}) >= 2)
        peers[dies].kill()
        assert pieces.count_documents({}) < 16, "it was killed in the middle"
        side = widget if dies == "sender" else giga
        peers[dies] = side.peer(database.uri())
        assert comes(giga, offer)["state"] == "here"
        assert files.here(giga.context) == [whole]
    finally:
        for peer in peers.values():
            peer.kill()
