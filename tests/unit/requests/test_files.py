"""Files of notes over the border: which are offered to whom, and what a refusal leaves."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.federation.messages.shapes import MAX_NOTE_BYTES
from services.requests.model import (
    Attachment,
    FileState,
    Note,
    Request,
    Sent,
    Step,
    Visibility,
    came,
    edit,
    offer_heard,
    publish,
    refused,
)
from services.requests.model.offering import MAX_OFFERS
from services.requests.model.wire import note_body
from tests.unit.requests.accounts import SPECIALIST, START, Account
from tests.unit.requests.federation import Federation

OFFERED = "attachment.offered"
NOTE = Note(id=1, n=1, text="See this", account="widget", created_at=START)


def file(n: int = 1, state: FileState = FileState.HERE) -> Attachment:
    return Attachment(n, f"attachments/{n}/a.log", f"a{n}.log", 10, "text/plain", "ab" * 32, state=state)


def given_to(account: str = "gigatera") -> Federation:
    federation = Federation()
    federation.create("widget")
    federation.give("widget", account)
    federation.settle()
    return federation


def noted(
    account: Account, request: Request, files: tuple[Attachment, ...], *takers: str, internal: bool = False
) -> Step:
    name = "internal_note" if internal else "note"
    changes: Any = {name: "See this", f"{name}_attachments": files}
    context = replace(account.context(), take_files=frozenset(takers))
    return edit(request, changes, account.actor(), account.facts(request, changes), context)


def offered(step: Step) -> list[tuple[str, str]]:
    """To whom which file is offered."""
    return [(each.partner, each.body["file"]["name"]) for each in step.outgoing if each.type == OFFERED]


def test_each_file_of_a_public_note_is_offered_after_it() -> None:
    federation = given_to()
    request = federation.request("widget")
    step = noted(federation["widget"], request, (file(1), file(2)), "gigatera")
    assert [each.type for each in step.outgoing] == ["note.added", OFFERED, OFFERED]
    assert offered(step) == [("gigatera", "a1.log"), ("gigatera", "a2.log")]
    assert {each.body["note_id"] for each in step.outgoing[1:]} == {step.notes[0].id}
    assert step.outgoing[0].body["note"]["text"] == "See this"


def test_files_of_an_internal_note_are_offered_to_nobody() -> None:
    federation = given_to()
    request = federation.request("widget")
    step = noted(federation["widget"], request, (file(),), "gigatera", internal=True)
    assert step.notes[0].attachments == (file(),)
    assert step.outgoing == ()


def test_who_takes_no_files_is_told_which_he_does_not_get() -> None:
    federation = given_to()
    step = noted(federation["widget"], federation.request("widget"), (file(1), file(2)), "globalnet")
    assert offered(step) == []
    assert step.outgoing[0].body["note"]["text"] == "See this\n\n[Not sent with this note: a1.log, a2.log]"
    assert step.notes[0].text == "See this"


@given(st.text(min_size=1), st.integers(1, 30), st.integers(0, MAX_NOTE_BYTES))
def test_a_note_says_which_files_are_not_sent_however_long_it_is(text: str, files: int, fill: int) -> None:
    whole = ("x" * fill + text).encode()[:MAX_NOTE_BYTES].decode(errors="ignore")
    said = note_body(replace(NOTE, text=whole), "widget", [file(n) for n in range(files)])["text"]
    assert len(said.encode()) <= MAX_NOTE_BYTES
    assert said.endswith("]")
    assert "[Not sent with this note: a0.log" in said


def test_what_is_still_coming_is_offered_when_it_is_here_and_not_to_whom_it_comes_from() -> None:
    federation = given_to()
    account, request = federation["gigatera"], federation.request("gigatera")
    step = noted(account, request, (file(state=FileState.COMING),), "widget")
    assert offered(step) == []
    (note,) = step.notes
    context = replace(account.context(), take_files=frozenset({"widget"}))
    here = came(step.request, note, file(), (), context)
    assert here is not None
    assert offered(here) == [("widget", "a1.log")]
    assert here.notes == ()
    assert here.request.history_count == step.request.history_count
    assert request.above is not None
    assert came(step.request, note, file(), {request.above.thread}, context) is None
    assert came(step.request, replace(note, account="widget"), file(), (), context) is None
    hidden = replace(note, visibility=Visibility.SPECIALIST)
    assert came(step.request, hidden, file(), (), context) is None


def test_of_a_great_many_files_the_first_are_offered_and_the_team_is_told() -> None:
    federation = given_to()
    files = tuple(file(n) for n in range(MAX_OFFERS + 3))
    step = noted(federation["widget"], federation.request("widget"), files, "gigatera")
    assert len(offered(step)) == MAX_OFFERS
    assert step.notes[-1].text == "3 files are too many for one time and were not passed on."


@pytest.mark.parametrize("account", ["widget", "gigatera"])
def test_a_refused_offer_is_flagged_and_undoes_nothing_else(account: str) -> None:
    federation = given_to()
    partner = {"widget": "gigatera", "gigatera": "widget"}[account]
    side, request = federation[account], federation.request(account)
    step = noted(side, request, (file(),), partner)
    said = step.outgoing[-1]
    after = refused(
        step.request, Sent(said.type, said.id, partner, said.thread, said.body), "too_large", side.context()
    )
    assert after.outgoing == ()
    (flag,) = after.request.flags
    assert (flag.kind, flag.code, flag.message_type) == ("refused", "too_large", OFFERED)
    same: dict[str, Any] = {"flags": (), "history_count": 0, "updated_at": START, "situations": 0}
    assert replace(after.request, **same) == replace(step.request, **same)


def test_an_offer_is_kept_in_the_history_with_the_code_of_its_refusal() -> None:
    federation = given_to()
    request = federation.request("gigatera")
    for code, text in ((None, "a.log"), ("too_large", "a.log: refused (too_large)")):
        step = offer_heard(request, "widget", "a.log", code, federation["gigatera"].context())
        assert [(line.account, line.what, line.text) for line in step.history] == [
            ("widget", "offered a file", text)
        ]
        assert (step.outgoing, step.notes) == ((), ())


def test_a_note_is_published_with_those_of_its_files_that_are_here() -> None:
    federation = given_to()
    account, request = federation["widget"], federation.request("widget")
    files = (file(1), file(2, FileState.COMING), file(3, FileState.REFUSED))
    hidden = replace(NOTE, n=request.note_count, visibility=Visibility.SPECIALIST, attachments=files)
    step = publish(request, hidden, account.actor(), account.context())
    assert step.notes[0].attachments == (file(1),)
    assert step.notes[0].person == SPECIALIST
