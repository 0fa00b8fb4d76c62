"""Files of notes that cross the border: what partners offer, where what we offered lies, and what became of
either (a `services.federation.files.Files`).

A note is made in the save of its request and never changed by it again. How far its files have come follows
from the rows of `coming_files`, and is written into the note here, each time a row moves; doing so again
changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from services.common import attachments
from services.common.attachments.names import clean
from services.common.context import Context
from services.common.database import answering
from services.common.errors import NotFound, Stale
from services.common.store import decide_again
from services.common.verdicts import Park
from services.federation import files
from services.federation.files import allowance, pulling
from services.federation.sealing.envelope import Message
from services.federation.stored import OUTBOX
from services.federation.threads import Thread
from services.federation.verdicts import Verdict, done, refused
from services.requests import model, store
from services.requests.actions.ruling import ruled
from services.requests.documents import encode
from services.requests.store import Stored

Document = dict[str, Any]

OFFERED: Final = "attachment.offered"

UNKNOWN_NOTE: Final = "unknown_note"
TOO_LARGE: Final = "too_large"
TOO_MANY: Final = "too_many"
NOT_ALLOWED: Final = "not_allowed"
TOO_MUCH: Final = "too_much"


def take_offer(context: Context, message: Message, stored: Stored, thread: Thread) -> Verdict:
    """A partner offers a file of a note. Raises Park, Unavailable, and the errors of `Thread.advance`."""
    thread.advance(message)  # before anything is looked up: it must be the next one
    partner, file = message.sender, message.body["file"]
    try:
        model.check_thread(stored.request, partner, message.thread)
    except model.UnknownThread as error:
        raise Park(error.code, error.message) from error
    about = (message.id, partner, message.thread)
    note = store.note_of(context, stored, partner, message.body["note_id"])
    code = _refusal(context, message, note)
    rows = []
    if note is not None and not _has(note, file["key"]):
        told: Document = {"file": {**file, "name": clean(file["name"])}, "at": context.clock.now()}
        told |= {"request_id": stored.request.id, "note_id": note["_id"]}
        told |= {"id": context.ids.next("attachment")}
        if code is None:
            rows = [files.coming(*about, **told)]
        elif code != TOO_MANY:
            rows = [files.refused(*about, code=code, **told)]
    verdict = done() if code is None else refused(code)
    step = model.offer_heard(stored.request, partner, clean(file["name"]), code, ruled(context))
    store.save(context, step, stored, thread.advance(message, verdict), also=rows)
    pulling.wake(context, partner)
    return verdict


def _refusal(context: Context, message: Message, note: Mapping[str, Any] | None) -> str | None:
    """Why a file is not taken, as far as its offer tells; what it is, its bytes will. One that is taken is
    counted in what the partner may send in a day.
    """
    partner, file = message.sender, message.body["file"]
    if note is None:
        return UNKNOWN_NOTE
    if _has(note, file["key"]):
        return None  # it is offered again: it comes, or has come
    if len(note.get("attachments") or ()) >= attachments.MAX_ATTACHMENTS:
        return TOO_MANY
    if file["size"] > context.config.attachment_bytes:
        return TOO_LARGE
    if clean(file["name"]).rpartition(".")[2].lower() not in attachments.ALLOWED_EXTENSIONS:
        return NOT_ALLOWED
    with answering():
        rows = context.database[files.COMING.name]
        of_note = {"partner": partner, "note_id": note["_id"]}
        if rows.count_documents(of_note, limit=attachments.MAX_ATTACHMENTS) >= attachments.MAX_ATTACHMENTS:
            return TOO_MANY
    room = context.config.partner_attachment_megabytes * 1024 * 1024
    return None if allowance.take(context, partner, message.id, file["size"], room) else TOO_MUCH


def _has(note: Mapping[str, Any], key: str) -> bool:
    """Whether a file is on the note, or coming."""
    return any(
        each["key"] == key and each.get("state") != model.FileState.REFUSED
        for each in note.get("attachments") or ()
    )


def _has_id(note: Mapping[str, Any], id: int) -> bool:
    return any(each["id"] == id for each in note.get("attachments") or ())


def lies(context: Context, offered: Mapping[str, Any]) -> str | None:
    """Where the bytes are that we offered with this body; only a public note's."""
    with answering():
        note = context.database[store.NOTES.name].find_one({"_id": offered["note_id"]})
    if note is None or not store.read_note(note).public:
        return None
    for each in note.get("attachments") or ():
        if each["key"] == offered["file"]["key"] and each["sha256"] == offered["file"]["sha256"]:
            found = attachments.find_by_id(context.database, each["id"])
            return None if found is None else str(found["_id"])
    return None


def shows(context: Context, row: Mapping[str, Any]) -> None:
    """The note shows how far the file of this row has come; one that is here is offered on."""
    file = _file(row)

    def put(before: list[Document]) -> list[Document]:
        known = next((n for n, each in enumerate(before) if each["key"] == file.key), None)
        if known is None:
            return [*before, encode(file)]
        is_here = before[known].get("state") == model.FileState.HERE
        return before if is_here else [*before[:known], encode(file), *before[known + 1 :]]

    note = _change_files(context, row["request_id"], row["note_id"], put)
    # Of two offers of one file the note has the one that was here first; the other is the sweep's.
    if note is not None and row["state"] == files.IS_HERE and _has_id(note, file.id):
        attachments.mark_named(context, attachments.marks_of(context, [file.id]))
        _offer_on(context, row["request_id"], store.read_note(note), file)


def settled(context: Context, partner: str, offered: Mapping[str, Any], code: str | None) -> None:
    """The note shows that the partner has the file that we offered with this body, or why not."""
    state = model.FileState.HERE if code is None else model.FileState.REFUSED
    word = {"account": partner, "state": state.value, "refused": code}

    def put(before: list[Document]) -> list[Document]:
        def told(each: Document) -> Document:
            others = [said for said in each.get("offered") or () if said["account"] != partner]
            return {**each, "offered": [*others, word]}

        return [told(each) if each["key"] == offered["file"]["key"] else each for each in before]

    _change_files(context, None, offered["note_id"], put)


def refuse(context: Context, sent: model.Sent, code: str) -> None:
    """The partner has refused this offer of ours."""
    if sent.type == OFFERED:
        settled(context, sent.partner, sent.body, code)


def _file(row: Mapping[str, Any]) -> model.Attachment:
    """The file of a row as its note has it: by the sender's key, for the text names it so."""
    file, here = row["file"], row.get("here") or {}
    return model.Attachment(
        id=row["id"],
        key=file["key"],
        name=here.get("name", file["name"]),
        size=file["size"],
        type=here.get("type", file["type"]),
        sha256=file["sha256"],
        displayable=here.get("displayable", False),
        inline=here.get("inline", False),
        state=model.FileState(row["state"]),
        refused=row["code"],
    )


@decide_again
def _change_files(
    context: Context, request_id: int | None, note_id: int, put: Callable[[list[Document]], list[Document]]
) -> Document | None:
    """The note with other files; each change counts in `files_version`, so that none is lost. Raises
    Unavailable.
    """
    if request_id is not None:
        store.has_note(context, store.load(context, request_id), note_id)  # it stands in `notes` now
    notes = context.database[store.NOTES.name]
    with answering():
        note = notes.find_one({"_id": note_id})
        if note is None:
            return None
        before = list(note.get("attachments") or ())
        after = put(before)
        if after == before:
            return note
        seen = {"_id": note_id, "files_version": note.get("files_version")}
        changed = {"attachments": after, "files_version": (note.get("files_version") or 0) + 1}
        if notes.update_one(seen, {"$set": changed}).matched_count == 0:
            raise Stale()
    return {**note, **changed}


@decide_again
def _offer_on(context: Context, request_id: int, note: model.Note, file: model.Attachment) -> None:
    """To the others to whom the note was said: once, also when a crash has us do it again."""
    try:
        stored = store.load(context, request_id)
    except NotFound:
        return
    named = {"note_id": note.id, "key": file.key}
    offered = {row["thread"] for row in stored.record.waiting if row.get("file") == named}
    with answering():
        sent = context.database[OUTBOX.name].find({"request_id": request_id, "file": named}, {"thread": 1})
        offered |= {row["thread"] for row in sent}
    step = model.came(stored.request, note, file, offered, ruled(context))
    if step is not None:
        store.save(context, step, stored)
