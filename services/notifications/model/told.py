"""A request's open entries, and how they change."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

from services.notifications.model.entry import NEWS, Entry, Reason, To
from services.notifications.model.situation import Situation, newer, standing, stands

_RESPONSE: Final = "response"
_MET: Final = 101  # more than any alarm
_STATUS: Final = "status"
_NOTES: Final = "notes"

Tellable = Callable[[Entry], bool]
"""Whether an entry may be told to whom it is for: a person who is not disabled and may see the request."""


@dataclass(frozen=True, slots=True)
class Told:
    """What is known of a request here. `situation` is None while nothing was heard of it but alarms: it was
    registered before this service first listened. `heard`: the highest word on each subject of alarms.
    """

    situation: Situation | None = None
    open: frozenset[Entry] = frozenset()
    heard: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Alarm:
    """So many percent of the time until a target of an affected SLA are gone. `people`: whom to tell;
    `assignee`: him too.
    """

    affected_sla_id: int
    sla_id: int
    goal: str
    percent: int
    at: datetime
    breach: bool
    people: frozenset[int] = frozenset()
    assignee: bool = False

    @property
    def about(self) -> str:
        return f"{self.affected_sla_id}:{self.goal}"


@dataclass(frozen=True, slots=True)
class FollowUp:
    """The customer, who was asked at `waiting_since`, is reminded by an affected SLA's `rule`, the nth."""

    affected_sla_id: int
    sla_id: int
    rule: int
    waiting_since: datetime
    at: datetime

    @property
    def about(self) -> str:
        return f"{self.affected_sla_id}:follow_up:{self.waiting_since.isoformat()}"


@dataclass(frozen=True, slots=True)
class Said:
    """A note to everybody. `by_id`: the account's person who wrote it. A later one has a higher number."""

    note_id: int
    at: datetime
    by_id: int | None = None


def followed(
    told: Told, situation: Situation, tellable: Tellable, watchers: frozenset[int] = frozenset()
) -> Told:
    """After a situation; one that is not the newest changes nothing. `watchers`: who watches the request."""
    known = told.situation
    if known is not None and not newer(situation, known):
        return told
    news: set[Entry] = set()
    if known is not None and known.status != situation.status:
        news = _news(Reason.STATUS_CHANGED, _STATUS, situation.at, watchers - {situation.by_id})
    kept = {entry for entry in told.open if entry.about is not None and stands(entry, situation)}
    kept = _without(kept, watchers, news)
    wanted = {entry for entry in {*standing(situation), *kept, *news} if tellable(entry)}
    return replace(told, situation=situation, open=frozenset(wanted))


def noted(told: Told, said: Said, tellable: Tellable, watchers: frozenset[int]) -> Told:
    """After a note to everybody: who watches hears of it, but for who wrote it. Of several the last is
    told.
    """
    if said.note_id <= told.heard.get(_NOTES, 0):
        return told
    news = _news(Reason.NOTE_ADDED, _NOTES, said.at, watchers - {said.by_id})
    new = {entry for entry in news if tellable(entry)}
    kept = _without(told.open, watchers, news)
    return replace(told, open=frozenset(kept | new), heard={**told.heard, _NOTES: said.note_id})


def unwatched(told: Told, person_id: int) -> Told:
    """After a person watches no more."""
    his = {entry for entry in told.open if entry.reason in NEWS and entry.to.person_id == person_id}
    return replace(told, open=told.open - his)


def _news(reason: Reason, about: str, at: datetime, watchers: frozenset[int]) -> set[Entry]:
    return {Entry(reason, To(person_id=id), at, about=about, for_requester=True) for id in watchers}


def _without(entries: Iterable[Entry], watchers: frozenset[int], news: set[Entry]) -> set[Entry]:
    """The entries without news that others take the place of, or of who watches no more."""
    replaced = {(entry.about, entry.to) for entry in news}
    return {
        entry
        for entry in entries
        if entry.reason not in NEWS
        or (entry.to.person_id in watchers and (entry.about, entry.to) not in replaced)
    }


def alarmed(told: Told, alarm: Alarm, tellable: Tellable) -> Told:
    """After an alarm. Each is told once, and none after a later one of the same target."""
    reason = Reason.BREACHED if alarm.breach else Reason.AT_RISK

    def entry(to: To, as_assignee: bool) -> Entry:
        return Entry(
            reason,
            to,
            alarm.at,
            about=alarm.about,
            sla_id=alarm.sla_id,
            goal=alarm.goal,
            percent=alarm.percent,
            as_assignee=as_assignee,
        )

    whom = {entry(To(person_id=id), False) for id in alarm.people}
    assignee = told.situation.assignee if told.situation and alarm.assignee else None
    if assignee is not None and assignee.person_id not in alarm.people:
        whom.add(entry(assignee, True))
    return _heard(told, alarm.about, alarm.percent, whom, tellable)


def responded(told: Told, affected_sla_id: int) -> Told:
    """After the response: that it was due concerns nobody any more, also who hears of it late."""
    about = f"{affected_sla_id}:{_RESPONSE}"
    return _heard(told, about, _MET, set(), lambda _: False)


def reminded(told: Told, follow_up: FollowUp, tellable: Tellable) -> Told:
    """After a follow-up: those who have still to answer are told."""
    situation = told.situation
    waits = situation is not None and follow_up.waiting_since >= situation.since
    asked = situation.asked if situation is not None and waits else frozenset()
    whom = {
        Entry(
            Reason.FOLLOW_UP,
            To(person_id=id),
            follow_up.at,
            about=follow_up.about,
            sla_id=follow_up.sla_id,
            for_requester=True,
        )
        for id in asked
    }
    return _heard(told, follow_up.about, follow_up.rule, whom, tellable)


def _heard(told: Told, about: str, level: int, whom: set[Entry], tellable: Tellable) -> Told:
    if level <= told.heard.get(about, 0):
        return told
    others = {entry for entry in told.open if entry.about != about}
    situation = told.situation
    new = {entry for entry in whom if (situation is None or stands(entry, situation)) and tellable(entry)}
    return replace(told, open=frozenset(others | new), heard={**told.heard, about: level})
