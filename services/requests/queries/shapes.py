"""Documents as the schemas let them out, for a viewer."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from services.common.actor import Actor
from services.requests.model import (
    Above,
    Below,
    Episode,
    Period,
    Ref,
    Request,
    Visibility,
    holder,
)
from services.requests.model.access import sees_all
from services.requests.schemas import HandoverSchema, NoteSchema, RequestSchema
from services.requests.schemas.notes import OF_CROSSING
from services.requests.store import read_request

Document = dict[str, Any]
Names = Mapping[str, str]
"""What accounts call themselves, by their ids."""

_REFERENCES = (
    "requested_by",
    "requested_for",
    "created_by",
    "organization",
    "service_instance",
    "team",
    "member",
    "supplier",
)
#: What is the specialists' business. Neither requesters, key contacts nor representatives are shown it.
HIDDEN_FROM_REQUESTERS = (
    "supplier",
    "supplier_requestID",
    "flags",
    "reopen_count",
    "assignment_count",
    "urgent",
    "provider_not_accountable",
    "provider_was_not_accountable",
    "customer_resolution_target_at",
)

_OF_NO_CROSSING = dict.fromkeys(OF_CROSSING)
_MINUTE = timedelta(minutes=1)
_request = RequestSchema()
_note = NoteSchema()
_handover = HandoverSchema()


def request(document: Mapping[str, Any], viewer: Actor) -> Document:
    """A request's document as it goes out, with its `version`."""
    core = document["core"]
    given = {**document, **core, "id": document["_id"], "source": document.get("source")}
    given["sourceID"] = document.get("source_id")
    given["supplier_requestID"] = document.get("supplier_request_id")
    above = document.get("above") or {"ended": True}
    given["customer_resolution_target_at"] = None if above["ended"] else above.get("target_at")
    completed = document.get("completed_at")
    given["resolution_duration"] = completed and (completed - document["created_at"]) // _MINUTE
    whose = document["account"]  # of a partner's that is shown here, the account with its name
    given["account"] = whose if isinstance(whose, Mapping) else None
    if given["account"] is None:
        # Of an own request it counts internal notes too, of which not everybody is told.
        given.pop("note_count", None)
    for name in _REFERENCES:
        given[f"{name}_id"] = (document.get(name) or {}).get("id")
    shown: Document = {**_request.dump(given), "version": document["version"]}
    if not viewer.is_system and not sees_all(viewer.roles):
        hidden = (f"{name}_id" if name in _REFERENCES else name for name in HIDDEN_FROM_REQUESTERS)
        shown |= dict.fromkeys(hidden)
    return shown


def shown_notes(document: Mapping[str, Any]) -> list[Document]:
    """The notes of a partner's request, as documents of notes. Whom the partner names is no person here."""
    return [
        {
            **note,
            "_id": note["id"],
            "request_id": document["_id"],
            "account": document["account"]["id"],
            "person": None,
            "visibility": Visibility.END_USER.value,
        }
        for note in document["notes"]
    ]


def account_of(id: str, names: Names) -> Document:
    """An account as others are referred to."""
    return {"id": id, "name": names.get(id, id)}


def note(document: Mapping[str, Any], viewer: Actor, names: Names) -> Document:
    """A note as it goes out; `names` are those of the account's partners."""
    account = viewer.account
    attached = document.get("attachments") or ()
    internal = _internal(document)
    author = document["account"]
    shown: Document = _note.dump(
        {
            **document,
            "id": document["_id"],
            "person_id": (document.get("person") or {}).get("id"),
            "internal": internal,
            "internal_account": account_of(account, names) if internal else None,
            "account": account_of(author, names) if author != account else None,
            "attachments": [_file(each, viewer, names, own=author == account) for each in attached],
        }
    )
    return {**shown, "version": 1}


def _file(document: Mapping[str, Any], viewer: Actor, names: Names, *, own: bool) -> Document:
    """A file of a note. One of another account says how far it has come; who else has it is the specialists'
    business.
    """
    shown = {name: value for name, value in document.items() if name not in OF_CROSSING}
    if not own:
        shown |= {"state": document["state"], "refused": document["refused"]}
    if offered := document.get("offered", ()) if viewer.is_system or sees_all(viewer.roles) else ():
        shown["offered"] = [{**each, "account": account_of(each["account"], names)} for each in offered]
    return shown


def files_of(document: Mapping[str, Any], viewer: Actor, names: Names) -> list[Document]:
    """The files of a note as they go out by themselves, each with its note."""
    shown = note(document, viewer, names)
    about = {name: shown[name] for name in ("id", "internal")}
    return [
        {**_OF_NO_CROSSING, **file, "note": about, "created_at": shown["created_at"]}
        for file in shown["attachments"]
    ]


def entry(line: Mapping[str, Any], names: Names) -> Document:
    """An entry of the history as it goes out: accounts and references as everywhere."""
    return {
        **line,
        "account": account_of(line["account"], names),
        "person": _told(line["person"], names),
        "changes": {name: [_told(value, names) for value in each] for name, each in line["changes"].items()},
    }


def period(of: Period, names: Names) -> Document:
    """A period as it goes out."""
    held = of.held
    return {
        "n": of.n,
        "since": of.since,
        "until": of.until,
        "goes_on": of.goes_on,
        "account": None if held.account is None else account_of(held.account, names),
        "team_id": held.team_id,
        "status": held.status,
    }


def _told(value: Any, names: Names) -> Any:
    """A value of the history; a reference says whose it is when it is a partner's."""
    if not isinstance(value, Mapping):
        return value
    whose = value.get("account")
    account = {"account": account_of(whose, names)} if whose else {}
    return {"id": value["id"], "name": value["name"], **account}


def handover(document: Mapping[str, Any], names: Names) -> Document:
    """What of a request crosses the border, with its `version`."""
    value = read_request(document)
    threads = {thread["id"]: thread for thread in document.get("threads", ())}
    given = {
        "id": value.id,
        "request_id": value.id,
        "status": value.status.value,
        "holder": account_of(holder(value), names),
        "origin": value.core.origin,
        "core_version": value.core.version,
        "customer": _customer(value, threads, names),
        "providers": [_provider(link, threads, names) for link in value.below],
        "flags": document.get("flags", ()),
        "created_at": value.created_at,
        "updated_at": value.updated_at,
    }
    return {**_handover.dump(given), "version": document["version"]}


def _customer(request_: Request, threads: Mapping[str, Document], names: Names) -> Document | None:
    above = request_.above
    if above is None:
        return None
    return {**_side(above, threads, names), "ended": above.ended.value if above.ended else None}


def _provider(link: Below, threads: Mapping[str, Document], names: Names) -> Document:
    return {
        **_side(link, threads, names),
        "turn": link.turn.value,
        "answered": link.answered,
        "service_instance_id": _id(link.service_instance),
        "team_id": _id(link.stated_team or link.team),
        "handed_by_team_id": link.handed_by.team.id,
        "handed_by_member_id": _id(link.handed_by.member),
        "completion_reason": link.completion_reason.value if link.completion_reason else None,
        "completed_at": link.completed_at,
    }


def _side(side: Above | Below, threads: Mapping[str, Document], names: Names) -> Document:
    thread = threads.get(side.thread, {})
    episode: Episode = side.episode
    return {
        "account": account_of(side.partner, names),
        "thread": side.thread,
        "remote_request_id": side.request_id,
        "agreement": side.agreement,
        "episode": {"incarnation": episode.incarnation, "n": episode.n},
        "open": side.open,
        "question": side.question,
        "sent": thread.get("sent"),
        "applied": thread.get("applied"),
    }


def _id(ref: Ref | None) -> int | None:
    return None if ref is None else ref.id


def accounts_in(document: Mapping[str, Any]) -> set[str]:
    """The accounts that a request's document names."""
    return {document["account"], *(thread["partner"] for thread in document.get("threads", ()))}


def accounts_of_note(document: Mapping[str, Any], account: str) -> set[str]:
    """The accounts that a note in `account` names as it goes out."""
    told = {said["account"] for file in document.get("attachments") or () for said in file.get("offered", ())}
    foreign = {document["account"], *told} - {account}
    return foreign | {account} if _internal(document) else foreign


def accounts_told(line: Mapping[str, Any]) -> set[str]:
    """The accounts that an entry of the history names."""
    told = [line["person"], *(value for each in line["changes"].values() for value in each)]
    named = {value["account"] for value in told if isinstance(value, Mapping) and value.get("account")}
    return {line["account"], *named}


def _internal(note_: Mapping[str, Any]) -> bool:
    internal: bool = note_["visibility"] != Visibility.END_USER.value
    return internal
