"""Files on notes: they go with the note that brings them, and with the one that publishes it."""

import pytest

from services.requests import model
from services.requests.documents import decode
from services.requests.model import InvalidField, NotAllowed, Turn, Who
from services.requests.store import note_document, read_note
from tests.unit.requests.federation import Federation
from tests.unit.requests.stages import at

LOG = model.Attachment(7, "attachments/7/a.log", "a.log", 5, "text/plain", "ab" * 32)
PICTURE = model.Attachment(8, "attachments/8/a.png", "a.png", 9, "image/png", "cd" * 32, True, True)


def own() -> Federation:
    federation = Federation()
    federation.create("widget", note="It burns.", note_attachments=(PICTURE,))
    return federation


def test_each_note_of_an_edit_has_its_own():
    federation = own()
    step = federation.edit(
        "widget",
        note="For all",
        note_attachments=(PICTURE,),
        internal_note="For us",
        internal_note_attachments=(LOG,),
    )
    assert [(note.text, note.attachments) for note in step.notes] == [
        ("For us", (LOG,)),
        ("For all", (PICTURE,)),
    ]
    federation.edit("widget", note="Without")
    notes = federation["widget"].notes[federation.request("widget").id]
    assert [len(note.attachments) for note in notes] == [1, 1, 1, 0]


@pytest.mark.parametrize("name", ["note", "internal_note"])
def test_files_without_their_note_are_refused_by_name(name):
    with pytest.raises(InvalidField) as refused:
        own().edit("widget", None, Who.SPECIALIST, **{f"{name}_attachments": (LOG,)})
    assert [field for field, _ in refused.value.errors] == [f"{name}_attachments"]


def test_an_empty_list_says_nothing():
    assert own().edit("widget", note_attachments=()).notes == ()


def test_the_requester_adds_files_and_none_for_specialists():
    federation = own()
    step = federation.edit("widget", who=Who.REQUESTER, note="Look", note_attachments=(LOG,))
    assert step.notes[0].attachments == (LOG,)
    with pytest.raises(NotAllowed):
        federation.edit("widget", who=Who.REQUESTER, internal_note_attachments=(LOG,))


def test_files_do_not_keep_a_provider_from_having_the_request():
    federation = at(Turn.WITH)
    step = federation.edit("widget", note="Look", note_attachments=(LOG,))
    assert step.notes[0].attachments == (LOG,)


def test_a_published_note_has_the_same_files():
    federation = own()
    account = federation["widget"]
    internal = federation.edit("widget", internal_note="Solved", internal_note_attachments=(LOG, PICTURE))
    step = model.publish(internal.request, internal.notes[0], account.actor(), account.context())
    assert step.notes[0].attachments == (LOG, PICTURE)


def test_a_note_is_stored_with_its_files_and_an_older_one_has_none():
    step = own().edit("widget", note="Look", note_attachments=(LOG, PICTURE))
    document = note_document(step.request.id, step.notes[0])
    assert read_note(document) == step.notes[0]
    del document["attachments"]
    assert decode(model.Note, {**document, "id": document["_id"]}).attachments == ()
