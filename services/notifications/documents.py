"""What is told of a request ↔ its document.

An open entry has its number here, given when it was opened, and the version of the record that opened it. So
it is put into its inbox once, however often that is done again; and who brings what is open in one version
closes nothing that a later one opened.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from services.notifications.model import Alarm, Entry, FollowUp, Reason, Situation, To, Told

Document = dict[str, Any]


class Opened(NamedTuple):
    """An entry's number, and the version of the record that opened it."""

    id: int
    version: int


Numbers = Mapping[Entry, Opened]

_OF_SITUATION = ("n", "at", "since", "status", "by_id", "team_id", "member_id", "turn", "came_back")
_SHOWN = ("reason", "person_id", "team_id", "at", "sla_id", "goal", "percent", "for_requester")
_OF_ENTRY = ("at", "about", "sla_id", "goal", "percent", "for_requester")
_OF_ALARM = ("affected_sla_id", "sla_id", "goal", "percent", "at", "breach", "assignee")
_OF_FOLLOW_UP = ("sla_id", "rule", "waiting_since", "at")


def to_document(told: Told, numbers: Numbers, now: datetime) -> Document:
    """The state of a request's record, told `now`. `numbers`: of all its open entries (`numbered`)."""
    situation = told.situation
    document: Document = {
        "situation": None if situation is None else _situation(situation),
        "open": [
            {"id": opened.id, "version": opened.version, **_entry(entry)}
            for entry, opened in sorted(numbers.items(), key=lambda item: item[1])
        ],
        "alarms": [_alarm(each) for each in sorted(told.alarms, key=lambda each: each.about)],
        "follow_up": None if told.follow_up is None else _follow_up(told.follow_up),
        "heard": [{"about": about, "level": level} for about, level in sorted(told.heard.items())],
    }
    if situation is not None and not situation.live:
        document["over_at"] = now
    return document


def of_document(document: Mapping[str, Any]) -> tuple[Told, dict[Entry, Opened]]:
    """What is told of a request, and the numbers of its open entries."""
    situation = document["situation"]
    numbers = {_read_entry(each): Opened(each["id"], each["version"]) for each in document["open"]}
    told = Told(
        None if situation is None else _read_situation(situation),
        frozenset(numbers),
        frozenset(_read_alarm(each) for each in document.get("alarms", ())),
        FollowUp(**document["follow_up"]) if document.get("follow_up") else None,
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
        "opened_in": open_entry["version"],
        "readers": readers,
        "version": 1,
    }


def numbered(told: Told, known: Numbers, version: int, next_id: Callable[[], int]) -> dict[Entry, Opened]:
    """The numbers of all open entries: those that they have, and new ones for what `version` opens."""
    new = sorted(told.open - known.keys(), key=lambda entry: (entry.at, entry.to.person_id or 0))
    kept = {entry: opened for entry, opened in known.items() if entry in told.open}
    return {**kept, **{entry: Opened(next_id(), version) for entry in new}}


def _situation(situation: Situation) -> Document:
    said = {name: getattr(situation, name) for name in _OF_SITUATION}
    return {**said, "requester_ids": sorted(situation.requester_ids)}


def _read_situation(document: Mapping[str, Any]) -> Situation:
    said = {name: document[name] for name in _OF_SITUATION}
    return Situation(**said, requester_ids=frozenset(document["requester_ids"]))


def _alarm(alarm: Alarm) -> Document:
    return {**{name: getattr(alarm, name) for name in _OF_ALARM}, "people": sorted(alarm.people)}


def _read_alarm(document: Mapping[str, Any]) -> Alarm:
    said = {name: document[name] for name in _OF_ALARM}
    return Alarm(**said, people=frozenset(document["people"]))


def _follow_up(follow_up: FollowUp) -> Document:
    return {name: getattr(follow_up, name) for name in _OF_FOLLOW_UP}


def _entry(entry: Entry) -> Document:
    said = {name: getattr(entry, name) for name in _OF_ENTRY}
    whom = {"person_id": entry.to.person_id, "team_id": entry.to.team_id}
    return {"reason": entry.reason.value, **whom, **said}


def _read_entry(document: Mapping[str, Any]) -> Entry:
    said = {name: document[name] for name in _OF_ENTRY}
    return Entry(Reason(document["reason"]), To(document["person_id"], document["team_id"]), **said)
