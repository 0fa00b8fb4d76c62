"""Imports and exports wait in a line, and the service works on the oldest, some seconds at a time.

One process does it at a time: the one that holds the lease, which it keeps while it has something to do. Who
asked may lose his roles before his turn comes; then it ends as `failed`.
"""

from __future__ import annotations

import time
from typing import Any, Final

import structlog

from services.common.actor import Actor
from services.common.context import Context
from services.common.database import answering
from services.common.errors import Forbidden, InterdeskError, Unavailable
from services.common.leases import Lease
from services.common.verdicts import is_outage
from services.organizations import store
from services.organizations.actions.saving import records
from services.organizations.actions.transferring import exports, imports
from services.organizations.actions.transferring.import_lines import BROKEN
from services.organizations.actions.transferring.sheets import SHEETS
from services.organizations.model.rules import RuleBroken

WORK_SECONDS: Final = 10.0
_LEASE: Final = "transfers_lease"
_WORKED_ON: Final = ("queued", "processing")

log = structlog.get_logger(__name__)


def work(context: Context, seconds: float = WORK_SECONDS) -> None:
    """Does what is due, for so long. Raises Unavailable."""
    ends_at = time.monotonic() + seconds
    lease = _lease(context)
    while (job := _due(context)) is not None and lease.acquire():
        if job["state"] in _WORKED_ON:
            _go_on(context, job, lambda: time.monotonic() < ends_at and lease.acquire())
        elif job["what"] == "import":
            imports.forget_import(context, job)
        else:
            exports.forget_export(context, job)
        if time.monotonic() >= ends_at:
            return
    if job is None and _LEASE in context.kept:
        context.kept.pop(_LEASE).release()


def _go_on(context: Context, job: dict[str, Any], may_go_on: Any) -> None:
    is_import = job["what"] == "import"
    end = imports.end_import if is_import else exports.end_export
    try:
        actor = _asking(context, job)
        (imports.go_on if is_import else exports.go_on)(context, job, actor, may_go_on)
    except Unavailable:
        raise
    except (RuleBroken, InterdeskError) as refusal:
        end(context, job, "failed", refusal.errors or [("base", refusal.message)])
    except Exception as error:
        if is_outage(error):
            raise
        log.exception("a transfer broke", token=job["_id"], what=job["what"])
        end(context, job, "error", [("base", BROKEN)])


def _asking(context: Context, job: dict[str, Any]) -> Actor:
    """Who asked, with the roles that he has now. Raises Forbidden."""
    found = records(context, "person").find_one({"_id": job["person"]["id"]})
    if found is None or found.state["disabled"]:
        raise Forbidden("person_disabled", "Who asked for this is disabled by now.")
    person = found.state
    actor = Actor(
        found.id,
        context.account,
        frozenset(person["roles"]),
        frozenset(),
        person.get("organization_id"),
        person["name"],
    )
    for type in job.get("types") or [job["type"]]:
        actor.needs(*SHEETS[type].roles)
    return actor


def _due(context: Context) -> dict[str, Any] | None:
    with answering():
        found = context.database[store.TRANSFERS].find({"due": {"$lte": context.clock.now()}})
        return next(iter(found.sort([("due", 1)]).limit(1)), None)


def _lease(context: Context) -> Lease:
    if _LEASE not in context.kept:
        seconds = context.config.lease_seconds
        context.kept[_LEASE] = Lease(
            context.database, "transfers", context.new_uuid(), seconds, context.clock
        )
    lease: Lease = context.kept[_LEASE]
    return lease
