"""Bodies of the messages between accounts: built here, and read here.

Version 1, and the only keys that leave (the schemas in `services.federation.messages` hold the same table). A
`Ref` is `{"id", "name"}` in the SENDER's ids; at `team`, `member`, `note.person` and `notes[].person` an
arriving body has the receiver's own `Ref` instead, put there by the edge. `Episode` is `[incarnation, n]`.
Times are RFC 3339, UTC, milliseconds, `Z`. C is the customer's account, P the provider's.

    request.handed_over           C → P   episode request_id agreement service_instance_id origin core_version
                                          core team member notes; opens the thread; the instance's id is P's,
                                          null under an FLSA;
                                          [requester_resolution_target_at] where the agreement shares it
    request.reopened              C → P   the same, and note
    request.taken                 P → C   episode request_id status team member
    request.progressed            P → C   episode status team member waiting_until
    request.waiting_for_customer  P → C   episode question note team member
    request.completed             P → C   episode completion_reason completed_at note team member
    request.declined              P → C   episode code note team member
    request.answered              C → P   episode question note team member
    request.recalled              C → P   episode note
    request.closed                C → P   episode note
    request.core_changed          either  episode core_version core; some keys of the core, each whole;
                                          downwards a version, upwards a proposal to the owner; downwards
                                          also [requester_resolution_target_at]
    request.restated              C → P   by="customer" episode open answered request_id agreement
                                          service_instance_id origin core_version core team member
                                          [requester_resolution_target_at]
                                  P → C   by="provider" episode request_id status question completion_reason
                                          completed_at team member; status "withdrawn": this side has ended
    note.added                    either  episode note
    attachment.offered            either  episode note_id file; the file of a note that was said before

    Note: id text person medium created_at.   File: key name type size sha256 inline.
       Core: the seven CORE_FIELDS of `values`.

`note` is null where nothing was said, and where a statement is made again after a refusal or a restore.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from services.requests.model.request import Above, Below
from services.requests.model.values import (
    CORE_FIELDS,
    Attachment,
    Body,
    Category,
    Core,
    Episode,
    Impact,
    Note,
    Ref,
    TrailEntry,
)

#: How many notes, and how many bytes of them as JSON, travel inside one give; and how many of the rest follow
#: as `note.added` in the same save, which has to fit into one document.
MAX_NOTES_IN_GIVE = 64
MAX_NOTE_BYTES_IN_GIVE = 160 * 1024
MAX_NOTES_AFTER_GIVE = 200
MAX_NOTE_BYTES_AFTER_GIVE = 4 * 1024 * 1024
#: A note's text on the wire; and how many files it names that are not sent with it.
MAX_TEXT_BYTES = 64 * 1024
MAX_NAMED = 5


TARGET: Final = "requester_resolution_target_at"


def time_text(at: datetime | None) -> str | None:
    if at is None:
        return None
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def read_time(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text.replace("Z", "+00:00"))


def ref_body(ref: Ref | None) -> dict[str, Any] | None:
    return None if ref is None else {"id": ref.id, "name": ref.name}


def episode_body(episode: Episode) -> list[int]:
    return [episode.incarnation, episode.n]


def read_episode(body: Body) -> Episode:
    incarnation, n = body["episode"]
    return Episode(incarnation, n)


def note_body(note: Note, account: str, without: Sequence[Attachment] = ()) -> dict[str, Any]:
    """A note in this account's own ids. Another account's person is not ours to name: such a note goes
    without. The text says which of its files are not sent.
    """
    own = note.account == account and (note.person is None or note.person.account is None)
    return {
        "id": note.id,
        "text": _without_files(note.text, without) if without else note.text,
        "person": ref_body(note.person) if own else None,
        "medium": note.medium.value,
        "created_at": time_text(note.created_at),
    }


def _without_files(text: str, files: Sequence[Attachment]) -> str:
    """The text, and a line that names files; both fit into a note."""
    names = [file.name for file in files[:MAX_NAMED]]
    more = f" and {len(files) - len(names)} more" if len(files) > len(names) else ""
    line = f"\n\n[Not sent with this note: {', '.join(names)}{more}]"
    room = MAX_TEXT_BYTES - len(line.encode())
    return text.encode()[:room].decode(errors="ignore") + line


def offer_body(episode: Episode, note: Note, file: Attachment) -> dict[str, Any]:
    """A file of a note, in this account's own ids."""
    return {
        "episode": episode_body(episode),
        "note_id": note.id,
        "file": {
            "key": file.key,
            "name": file.name,
            "type": file.type,
            "size": file.size,
            "sha256": file.sha256,
            "inline": file.inline,
        },
    }


def core_body(core: Core, fields: Iterable[str] = CORE_FIELDS) -> dict[str, Any]:
    return {name: core_value(getattr(core, name)) for name in fields}


def core_value(value: Any) -> Any:
    return time_text(value) if isinstance(value, datetime) else value if value is None else str(value)


def read_core_fields(body: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of the core that a body names, as values."""
    read: dict[str, Any] = {}
    for name, value in body.items():
        if name == "category":
            read[name] = Category(value)
        elif name == "impact":
            read[name] = None if value is None else Impact(value)
        elif name.endswith("_at"):
            read[name] = read_time(value)
        elif name in CORE_FIELDS:
            read[name] = value
    return read


def read_core(body: Body) -> Core:
    """The whole core of a give or of a customer's re-statement."""
    return Core(origin=body["origin"], version=body["core_version"], **read_core_fields(body["core"]))


def notes_for_give(notes: Sequence[Note], account: str) -> tuple[Sequence[Note], Sequence[Note]]:
    """Of these notes, oldest first: those that travel inside the give, from the oldest on without a gap, and
    those that follow it, up to the newest.
    """
    within = notes[: _fitting(notes, account, MAX_NOTES_IN_GIVE, MAX_NOTE_BYTES_IN_GIVE)]
    rest = notes[len(within) :]
    after = _fitting(rest[::-1], account, MAX_NOTES_AFTER_GIVE, MAX_NOTE_BYTES_AFTER_GIVE)
    return within, rest[len(rest) - after :]


def newest_that_fit(notes: Sequence[Note], account: str) -> Sequence[Note]:
    """Of these notes, oldest first, the newest that travel inside one message."""
    return notes[len(notes) - _fitting(notes[::-1], account, MAX_NOTES_IN_GIVE, MAX_NOTE_BYTES_IN_GIVE) :]


def _fitting(notes: Sequence[Note], account: str, most: int, room: int) -> int:
    """How many of the first of these notes fit."""
    for count, note in enumerate(notes[:most]):
        room -= len(json.dumps(note_body(note, account), ensure_ascii=False).encode()) + 2
        if room < 0:
            return count
    return min(len(notes), most)


def give_body(link: Below, request_id: int, core: Core) -> dict[str, Any]:
    """What `request.handed_over` and `request.reopened` share."""
    return {**_position(link, request_id, core), **_people(link.handed_by)}


def customer_restatement(link: Below, request_id: int, core: Core) -> dict[str, Any]:
    return {
        "by": "customer",
        "open": link.open,
        "answered": link.answered if link.open else None,
        **_position(link, request_id, core),
        **_people(link.handed_by),
    }


def _position(link: Below, request_id: int, core: Core) -> dict[str, Any]:
    return {
        "episode": episode_body(link.episode),
        "request_id": request_id,
        "agreement": link.agreement,
        "service_instance_id": link.remote_instance_id,
        "origin": core.origin,
        "core_version": core.version,
        "core": core_body(core),
        **({TARGET: time_text(link.target_told)} if link.shares_target else {}),
    }


def _people(entry: TrailEntry) -> dict[str, Any]:
    return {"team": ref_body(entry.team), "member": ref_body(entry.member)}


def statement_body(above: Above, team: Ref | None, member: Ref | None, **says: Any) -> dict[str, Any]:
    """What a provider says of itself: its episode, its own responsible team and member, and the statement's
    keys.
    """
    return {
        "episode": episode_body(above.episode),
        **says,
        "team": ref_body(team),
        "member": ref_body(member),
    }
