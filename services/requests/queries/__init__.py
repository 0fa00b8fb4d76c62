"""The read side: what may be asked, as plain functions over a read-only database handle.

What comes out are dicts with `<reference>_id` fields, as in `schemas`; who serves the API makes references
of them. A viewer sees all requests of the account or only those that he has to do with (`model.access`);
what he may not see is not there for him: NotFound.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from pymongo.database import Database

from services.common import audit, history
from services.common.actor import Actor
from services.common.errors import Forbidden, Invalid, NotFound
from services.common.listing import Listing, ListQuery, Page, all_of, page, page_at_hand
from services.requests.documents import decode
from services.requests.model import HistoryEntry, periods
from services.requests.model.access import sees_all
from services.requests.observations import OBSERVED
from services.requests.queries import observed, shapes
from services.requests.queries.listings import (
    ALL_REQUESTS,
    HANDOVERS,
    NOTE_ATTACHMENTS,
    NOTES,
    REQUESTS,
    related,
)
from services.requests.viewing import viewer_of

__all__ = [
    "HANDOVERS",
    "LISTINGS",
    "NOTES",
    "NOTE_ATTACHMENTS",
    "REQUESTS",
    "account_names",
    "get_attachment",
    "get_audit",
    "get_handover",
    "get_history",
    "get_note",
    "get_periods",
    "get_request",
    "list_handovers",
    "list_note_attachments",
    "list_notes",
    "list_notes_of_request",
    "list_requests",
    "references",
    "shown_note",
    "shown_request",
    "threads_of",
    "visible_among",
]

Document = dict[str, Any]

LISTINGS: Mapping[str, Listing] = {"requests": REQUESTS, "notes": NOTES, "handovers": HANDOVERS}

_PUBLIC = {"visibility": "end_user"}
_OBSERVED = OBSERVED.name
_STRIPS = observed.STRIPS


def list_requests(database: Database[Document], query: ListQuery, viewer: Actor) -> Page:
    """Those that the viewer may see; with the predefined filter `all_requests` those that he has to do with.

    Raises Invalid for a filter by what the viewer is not shown: it would tell it.
    """
    if not viewer.is_system and not sees_all(viewer.roles):
        asked = {REQUESTS.resolve(name.removesuffix("!")): name for name, _ in query.named}
        if hidden := [asked[name] for name in shapes.HIDDEN_FROM_REQUESTERS if name in asked]:
            raise Invalid(errors=[(name, "can be filtered by specialists only") for name in hidden])
    seen = _related if query.predefined == ALL_REQUESTS else _visible
    among = seen(database, viewer)
    listed: Any = database["requests"]
    if query.predefined == ALL_REQUESTS and viewer.person_id is not None:
        # Those that partners show to representatives, too; the account itself represents nobody.
        listed = {"requests": listed, _OBSERVED: database[_OBSERVED]}
    found = page(listed, REQUESTS, query, among, viewer=viewer, projection=_STRIPS)
    return found.map(lambda document: shapes.request(document, viewer))


def get_request(database: Database[Document], id: int, viewer: Actor) -> Document:
    """Also one that a partner shows. Raises NotFound."""
    return shapes.request(_any_request(database, id, viewer), viewer)


def visible_among(database: Database[Document], ids: Iterable[int], viewer: Actor) -> dict[int, Document]:
    """Those of these requests that the viewer may see, by their ids; also those that partners show."""
    wanted, visible = set(ids), _visible(database, viewer)
    among = all_of([{"_id": {"$in": sorted(wanted)}}, visible])
    found = {each["_id"]: each for each in database["requests"].find(among, _STRIPS)}
    if missing := wanted - found.keys():
        found |= observed.among(database, missing, visible)
    return {id: shapes.request(document, viewer) for id, document in found.items()}


def shown_request(document: Mapping[str, Any], viewer: Actor) -> Document:
    """A request's document as it goes out to a viewer who may see it."""
    return shapes.request(document, viewer)


def list_notes(database: Database[Document], query: ListQuery, viewer: Actor) -> Page:
    """Notes of all requests; for those who see all requests. Raises Forbidden."""
    _specialists_only(viewer)
    return _notes(database, query, {}, viewer)


def list_notes_of_request(database: Database[Document], id: int, query: ListQuery, viewer: Actor) -> Page:
    """A request's notes; only public ones for its requester. Raises NotFound."""
    document = _any_request(database, id, viewer)
    if observed.is_of_partner(document):
        return observed.notes(document, query, viewer)
    return _notes(database, query, all_of([{"request_id": id}, _readable(viewer)]), viewer)


def list_note_attachments(database: Database[Document], id: int, query: ListQuery, viewer: Actor) -> Page:
    """The files of all notes of a request that the viewer may read; one that is on several notes, as when a
    note was published, once, with the latest. No file of a partner's request is shown. Raises NotFound.
    """
    if observed.is_of_partner(_any_request(database, id, viewer)):
        return page_at_hand([], NOTE_ATTACHMENTS, query)
    with_files = all_of([{"request_id": id, "attachments.id": {"$gt": 0}}, _readable(viewer)])
    notes = list(database["notes"].find(with_files, {"text": 0}).sort([("_id", 1)]))
    named = {account for note in notes for account in shapes.accounts_of_note(note, viewer.account)}
    names = account_names(database, named)
    told = {file["id"]: file for note in notes for file in shapes.files_of(note, viewer, names)}
    return page_at_hand(list(told.values()), NOTE_ATTACHMENTS, query)


def get_note(database: Database[Document], id: int, viewer: Actor) -> Document:
    """Raises NotFound."""
    note = database["notes"].find_one(all_of([{"_id": id}, _readable(viewer)]))
    if note is None:
        raise NotFound()
    _request(database, note["request_id"], viewer)
    return shown_note(database, note, viewer)


def shown_note(database: Database[Document], document: Mapping[str, Any], viewer: Actor) -> Document:
    """A note's document as it goes out to a viewer who may see it."""
    names = account_names(database, shapes.accounts_of_note(document, viewer.account))
    return shapes.note(document, viewer, names)


def get_attachment(database: Database[Document], id: int, viewer: Actor) -> Document:
    """An attachment (`common.attachments.attachment_of`) of a note that the viewer may read. Raises
    NotFound.
    """
    with_it = list(database["notes"].find(all_of([{"attachments.id": id}, _readable(viewer)])))
    seen = _visible(database, viewer) if with_it else {}
    for note in with_it:
        if database["requests"].find_one(all_of([{"_id": note["request_id"]}, seen]), {"_id": 1}):
            return next(each for each in note["attachments"] if each["id"] == id)
    raise NotFound()


def list_handovers(database: Database[Document], query: ListQuery, viewer: Actor) -> Page:
    """Requests that crossed a border, with their threads. Raises Forbidden."""
    _specialists_only(viewer)
    crossing = {"crossing": True}
    found = page(database["requests"], HANDOVERS, query, crossing, viewer=viewer, projection=_STRIPS)
    names = _names(database, found.items)
    return found.map(lambda document: shapes.handover(document, names))


def get_handover(database: Database[Document], id: int, viewer: Actor) -> Document:
    """By the request's id. Raises NotFound, Forbidden."""
    document = _crossing(database, id, viewer)
    return shapes.handover(document, _names(database, [document]))


def threads_of(database: Database[Document], id: int, viewer: Actor) -> list[Document]:
    """`[{id, partner}]`, the threads of a hand-over. Raises NotFound, Forbidden."""
    document = _crossing(database, id, viewer)
    return [{"id": each["id"], "partner": each["partner"]} for each in document.get("threads", ())]


def get_history(database: Database[Document], id: int, viewer: Actor) -> list[Document]:
    """Everything that happened to a request, oldest first: `{n, at, account, person, what, text, changes}`.

    Of a partner's request nothing is told. For those who see all requests. Raises NotFound, Forbidden.
    """
    _specialists_only(viewer)
    if observed.is_of_partner(_any_request(database, id, viewer)):
        return []
    entries = history.read(database, "requests", id)
    names = account_names(database, {account for entry in entries for account in shapes.accounts_told(entry)})
    return [shapes.entry(each, names) for each in entries]


def get_periods(database: Database[Document], id: int, viewer: Actor, now: datetime) -> list[Document]:
    """Who held a request (`model.periods`), oldest first: `{n, since, until, goes_on, account, team_id,
    status}`. `account` is None where nobody did. Its requester is told of no other account. Of a partner's
    request nothing is told. Raises NotFound.
    """
    document = _any_request(database, id, viewer)
    if observed.is_of_partner(document):
        return []
    told = [decode(HistoryEntry, entry) for entry in history.read(database, "requests", id)]
    above = document.get("above")
    all_ = viewer.is_system or sees_all(viewer.roles)
    found = periods(told, document["account"], above and above["partner"], now, partners=all_)
    names = account_names(database, {each.held.account for each in found if each.held.account})
    return [shapes.period(each, names) for each in found]


def get_audit(database: Database[Document], id: int, viewer: Actor) -> list[Document]:
    """The audit lines (`common.audit`) of a request. Raises NotFound, Forbidden."""
    told = [
        {**entry, "by": entry["person"], "action": entry["what"].replace(" ", "_")}
        for entry in get_history(database, id, viewer)
    ]
    return [line for entry in told for line in audit.lines([entry], entry["account"])]


def references(database: Database[Document], kind: str, ids: Iterable[int]) -> dict[int, Document]:
    """{id: {id, subject, sourceID?}} of the requests that are there."""
    found = database["requests"].find({"_id": {"$in": sorted(set(ids))}}, {"core.subject": 1, "source_id": 1})
    return {
        each["_id"]: {
            "id": each["_id"],
            "subject": each["core"]["subject"],
            **({"sourceID": each["source_id"]} if each.get("source_id") else {}),
        }
        for each in found
    }


def _request(database: Database[Document], id: int, viewer: Actor) -> Document:
    seen = _visible(database, viewer)
    document = database["requests"].find_one(all_of([{"_id": id}, seen]), _STRIPS)
    if document is None:
        raise NotFound()
    return document


def _any_request(database: Database[Document], id: int, viewer: Actor) -> Document:
    """A request of the account, or one that a partner shows. Raises NotFound."""
    try:
        return _request(database, id, viewer)
    except NotFound:
        return observed.get(database, id, _visible(database, viewer))


def _crossing(database: Database[Document], id: int, viewer: Actor) -> Document:
    """A request that crossed a border. Raises NotFound, Forbidden."""
    _specialists_only(viewer)
    document = _request(database, id, viewer)
    if not document["crossing"]:
        raise NotFound()
    return document


def _notes(database: Database[Document], query: ListQuery, among: Mapping[str, Any], viewer: Actor) -> Page:
    found = page(database["notes"], NOTES, query, among, viewer=viewer)
    named = {account for note in found.items for account in shapes.accounts_of_note(note, viewer.account)}
    names = account_names(database, named)
    return found.map(lambda note: shapes.note(note, viewer, names))


def _names(database: Database[Document], documents: Iterable[Document]) -> dict[str, str]:
    """What the accounts that these documents name call themselves."""
    return account_names(
        database, {account for document in documents for account in shapes.accounts_in(document)}
    )


def account_names(database: Database[Document], accounts: set[str]) -> dict[str, str]:
    """What the account itself and its partners call themselves, of those that are known here."""
    names: dict[str, str] = {}
    for kind in ("account", "trust"):
        if missing := sorted(accounts - names.keys()):
            found = database[f"copy_{kind}"].find({"_id": {"$in": missing}}, {"name": 1})
            names |= {each["_id"]: each["name"] for each in found if each.get("name")}
    return names


def _visible(database: Database[Document], viewer: Actor) -> Mapping[str, Any]:
    """The requests that the viewer may see."""
    return {} if viewer.is_system or sees_all(viewer.roles) else _related(database, viewer)


def _related(database: Database[Document], viewer: Actor) -> Mapping[str, Any]:
    return related(viewer_of(database, viewer))


def _readable(viewer: Actor) -> Mapping[str, Any]:
    return {} if viewer.is_system or sees_all(viewer.roles) else _PUBLIC


def _specialists_only(viewer: Actor) -> None:
    if not viewer.is_system and not sees_all(viewer.roles):
        raise Forbidden("role_missing", "This is for the account's specialists.")
