"""The affected SLAs of the account's requests follow what the requests service says of each.

What it promises
    A request's affected SLAs go through its situations one by one, in the order of their numbers, and each
    situation has its effect once. A stop that came and went is counted, however late it is heard: by the
    times of the requests service's saves, not by when they arrive here.

    What a request shows of its targets is told when it has changed: `affected_slas.followed`, `{request_id,
    n, next_target_at, accountable_team_ids, response_target_at, resolution_target_at,
    requester_resolution_target_at, sla_ids}`, the teams being those of the SLAs that are still affected, and
    `sla_ids` all that it has ever affected. That a completed one has no next target is not told, it knows.

    Who was told that a response draws near or is missed is told when it is given: `affected_sla.responded`,
    `{id, request_id}`; who was told so of a resolution, when it is not owed any more because the SLA is not
    affected: `affected_sla.not_affected`, `{id, request_id, at}`.

    What reports count of an affected SLA is told whenever it follows: `affected_sla.recorded` (`documents`).

How
    Each affected SLA is a record of its own; where the request is with them stands in its `situations`
    record, which is saved last. So after a crash in between the same situation comes again, and what follows
    it twice is as after once. One that comes too early is brought again later. What is missing for long will
    not come: it was said before this service first listened, or it is parked; then the next one, which tells
    all, goes before. A request whose numbers begin anew was restored, and is known by its later time.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import structlog

from services.common.actor import Actor
from services.common.clock import from_iso, iso
from services.common.context import Context
from services.common.database import answering
from services.common.errors import Stale
from services.common.store import Record, decide_again, event_row, making
from services.common.verdicts import Later
from services.slas import documents, store
from services.slas.actions import promises
from services.slas.model.affected import (
    BEST_EFFORT,
    NO_TARGET,
    NOT_AFFECTED,
    Affected,
    Situation,
    Snapshot,
    earliest_targets,
    followed,
    next_target,
)
from services.slas.model.calendars import FIRST_YEAR, LAST_YEAR
from services.slas.model.clocks import RESOLUTION, RESPONSE

log = structlog.get_logger(__name__)

Document = dict[str, Any]

MISSING_FOR: Final = timedelta(minutes=15)
_AGAIN_SECONDS: Final = 1.0
_FIRST: Final = datetime(FIRST_YEAR, 1, 1, tzinfo=UTC)
_LAST: Final = datetime(LAST_YEAR, 12, 31, tzinfo=UTC)
# What a request shows by itself, before anything is told of it and when it is completed.
_COMPLETED: Final[Document] = {"next_target_at": NO_TARGET, "accountable_team_ids": []}
_UNTOLD: Final[Document] = {
    "next_target_at": BEST_EFFORT,
    "accountable_team_ids": [],
    "response_target_at": None,
    "resolution_target_at": None,
    "requester_resolution_target_at": None,
    "sla_ids": [],
}
_BEFORE_ALL: Final[Document] = {
    "n": 0,
    "at": _FIRST,
    "missing_since": None,
    "placed": None,
    "above": [],
    "shows": _UNTOLD,
}
# By these it is decided which SLAs a request affects: when one of them changes, and not in between.
_PLACE: Final = ("service_instance_id", "about_id", "requested_for_id", "customer_account", "agreement")
# What clocks know of a request is in the words of its situation.
_SAID: Final = (
    "status",
    "category",
    "impact",
    "service_instance_id",
    "about_id",
    "team_id",
    "begun",
    "handed_down",
    "provider_not_accountable",
)
_MOMENTS: Final = ("desired_completion_at", "downtime_start_at", "downtime_end_at", "waiting_since")


@decide_again
def follow(context: Context, body: Mapping[str, Any]) -> None:
    """Applies `request.situation_changed`. Raises Later for one that comes too early, Unavailable."""
    request_id, at = body["request_id"], from_iso(body["at"])
    position = store.records(context, store.SITUATIONS).find_one({"_id": request_id})
    held = _BEFORE_ALL if position is None else position.state
    if body["n"] <= held["n"] and at <= held["at"]:
        return
    if body["n"] > held["n"] + 1:
        _wait(context, request_id, position, held)
    placed = {name: body[name] for name in _PLACE}
    anew = placed != held["placed"]
    above = promises.above(context, _instances(body)) if anew else frozenset(held["above"])
    situation = _situation(body, at, above)
    shows = _follow(context, request_id, situation, body, anew)
    shown = held["shows"] if situation.live else {**held["shows"], **_COMPLETED}
    state = {
        "n": body["n"],
        "at": max(at, held["at"]),
        "missing_since": None,
        "placed": placed,
        "above": sorted(above),
        "shows": shows,
    }
    told = {"request_id": request_id, "n": body["n"], **shows}
    news = [] if shows == shown else [event_row("affected_slas.followed", told)]
    _move(context, request_id, position, state, news)


def behind(context: Context, request_ids: Collection[int]) -> set[int]:
    """Those of these requests of which more was said than has been followed. Raises Unavailable."""
    system = Actor.system(context.account)
    said = context.rpc.call("requests", "situations", system, sorted(request_ids))
    with answering():
        found = context.database[store.SITUATIONS].find({"_id": {"$in": list(request_ids)}}, {"n": 1})
        held = {each["_id"]: each["n"] for each in found}
    return {id for id, n in said if n > held.get(id, 0)}


def load(context: Context, record: Record) -> Affected:
    """The affected SLA of a record. Raises Unavailable."""
    return documents.of_document(record.state, lambda hash: promises.kept_calendar(context, hash))


def _wait(context: Context, request_id: int, position: Record | None, held: Mapping[str, Any]) -> None:
    """Raises Later, unless what comes between has been missing for long."""
    now, since = context.clock.now(), held["missing_since"]
    if since is not None and now - since >= MISSING_FOR:
        log.warning("situations of a request are missing", request=request_id, after=held["n"])
        return
    if since is None:
        _move(context, request_id, position, {**held, "missing_since": now})
    raise Later(_AGAIN_SECONDS, "earlier_situation_missing")


def _follow(
    context: Context, request_id: int, situation: Situation, body: Mapping[str, Any], anew: bool
) -> Document:
    """Gives what the request shows of its targets now. `anew`: it may come to affect other SLAs."""
    affected_slas, at = store.records(context, store.AFFECTED_SLAS), situation.at
    kept = {record.state["sla_id"]: record for record in affected_slas.find({"request_id": request_id})}
    if any(_further(record.state["situation"], body["n"], at) for record in kept.values()):
        raise Stale()  # somebody is a situation further, and about to say so
    among = promises.promises(context, {*_instances(body), *situation.above}) if anew else []
    asking = promises.asking(context, body["requested_for_id"], among)

    def terms(sla_id: int, level: str | None) -> Snapshot:
        taken = promises.terms(context, sla_id, level)
        promises.keep(context, taken)
        return taken

    before = {sla_id: load(context, record) for sla_id, record in kept.items()}
    after = followed(before, situation, among, asking, terms)
    for sla_id, affected in after.items():
        if affected != before.get(sla_id):
            _save(context, request_id, kept.get(sla_id), affected, {"n": body["n"], "at": at})
    targets = earliest_targets(after.values())
    told: Document = {name: None if moment is None else iso(moment) for name, moment in targets.items()}
    told["sla_ids"] = sorted(after)
    if not situation.live:
        return {**_COMPLETED, **told}
    target = next_target(situation, after.values())
    held = [each for each in after.values() if each.accountability != NOT_AFFECTED]
    return {
        "next_target_at": target if isinstance(target, str) else iso(target),
        "accountable_team_ids": sorted({id for each in held for id in each.snapshot.team_ids}),
        **told,
    }


def _further(situation: Mapping[str, Any], n: int, at: datetime) -> bool:
    """By both: numbers begin anew in a request that was restored, and two processes' clocks differ."""
    return bool(situation["n"] > n and situation["at"] > at)


def _save(
    context: Context, request_id: int, record: Record | None, affected: Affected, situation: Document
) -> None:
    now = context.clock.now()
    raised = [] if record is None else documents.raised_of(record.state)
    said = None if record is None else documents.said_of(record.state)
    state = {
        "request_id": request_id,
        "situation": situation,
        "created_at": now if record is None else record.state["created_at"],
        "updated_at": now,
        **documents.to_document(affected, raised, said),
    }
    if record is None:
        id = context.ids.next("affected_sla")
        _insert(context, store.AFFECTED_SLAS, id, state, [_recorded(id, 1, state)])
        return
    told, body = {alarm.goal for alarm in raised}, {"id": record.id, "request_id": request_id}
    rows = [_recorded(record.id, record.version + 1, state)]
    if RESPONSE in told and record.state["responded_at"] is None and affected.responded_at is not None:
        rows.append(event_row("affected_sla.responded", body))
    if RESOLUTION in told and record.state["accountability"] != affected.accountability == NOT_AFFECTED:
        rows.append(event_row("affected_sla.not_affected", {**body, "at": iso(situation["at"])}))
    store.records(context, store.AFFECTED_SLAS).save(record, state, rows=rows)


def _recorded(id: int, version: int, state: Mapping[str, Any]) -> Document:
    body = {"id": id, "version": version, "record": documents.counted(state)}
    return event_row("affected_sla.recorded", body, id=f"affected_sla.recorded:{id}:{version}")


def _move(
    context: Context,
    request_id: int,
    position: Record | None,
    state: Document,
    rows: Sequence[Document] = (),
) -> None:
    if position is None:
        _insert(context, store.SITUATIONS, request_id, state, rows)
    else:
        store.records(context, store.SITUATIONS).save(position, state, rows=rows)


def _insert(
    context: Context, collection: str, id: int, state: Document, rows: Sequence[Document] = ()
) -> None:
    with making():
        store.records(context, collection).insert(id, state, rows=rows)


def _situation(body: Mapping[str, Any], at: datetime, above: frozenset[int]) -> Situation:
    said: Document = {name: body[name] for name in _SAID}
    said |= {name: _moment(body[name]) for name in _MOMENTS}
    # What another account handed over under no agreement that could be read is nobody's promise.
    handed_over = body["customer_account"] is not None
    return Situation(
        at=at,
        above=above,
        completion_reason=body["completion_reason"],
        agreement=(body["agreement"] or "") if handed_over else None,
        **said,
    )


def _instances(body: Mapping[str, Any]) -> set[int]:
    return {body[name] for name in ("service_instance_id", "about_id") if body[name] is not None}


def _moment(text: str | None) -> datetime | None:
    """A moment that people wrote, within the years that are counted with."""
    return None if text is None else min(max(from_iso(text), _FIRST), _LAST)
