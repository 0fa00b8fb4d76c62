"""What is told of a request ↔ its document.

An open entry has its number here, given when it was opened: it is put into its inbox once, under this number,
however often that is done again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from services.notifications.model import Entry, Reason, Situation, To, Told

Document = dict[str, Any]
Numbered = Mapping[Entry, int]
"""Entries, and their numbers."""

_OF_SITUATION = ("n", "at", "since", "status", "by_id", "team_id", "member_id", "turn", "came_back")
_SHOWN = ("reason", "person_id", "team_id", "at", "sla_id", "goal", "percent", "for_requester")
_OF_ENTRY = ("at", "about", "sla_id", "goal", "percent", "as_assignee", "for_requester")


def to_document(told: Told, numbers: Numbered) -> Document:
    """The state of a request's record. `numbers`: of all its open entries."""
    situation = told.situation
    document: Document = {
        "situation": None if situation is None else _situation(situation),
        "open": [
            {"id": id, **_entry(entry)}
            for entry, id in sorted(numbers.items(), key=lambda item: item[1])
            if entry in told.open
        ],
        "heard": [{"about": about, "level": level} for about, level in sorted(told.heard.items())],
    }
    if situation is not None and not situation.live:
        document["over_at"] = situation.at
    return document


def of_document(document: Mapping[str, Any]) -> tuple[Told, dict[Entry, int]]:
    """What is told of a request, and the numbers of its open entries."""
    situation = document["situation"]
    numbers = {_read_entry(each): int(each["id"]) for each in document["open"]}
    told = Told(
        None if situation is None else _read_situation(situation),
        frozenset(numbers),
        {each["about"]: each["level"] for each in document["heard"]},
    )
    return told, numbers


def in_inbox(request_id: int, open_entry: Mapping[str, Any], read_by: int | None) -> Document:
    """The document of an open entry in its inbox. `read_by`: who made it so, and needs not be told."""
    at = open_entry["at"]
    shown = {name: open_entry[name] for name in _SHOWN}
    readers = [] if read_by is None else [{"person_id": read_by, "at": at}]
    return {
        "_id": open_entry["id"],
        "request_id": request_id,
        **shown,
        "open": True,
        "readers": readers,
        "version": 1,
    }


def new_entries(told: Told, numbers: Numbered, next_id: Callable[[], int]) -> dict[Entry, int]:
    """The numbers of all open entries: those that they have, and new ones in the order of their causes."""
    new = sorted(told.open - numbers.keys(), key=lambda entry: (entry.at, entry.to.person_id or 0))
    return {**{entry: numbers[entry] for entry in told.open & numbers.keys()}, **{e: next_id() for e in new}}


def _situation(situation: Situation) -> Document:
    said = {name: getattr(situation, name) for name in _OF_SITUATION}
    return {**said, "requester_ids": sorted(situation.requester_ids)}


def _read_situation(document: Mapping[str, Any]) -> Situation:
    said = {name: document[name] for name in _OF_SITUATION}
    return Situation(**said, requester_ids=frozenset(document["requester_ids"]))


def _entry(entry: Entry) -> Document:
    said = {name: getattr(entry, name) for name in _OF_ENTRY}
    whom = {"person_id": entry.to.person_id, "team_id": entry.to.team_id}
    return {"reason": entry.reason.value, **whom, **said}


def _read_entry(document: Mapping[str, Any]) -> Entry:
    said = {name: document[name] for name in _OF_ENTRY}
    return Entry(Reason(document["reason"]), To(document["person_id"], document["team_id"]), **said)
