"""Reports and dashboards are made and changed.

Who sees every request of the account makes them, and only their owner changes them, or an administrator. They
are disabled, never deleted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from services.common import history, idempotency
from services.common.actor import Actor
from services.common.context import Context
from services.common.errors import Conflict, Forbidden, Invalid, NotFound
from services.common.roles import ADMINISTRATORS, SEE_REQUESTS
from services.common.store import Record, decide_again
from services.reporting import queries, store
from services.reporting.model.definition import RuleBroken, defined
from services.reporting.schemas.reports import NOBODY, TEAMS

Document = dict[str, Any]
Fields = Mapping[str, Any]

_SHARED: Final[Document] = {
    "description": None,
    "disabled": False,
    "shared_with": NOBODY,
    "team_ids": [],
    "sla_ids": [],
    "source": None,
    "sourceID": None,
}
BLANK: Final[Mapping[str, Document]] = {
    "report": {
        **_SHARED,
        "moment": None,
        "measures": ["count"],
        "groups": [],
        "bucket": None,
        "filters": [],
        "days": 30,
    },
    "dashboard": {**_SHARED, "report_ids": []},
}


def create(context: Context, actor: Actor, kind: str, fields: Fields, key: str | None = None) -> Document:
    """With source and sourceID, or the `key`, of one that is there: that one, and `created` is false. Raises
    Forbidden, Invalid, Conflict, Unavailable."""
    actor.needs(*SEE_REQUESTS)
    id = idempotency.id_for(context, actor, kind, key, fields, lambda: context.ids.next(kind))
    if (made := _made_before(context, kind, fields, id)) is not None:
        return made
    now = context.clock.now()
    state = {**BLANK[kind], **fields, "owner_id": actor.person_id, "created_at": now, "updated_at": now}
    checked = _CHECKS[kind](context, actor, {}, state)
    entry = history.entry(now, actor, "create", {"name": [None, state["name"]]})
    try:
        saved = store.records(context, kind).insert(
            id or context.ids.next(kind), keyed(checked), history=[entry]
        )
    except Conflict:
        # Two tries at the same time to make one: the later one finds what the earlier made.
        if (made := _made_before(context, kind, fields, id)) is None:
            raise
        return made
    return _shown(kind, saved)


@decide_again
def update(
    context: Context, actor: Actor, kind: str, id: int, fields: Fields, version: int | None = None
) -> Document:
    """`version`: the only one to be changed. Raises Forbidden, NotFound, PreconditionFailed, Invalid,
    Conflict, Unavailable."""
    queries.get_report(context.database, id, actor) if kind == "report" else queries.get_dashboard(
        context.database, id, actor
    )
    record = store.records(context, kind).get(id, version)
    if not actor.has(*ADMINISTRATORS) and record.state["owner_id"] != actor.person_id:
        raise Forbidden("not_the_owner", f"Only its owner or an administrator may change this {kind}.")
    changes = {
        name: [record.state.get(name), value]
        for name, value in fields.items()
        if record.state.get(name) != value
    }
    if not changes:
        return _shown(kind, record)
    now = context.clock.now()
    state = _CHECKS[kind](context, actor, record.state, {**record.state, **fields, "updated_at": now})
    entry = history.entry(now, actor, "update", changes)
    return _shown(kind, store.records(context, kind).save(record, keyed(state), history=[entry]))


def keyed(state: Fields) -> Document:
    """The state with the key that it is found by, if it says both source and sourceID."""
    plain = {name: value for name, value in state.items() if name != "origin"}
    if state["source"] and state["sourceID"]:
        plain["origin"] = _origin(state)
    return plain


def _report(context: Context, actor: Actor, before: Fields, state: Document) -> Document:
    try:
        definition = defined(state)
    except RuleBroken as broken:
        raise Invalid(errors=broken.errors) from broken
    errors = _sharing_faults(context, state)
    if state["sla_ids"] and (told := definition.not_for_representatives):
        errors.append(("slas", told))
    return _refusing(errors, state)


def _dashboard(context: Context, actor: Actor, before: Fields, state: Document) -> Document:
    errors = _sharing_faults(context, state)
    for id in set(state["report_ids"]) - set(before.get("report_ids", ())):
        try:
            queries.get_report(context.database, id, actor)
        except NotFound:
            errors.append(("reports", f"there is no report {id}"))
    if state["sla_ids"] and not errors:
        errors += [
            ("slas", f"{each['name']}: {told}")
            for each in queries.reports_of(context.database, state)
            if (told := defined(each).not_for_representatives)
        ]
    return _refusing(errors, state)


_CHECKS: Final[Mapping[str, Callable[[Context, Actor, Fields, Document], Document]]] = {
    "report": _report,
    "dashboard": _dashboard,
}


def _sharing_faults(context: Context, state: Fields) -> list[tuple[str, str]]:
    errors = [
        *_unknown(context, "teams", "team", state["team_ids"]),
        *_unknown(context, "slas", "sla", state["sla_ids"]),
    ]
    if state["shared_with"] == TEAMS and not state["team_ids"]:
        errors.append(("teams", "say which teams it is shared with"))
    if state["shared_with"] != TEAMS and state["team_ids"]:
        errors.append(("teams", "are for what is shared_with teams"))
    return errors


def _unknown(context: Context, field: str, kind: str, ids: Iterable[int]) -> list[tuple[str, str]]:
    found = {id: context.copies.get(kind, id) for id in ids}
    return [
        (field, f"there is no {kind} {id} of this account")
        for id, record in found.items()
        if record is None or record.get("account")
    ]


def _refusing(errors: list[tuple[str, str]], state: Document) -> Document:
    if errors:
        raise Invalid(errors=errors)
    return state


def _made_before(context: Context, kind: str, fields: Fields, id: int | None) -> Document | None:
    origin = _origin(fields) if fields.get("source") and fields.get("sourceID") else None
    for found_by in ({"_id": id}, {"origin": origin}):
        if None not in found_by.values():
            made = store.records(context, kind).find_one(found_by)
            if made is not None:
                return {**_shown(kind, made), "created": False}
    return None


def _origin(fields: Fields) -> str:
    return f"{fields['source']}\n{fields['sourceID']}"


def _shown(kind: str, record: Record) -> Document:
    document = {"_id": record.id, "version": record.version, **record.state}
    return {"id": record.id, "record": queries.shown(kind, document)}
