"""All rows are made anew, live: a job that the service works on by itself, page by page.

There is one at a time, and one process works on it. How far it is, is saved after each page, by a
compare-and-set of where it was: whoever goes on after a crash does a page again, no more. While the database
or a service that is asked does not answer, it waits.

    affected_slas   their rows
    requests        theirs, with periods and notes, and the SLAs that they have affected
    period_rows     those whose request is not there any more go
    note_rows       likewise

At the end what was counted is let go of: all is counted anew, from the rows.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Final

import structlog
from pymongo.errors import DuplicateKeyError

from services.common.actor import Actor
from services.common.context import Context
from services.common.database import answering
from services.common.errors import InterdeskError, Unavailable
from services.common.verdicts import is_outage
from services.reporting import store
from services.reporting.actions import mending

Document = dict[str, Any]

WORK_SECONDS: Final = 10.0
AT_ONCE: Final = 100
"""Records on a page."""
QUEUED, PROCESSING, DONE, BROKEN = "queued", "processing", "done", "error"
_JOB: Final = "rebuild"
_GOES_ON: Final = {"_id": _JOB, "state": {"$in": [QUEUED, PROCESSING]}}
_PHASES: Final[Mapping[str, Callable[[Context, int | None, int], mending.Page]]] = {
    "affected_slas": mending.mend_affected_slas,
    "requests": mending.mend_requests,
    **{name: partial(mending.sweep, collection=name) for name in ("period_rows", "note_rows")},
}
_TOLD_BY: Final = ("slas", "requests")

log = structlog.get_logger(__name__)


def start(context: Context, actor: Actor) -> Document:
    """Asks for all rows to be made anew; while that goes on it is no other one. Raises Unavailable."""
    now = context.clock.now()
    job: Document = {
        "run": context.new_uuid(),
        "state": QUEUED,
        "person": {"id": actor.person_id, "name": actor.name},
        "phase": next(iter(_PHASES)),
        "after": None,
        "line": 0,
        "lines": None,
        "removed": 0,
        "errors": [],
        "created_at": now,
        "started_at": None,
        "ended_at": None,
    }
    kept = context.database[store.REBUILDS.name]
    with answering():
        try:
            kept.replace_one({"_id": _JOB, "state": {"$in": [DONE, BROKEN]}}, job, upsert=True)
        except DuplicateKeyError:
            log.info("a rebuild goes on already")
        found: Document = kept.find_one({"_id": _JOB}) or {}
    return found


def work(context: Context, seconds: float = WORK_SECONDS, at_once: int = AT_ONCE) -> None:
    """Goes on with it, for so long. Raises Unavailable."""
    ends_at = time.monotonic() + seconds
    while time.monotonic() < ends_at:
        with answering():
            job = context.database[store.REBUILDS.name].find_one(_GOES_ON)
        if job is None:
            return
        try:
            _go_on(context, job, at_once)
        except Exception as error:
            if isinstance(error, Unavailable) or is_outage(error):
                raise
            log.exception("a rebuild broke", phase=job["phase"], after=job["after"])
            told = error.message if isinstance(error, InterdeskError) else "It broke; the log says how."
            _move(
                context, job, {"state": BROKEN, "errors": [["base", told]], "ended_at": context.clock.now()}
            )


def _go_on(context: Context, job: Document, at_once: int) -> None:
    """Does the next page."""
    if job["state"] == QUEUED:
        lines = sum(mending.records_of(context, service) for service in _TOLD_BY)
        _move(context, job, {"state": PROCESSING, "lines": lines, "started_at": context.clock.now()})
        return
    page = _PHASES[job["phase"]](context, job["after"], at_once)
    counted = {"line": job["line"] + page.done, "removed": job["removed"] + page.gone}
    counted["lines"] = max(job["lines"], counted["line"])
    if page.end is not None:
        _move(context, job, {**counted, "after": page.end})
        return
    phases = list(_PHASES)
    later = phases[phases.index(job["phase"]) + 1 :]
    if later:
        _move(context, job, {**counted, "phase": later[0], "after": None})
        return
    with answering():
        context.database[store.COUNTS.name].delete_many({})
    _move(context, job, {**counted, "state": DONE, "ended_at": context.clock.now()})


def _move(context: Context, job: Mapping[str, Any], changes: Document) -> None:
    """Unless somebody else has gone on with it."""
    where = {name: job[name] for name in ("_id", "run", "state", "phase", "after")}
    with answering():
        context.database[store.REBUILDS.name].update_one(where, {"$set": changes})
