"""Attachments in a real database: taken in and given out in pieces, put on records, swept."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

import pytest
from gridfs import GridFSBucket

from services.common import attachments
from services.common.actor import Actor
from services.common.attachments import PIECE_BYTES, files
from services.common.clock import SteppedClock
from services.common.context import Context
from services.common.errors import Invalid, NotFound
from tests.configs import config_of

ANN = Actor(7, "widget", frozenset(), name="Ann")
BOB = Actor(8, "widget", frozenset(), name="Bob")
LOG = b"0123456789abcdef" * 20_000  # two pieces, and some
PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\x00IEND\xaeB\x60\x82"


@pytest.fixture
def context(mongo: Any) -> Context:
    for collection in attachments.COLLECTIONS:
        collection.ensure(mongo)
    return Context(config_of("widget", attachment_megabytes=1), "requests", mongo, clock=SteppedClock())


@pytest.fixture
def step(context: Context) -> Callable[[float], None]:
    def step(hours: float) -> None:
        assert isinstance(context.clock, SteppedClock)
        context.clock.step(hours=hours)

    return step


def written(context: Context, content: bytes, actor: Actor = ANN, room: int | None = None) -> str:
    file = attachments.begin(context, room=room or len(content), person_id=actor.person_id)
    for n in range(-(-len(content) // PIECE_BYTES)):
        piece = content[n * PIECE_BYTES : (n + 1) * PIECE_BYTES]
        attachments.write(context, file, n, piece, actor.person_id)
    return file


def uploaded(context: Context, content: bytes = LOG, name: str = "a.log", actor: Actor = ANN) -> Any:
    file = written(context, content, actor)
    return attachments.finish(context, file, name=name, person_id=actor.person_id)


def everything(context: Context) -> int:
    return sum(context.database[each.name].count_documents({}) for each in attachments.COLLECTIONS)


def refusals(refused: pytest.ExceptionInfo[Invalid]) -> list[tuple[str, str]]:
    return refused.value.errors


def test_what_was_written_is_read(context: Context) -> None:
    made = uploaded(context)
    assert made["sha256"] == hashlib.sha256(LOG).hexdigest()
    assert (made["size"], made["name"], made["type"]) == (len(LOG), "a.log", "text/plain")
    file = attachments.find_by_id(context.database, made["id"])
    assert file is not None
    assert file == attachments.find(context.database, made["key"])
    for start, stop in ((0, len(LOG)), (5, 9), (PIECE_BYTES - 1, PIECE_BYTES + 1), (PIECE_BYTES, len(LOG))):
        pieces = list(attachments.read(context.database, file["_id"], start, stop))
        assert b"".join(pieces) == LOG[start:stop]
        assert max(map(len, pieces)) <= PIECE_BYTES


def test_the_tools_of_gridfs_read_it(context: Context) -> None:
    made = uploaded(context)
    bucket = GridFSBucket(context.database, "attachments")
    file = attachments.find(context.database, made["key"])
    assert file is not None
    assert bucket.open_download_stream(file["_id"]).read() == LOG


def test_nobody_has_a_file_before_it_was_looked_at(context: Context) -> None:
    file = attachments.begin(context, room=10, person_id=7, id=3, key="attachments/3/a")
    assert attachments.find(context.database, "attachments/3/a") is None
    assert attachments.find_by_id(context.database, 3) is None
    attachments.write(context, file, 0, b"plain", 7)
    made = attachments.finish(context, file, name="a.txt", person_id=7)
    assert (made["id"], made["key"]) == (3, "attachments/3/a")


def test_two_who_bring_the_same_bring_one(context: Context) -> None:
    first, second = written(context, LOG), written(context, LOG)
    known: dict[str, Any] = {"name": "a.log", "id": 3, "key": "attachments/3/a.log", "person_id": 7}
    made = [attachments.finish(context, file, **known) for file in (first, second)]
    assert made[0] == made[1]
    assert everything(context) == 4  # one file, three pieces


def test_what_is_refused_is_gone(context: Context) -> None:
    file = written(context, b"MZ" + bytes(100))
    with pytest.raises(Invalid) as refused:
        attachments.finish(context, file, name="a.txt", person_id=7)
    assert refused.value.code == "not_allowed"
    assert everything(context) == 0


def test_a_piece_is_written_once(context: Context) -> None:
    file = written(context, b"first")
    attachments.write(context, file, 0, b"other", 7)
    made = attachments.finish(context, file, name="a.txt", person_id=7)
    assert made["sha256"] == hashlib.sha256(b"first").hexdigest()
    with pytest.raises(NotFound):
        attachments.write(context, file, 1, b"more", 7)


def test_what_is_promised_is_held_to(context: Context) -> None:
    file = attachments.begin(context, room=len(LOG))
    attachments.write(context, file, 1, LOG[PIECE_BYTES : 2 * PIECE_BYTES])
    attachments.write(context, file, 0, LOG[:PIECE_BYTES])
    assert attachments.pieces_here(context, file) == {0, 1}
    with pytest.raises(Invalid) as refused:
        attachments.finish(context, file, name="a.log", expected=(len(LOG), hashlib.sha256(LOG).hexdigest()))
    assert refused.value.code == "damaged"


def test_a_file_holds_to_its_room_and_to_the_limit(context: Context) -> None:
    with pytest.raises(Invalid, match="too_large"):
        attachments.begin(context, room=1024 * 1024 + 1, person_id=7)
    file = attachments.begin(context, room=PIECE_BYTES + 1, person_id=7)
    for n, piece in ((1, b"12"), (2, b"1"), (-1, b"1"), (0, bytes(PIECE_BYTES + 1)), (0, b"")):
        with pytest.raises(Invalid, match="too_large"):
            attachments.write(context, file, n, piece, 7)


def test_only_who_began_goes_on(context: Context) -> None:
    file = written(context, b"plain")
    for other in (8, None):
        with pytest.raises(NotFound):
            attachments.write(context, file, 1, b"1", other)
        with pytest.raises(NotFound):
            attachments.finish(context, file, name="a.txt", person_id=other)


def test_nobody_fills_the_disk_with_uploads(context: Context) -> None:
    for _ in range(files.UNNAMED_SIZES):
        attachments.begin(context, room=1024 * 1024, person_id=7)
    before = everything(context)
    with pytest.raises(Invalid, match="uploads_full"):
        attachments.begin(context, room=1, person_id=7)
    assert everything(context) == before
    attachments.begin(context, room=1, person_id=8)


def test_an_upload_is_put_on_a_record_and_taken_off(context: Context) -> None:
    picture, log = uploaded(context, PNG, "a.png"), uploaded(context)
    given = [{"key": picture["key"], "inline": True}, {"key": log["key"], "filesize": len(LOG)}]
    has = attachments.named(context, ANN, "note_attachments", given)
    assert [each["id"] for each in has] == [picture["id"], log["id"]]
    assert [each["inline"] for each in has] == [True, False]
    changed = [{"key": picture["key"], "inline": False}, {"key": log["key"], "_destroy": True}]
    left = attachments.named(context, BOB, "note_attachments", changed, has)
    assert left == [{**has[0], "inline": False}]


def test_what_can_not_be_put_on_a_record_is_told_by_name(
    context: Context, step: Callable[[float], None]
) -> None:
    old = uploaded(context)
    step(24)
    log, bobs = uploaded(context), uploaded(context, actor=BOB)
    given: list[dict[str, Any]] = [
        {"key": "attachments/none/a.log"},
        {"key": bobs["key"]},
        {"key": old["key"]},
        {"key": log["key"], "inline": True},
        {"key": log["key"], "filesize": 1},
        {"key": log["key"], "_destroy": True},
        {"key": log["key"]},
    ]
    with pytest.raises(Invalid) as refused:
        attachments.named(context, ANN, "remarks_attachments", given)
    assert refused.value.code == "attachment_refused"
    none, others = refusals(refused)[:2]
    assert none[1] == others[1]  # whether it is there is told to nobody else
    assert [field for field, _ in refusals(refused)] == [f"remarks_attachments.{n}.key" for n in range(6)]


def test_a_record_has_not_more_than_it_may(context: Context) -> None:
    has = [{"key": str(n), "id": n, "displayable": False} for n in range(attachments.MAX_ATTACHMENTS)]
    with pytest.raises(Invalid) as refused:
        attachments.named(context, ANN, "remarks_attachments", [{"key": uploaded(context)["key"]}], has)
    assert refusals(refused) == [("remarks_attachments", "makes more than 50 attachments")]


def test_what_no_record_names_is_swept_after_a_day(context: Context, step: Callable[[float], None]) -> None:
    named, lost, unnamed = uploaded(context), uploaded(context), uploaded(context)
    written(context, LOG)  # and never finished
    on_records = {named["id"], lost["id"]}
    attachments.mark_named(context, attachments.marks_of(context, [lost["id"]]))
    step(24.9)
    assert attachments.sweep(context, on_records.__contains__) == 0
    attachments.named(context, ANN, "a", [{"key": lost["key"], "_destroy": True}], [lost])
    step(0.2)
    assert attachments.sweep(context, on_records.__contains__) == 2
    assert attachments.find(context.database, unnamed["key"]) is None
    on_records.discard(lost["id"])
    step(25)
    assert attachments.sweep(context, on_records.__contains__) == 1
    assert attachments.find(context.database, lost["key"]) is None
    assert attachments.find(context.database, named["key"]) is not None
    assert everything(context) == 4  # one file, three pieces


def test_what_the_next_edit_takes_off_before_it_is_marked_is_swept(
    context: Context, step: Callable[[float], None]
) -> None:
    """One has saved a record with the file, and the next takes it off before the first takes its mark off."""
    made = uploaded(context)
    given = [{"key": made["key"]}]
    has = attachments.named(context, ANN, "remarks_attachments", given)
    marks = attachments.marks_of(context, [made["id"]])
    step(0.1)
    assert attachments.named(context, BOB, "remarks_attachments", [{**given[0], "_destroy": True}], has) == []
    attachments.mark_named(context, marks)
    step(25)
    assert attachments.sweep(context, lambda id: False) == 1
    assert everything(context) == 0


def test_what_is_taken_off_while_the_sweep_looks_is_swept_the_next_time(
    context: Context, step: Callable[[float], None]
) -> None:
    made = uploaded(context)
    step(25)

    def taken_off_right_after(id: int) -> bool:
        attachments.mark_unnamed(context, [id])
        return True

    assert attachments.sweep(context, taken_off_right_after) == 0
    step(25)
    assert attachments.sweep(context, lambda id: False) == 1
    assert attachments.find(context.database, made["key"]) is None


def test_a_file_that_is_named_is_not_looked_at_again(context: Context, step: Callable[[float], None]) -> None:
    made = uploaded(context)
    attachments.mark_named(context, attachments.marks_of(context, [made["id"], made["id"]]))
    assert attachments.marks_of(context, [made["id"]]) == {}
    step(25)
    assert attachments.sweep(context, lambda id: False) == 0


def test_a_file_that_is_gone_ends_the_reading(context: Context) -> None:
    made = uploaded(context)
    file = attachments.find(context.database, made["key"])
    assert file is not None
    reading = attachments.read(context.database, file["_id"], 0, len(LOG))
    next(reading)
    attachments.drop(context, file["_id"])
    with pytest.raises(NotFound):
        list(reading)
