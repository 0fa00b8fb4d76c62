"""A request's open entries, and how they change.

Which entries are open is decided anew with every word: those that the newest situation makes by itself, and
those of the latest alarms and the latest reminder. So it is the same in whatever order they are heard. News
alone are kept as they are until others take their place.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

from services.notifications.model.entry import NEWS, Entry, Reason, To
from services.notifications.model.situation import Situation, newer, standing

_RESPONSE: Final = "response"
_MET: Final = 101  # more than any alarm
_STATUS: Final = "status"
_NOTES: Final = "notes"
_NOT_AFFECTED: Final = "not_affected"

Tellable = Callable[[Entry], bool]
"""Whether an entry may be told to whom it is for: a person who is not disabled and may see the request."""


@dataclass(frozen=True, slots=True)
class Alarm:
    """So many percent of the time until a target of an affected SLA are gone. `people`: whom to tell;
    `assignee`: also whoever has the request.
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
    """The customer, who was asked at `waiting_since`, is reminded by an SLA's `rule`, the nth. Several SLAs
    remind as one.
    """

    sla_id: int
    rule: int
    waiting_since: datetime
    at: datetime

    def later(self, other: "FollowUp") -> bool:
        return (self.waiting_since, self.rule) > (other.waiting_since, other.rule)


@dataclass(frozen=True, slots=True)
class Said:
    """A note to everybody. `by_id`: the account's person who wrote it. A later one has a higher number."""

    note_id: int
    at: datetime
    by_id: int | None = None


@dataclass(frozen=True, slots=True)
class Told:
    """What is known of a request here. `situation` is None while nothing was heard of it but alarms: it was
    registered before this service first listened, or its word comes late. `alarms`: the latest of each
    target, as long as it concerns anybody. `heard`: the highest word on each target, the last note, and when
    (seconds since 1970) an SLA was affected no more.
    """

    situation: Situation | None = None
    open: frozenset[Entry] = frozenset()
    alarms: frozenset[Alarm] = frozenset()
    follow_up: FollowUp | None = None
    heard: Mapping[str, int] = field(default_factory=dict)


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
    kept = _without(told.open, watchers, news)
    return _opened(replace(told, situation=situation, open=frozenset(kept | news)), tellable)


def noted(told: Told, said: Said, tellable: Tellable, watchers: frozenset[int]) -> Told:
    """After a note to everybody: who watches hears of it, but for who wrote it. Of several the last is
    told.
    """
    if said.note_id <= told.heard.get(_NOTES, 0):
        return told
    news = _news(Reason.NOTE_ADDED, _NOTES, said.at, watchers - {said.by_id})
    kept = _without(told.open, watchers, news)
    heard = {**told.heard, _NOTES: said.note_id}
    return _opened(replace(told, open=frozenset(kept | news), heard=heard), tellable)


def unwatched(told: Told, person_id: int) -> Told:
    """After a person watches no more."""
    his = {entry for entry in told.open if entry.reason in NEWS and entry.to.person_id == person_id}
    return replace(told, open=told.open - his)


def alarmed(told: Told, alarm: Alarm, tellable: Tellable) -> Told:
    """After an alarm. Each is told once, and none after a later one of the same target."""
    return _heard(told, alarm.about, alarm.percent, {alarm}, tellable)


def responded(told: Told, affected_sla_id: int, tellable: Tellable) -> Told:
    """After the response: that it was due concerns nobody any more, also who hears of it late."""
    return _heard(told, f"{affected_sla_id}:{_RESPONSE}", _MET, set(), tellable)


def not_affected(told: Told, affected_sla_id: int, at: datetime, tellable: Tellable) -> Told:
    """After the SLA was affected no more: what fell due of it until then concerns nobody, also who hears of
    it late. When it is affected again it may fall due again.
    """
    heard = {**told.heard, _off(affected_sla_id): max(_seconds(at), _off_at(told, affected_sla_id))}
    return _opened(replace(told, heard=heard), tellable)


def reminded(told: Told, follow_up: FollowUp, tellable: Tellable) -> Told:
    """After a follow-up: those who have still to answer are told."""
    if told.follow_up is not None and not follow_up.later(told.follow_up):
        return told
    return _opened(replace(told, follow_up=follow_up), tellable)


def reviewed(told: Told, tellable: Tellable) -> Told:
    """After it has changed to whom something may be told."""
    return _opened(told, tellable)


def _heard(told: Told, about: str, level: int, alarms: set[Alarm], tellable: Tellable) -> Told:
    if level <= told.heard.get(about, 0):
        return told
    others = {alarm for alarm in told.alarms if alarm.about != about}
    heard = {**told.heard, about: level}
    return _opened(replace(told, alarms=frozenset(others | alarms), heard=heard), tellable)


def _opened(told: Told, tellable: Tellable) -> Told:
    """With the entries that are to be open now."""
    situation = told.situation
    alarms = {alarm for alarm in told.alarms if not _over(alarm, told)}
    news = {entry for entry in told.open if entry.reason in NEWS}
    wanted = {*_falling_due(alarms, situation), *_reminders(told.follow_up, situation), *news}
    if situation is not None:
        wanted |= standing(situation)
    found = {each for entry in wanted if (each := _to_somebody(entry, situation, tellable)) is not None}
    return replace(told, alarms=frozenset(alarms), open=frozenset(found))


def _over(alarm: Alarm, told: Told) -> bool:
    if _seconds(alarm.at) <= _off_at(told, alarm.affected_sla_id):
        return True
    situation = told.situation
    return situation is not None and not situation.live and alarm.at <= situation.at


def _off(affected_sla_id: int) -> str:
    return f"{affected_sla_id}:{_NOT_AFFECTED}"


def _off_at(told: Told, affected_sla_id: int) -> int:
    return told.heard.get(_off(affected_sla_id), 0)


def _seconds(at: datetime) -> int:
    return int(at.timestamp())


def _falling_due(alarms: Iterable[Alarm], situation: Situation | None) -> set[Entry]:
    """Of each alarm hear whom it names, and who has the request now."""
    if situation is not None and not situation.live:
        return set()
    assignee = situation.assignee if situation is not None else None
    found = set()
    for alarm in alarms:
        whom = {To(person_id=id) for id in alarm.people}
        if alarm.assignee and assignee is not None:
            whom.add(assignee)
        found |= {_of_alarm(alarm, to) for to in whom}
    return found


def _of_alarm(alarm: Alarm, to: To) -> Entry:
    return Entry(
        Reason.BREACHED if alarm.breach else Reason.AT_RISK,
        to,
        alarm.at,
        about=alarm.about,
        sla_id=alarm.sla_id,
        goal=alarm.goal,
        percent=alarm.percent,
    )


def _reminders(follow_up: FollowUp | None, situation: Situation | None) -> set[Entry]:
    """For those who have still to answer what they were asked then."""
    if follow_up is None or situation is None or follow_up.waiting_since < situation.since:
        return set()
    at, sla_id = follow_up.at, follow_up.sla_id
    return {
        Entry(Reason.FOLLOW_UP, To(person_id=id), at, sla_id=sla_id, for_requester=True)
        for id in situation.asked
    }


def _to_somebody(entry: Entry, situation: Situation | None, tellable: Tellable) -> Entry | None:
    """An entry, when it may be told. What is the member's is the team's, when he may be told nothing: it
    would be nobody's.
    """
    if tellable(entry):
        return entry
    if situation is None or situation.team_id is None or entry.for_requester:
        return None
    if entry.to != To(person_id=situation.member_id):
        return None
    of_team = replace(entry, to=To(team_id=situation.team_id))
    return of_team if tellable(of_team) else None


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
