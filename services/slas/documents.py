"""Affected SLAs ↔ documents, and the calendars that their terms count by.

An affected SLA's document holds the terms it was given, so that what is agreed later changes nothing. The
calendars of the terms, resolved with their holidays, stand in `calendar_snapshots`, each once, under the hash
of what it says: thousands of affected SLAs count by the same few.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict
from datetime import timedelta
from functools import lru_cache
from typing import Any

from services.common import strict_json
from services.slas.model.affected import Affected, Snapshot, next_target_of
from services.slas.model.calendars import Calendar, Hours
from services.slas.model.clocks import (
    RESOLUTION,
    RESPONSE,
    USUAL,
    Alarm,
    Allowed,
    Clock,
    Escalation,
    FollowUp,
    Rule,
    Said,
    Stop,
    Terms,
    next_at,
)

Document = dict[str, Any]

_PLAIN = (
    "sla_id",
    "service_instance_id",
    "accountability",
    "impact",
    "desired_completion_at",
    "downtime_start_at",
    "downtime_end_at",
    "provider_was_not_accountable",
    "for_requester",
    "waiting_since",
)
_OF_SNAPSHOT = (
    "level",
    "support_hours_id",
    "service_hours_id",
    "first_line_team_id",
    "support_team_id",
    "supplier_id",
    "service_owner_id",
)
_OF_CLOCK = ("started_at", "responded_at", "ended_at")
_COUNTED = (
    "request_id",
    "sla_id",
    "service_instance_id",
    "accountability",
    "impact",
    "first_line_team_id",
    "support_team_id",
    "supplier_id",
    "started_at",
    "responded_at",
    "response_target_at",
    "resolution_target_at",
    "actual_response_duration",
    "actual_resolution_duration",
    "updated_at",
)


def to_document(affected: Affected, raised: Iterable[Alarm], said: Said | None = None) -> Document:
    """The state of an affected SLA, with when it has to be looked at again (`due`), and with what is shown of
    it (`_shown`): nothing of that changes but by a save."""
    snapshot, clock = affected.snapshot, affected.clock
    terms, told = snapshot.terms, list(raised)
    document: Document = {
        **{name: getattr(affected, name) for name in _PLAIN},
        **{name: getattr(snapshot, name) for name in _OF_SNAPSHOT},
        **{name: getattr(clock, name) for name in _OF_CLOCK},
        "stops": [{"since": stop.since, "until": stop.until} for stop in clock.stops],
        "reasons": sorted(clock.reasons),
        "time_zone": terms.time_zone,
        "response": _allowed(terms.response),
        "resolution": _allowed(terms.resolution),
        "support_hours": digest(terms.support_hours),
        "service_hours": digest(snapshot.service_hours),
        "response_rules": _rules(snapshot.response_rules),
        "resolution_rules": _rules(snapshot.resolution_rules),
        "follow_up": _follow_up(snapshot.follow_up),
        **_shown(affected),
        "raised": [{"goal": alarm.goal, "percent": alarm.percent} for alarm in told],
        "said": None if said is None else asdict(said),
    }
    moments = {next_at(affected, snapshot.percents, told)} | {each.at for each in affected.follow_ups(said)}
    due = min((at for at in moments if at is not None), default=None)
    return document if due is None else {**document, "due": due}


def of_document(document: Mapping[str, Any], calendar: Callable[[str], Calendar]) -> Affected:
    """`calendar` gives the snapshot of a calendar by its hash."""
    terms = Terms(
        calendar(document["support_hours"]),
        document["time_zone"],
        _read_allowed(document["response"]),
        _read_allowed(document["resolution"]),
    )
    taken = {name: document[name] for name in _OF_SNAPSHOT}
    return Affected(
        **{name: document[name] for name in _PLAIN},
        snapshot=Snapshot(
            terms=terms,
            service_hours=calendar(document["service_hours"]),
            response_rules=_read_rules(document["response_rules"]),
            resolution_rules=_read_rules(document["resolution_rules"]),
            follow_up=_read_follow_up(document["follow_up"]),
            **taken,
        ),
        clock=Clock(
            terms=terms,
            stops=tuple(Stop(stop["since"], stop["until"]) for stop in document["stops"]),
            reasons=frozenset(document["reasons"]),
            **{name: document[name] for name in _OF_CLOCK},
        ),
    )


def counted(document: Mapping[str, Any]) -> Document:
    """What reports count of an affected SLA; `resolved_at` is null where it has ended without."""
    resolved = document["actual_resolution_duration"] is not None
    return {
        **{name: document[name] for name in _COUNTED},
        "resolved_at": document["ended_at"] if resolved else None,
    }


def raised_of(document: Mapping[str, Any]) -> list[Alarm]:
    return [
        Alarm(RESPONSE if each["goal"] == RESPONSE else RESOLUTION, each["percent"])
        for each in document["raised"]
    ]


def said_of(document: Mapping[str, Any]) -> Said | None:
    said = document["said"]
    return None if said is None else Said(**said)


@lru_cache(maxsize=256)
def digest(calendar: Calendar) -> str:
    """The hash of what a calendar says."""
    return hashlib.sha256(strict_json.dumps(_said(calendar))).hexdigest()


def calendar_document(calendar: Calendar) -> Document:
    return {"_id": digest(calendar), **_said(calendar)}


def read_calendar(document: Mapping[str, Any]) -> Calendar:
    return Calendar(
        tuple(_hours(day) for day in document["week"]),
        tuple((start, end) for start, end in document["holidays"]),
        tuple((day, _hours(hours)) for day, hours in document["exceptions"]),
    )


def _shown(affected: Affected) -> Document:
    """Durations in whole minutes. The clock's stops are counted when they have ended."""
    clock = affected.clock
    open_since = clock.stops[-1].since if clock.stands else None
    last = open_since or (clock.stops[-1].until if clock.stops else None) or clock.started_at
    return {
        "response_target_at": affected.target_at(RESPONSE),
        "resolution_target_at": affected.target_at(RESOLUTION),
        "next_target_at": next_target_of(affected),
        "actual_response_duration": _minutes(affected.duration(RESPONSE)),
        "actual_resolution_duration": _minutes(affected.duration(RESOLUTION)),
        "stopped_clock_at": open_since,
        "stopped_clock_duration": _minutes(clock.stood(last)),
        "downtime_duration": _minutes(affected.downtime),
    }


def _minutes(time: timedelta | None) -> int | None:
    return None if time is None else time // timedelta(minutes=1)


def _said(calendar: Calendar) -> Document:
    def hours(of: Iterable[Hours]) -> list[list[int]]:
        return [[each.start, each.end] for each in of]

    return {
        "week": [hours(day) for day in calendar.week],
        "holidays": [list(each) for each in calendar.holidays],
        "exceptions": [[day, hours(of)] for day, of in calendar.exceptions],
    }


def _hours(pairs: Iterable[Iterable[int]]) -> tuple[Hours, ...]:
    return tuple(Hours(*pair) for pair in pairs)


def _allowed(allowed: Allowed | None) -> Document | None:
    return None if allowed is None else {"count": allowed.count, "unit": allowed.unit}


def _read_allowed(document: Mapping[str, Any] | None) -> Allowed | None:
    return None if document is None else Allowed(document["count"], document["unit"])


def _rules(rules: tuple[Rule, ...]) -> list[Document] | None:
    """The usual ones are not written out with each affected SLA: null."""
    if rules == USUAL:
        return None
    return [
        {
            "percent": rule.percent,
            "notify": list(rule.notify),
            "escalate": rule.escalate and {"team_id": rule.escalate.team_id, "urgent": rule.escalate.urgent},
        }
        for rule in rules
    ]


def _read_rules(document: Iterable[Mapping[str, Any]] | None) -> tuple[Rule, ...]:
    if document is None:
        return USUAL
    return tuple(
        Rule(
            each["percent"],
            tuple(each["notify"]),
            None if each["escalate"] is None else Escalation(**each["escalate"]),
        )
        for each in document
    )


def _follow_up(follow_up: FollowUp | None) -> Document | None:
    if follow_up is None:
        return None
    return {"reminders": list(follow_up.reminders), "completes_after": follow_up.completes_after}


def _read_follow_up(document: Mapping[str, Any] | None) -> FollowUp | None:
    if document is None:
        return None
    return FollowUp(tuple(document["reminders"]), document["completes_after"])
