"""What every use case of this service shares: refusals as errors, history entries, saves that tell others."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from services.common import history
from services.common.actor import Actor
from services.common.context import Context
from services.common.copies import saved_event
from services.common.errors import IllegalMove, Invalid, naming
from services.common.store import Record, Records
from services.slas import schemas, store
from services.slas.model import shapes
from services.slas.model.rules import RuleBroken

# The names that callers know instead of the keys that a unique index is about.
_FIELDS: Mapping[str, str] = {"origin": "sourceID"}

# Values that are too long to stand in a history entry.
_NOT_IN_HISTORY = frozenset(
    {"picture_uri", "remarks", "description", "exceptions", "target_details", "charges"}
)


@contextmanager
def refusing() -> Iterator[None]:
    """Turns a broken rule into the error that callers know."""
    try:
        yield
    except RuleBroken as broken:
        if broken.code == "illegal_move":
            raise IllegalMove(broken.code, broken.message, broken.errors) from broken
        if broken.code == Invalid.default_code:
            raise Invalid(errors=broken.errors) from broken
        raise Invalid(broken.code, broken.message, broken.errors) from broken


def entry(context: Context, actor: Actor, action: str, changes: Mapping[str, Any]) -> dict[str, Any]:
    """See `history.entry`."""
    return history.entry(context.clock.now(), actor, action, changes, _NOT_IN_HISTORY)


def changed(state: Mapping[str, Any], fields: Mapping[str, Any]) -> dict[str, list[Any]]:
    """What an edit changes: {field: [old, new]}. Equal values are no change."""
    return {field: [state.get(field), value] for field, value in fields.items() if state.get(field) != value}


def insert(
    context: Context,
    actor: Actor,
    kind: str,
    id: int,
    state: Mapping[str, Any],
    rows: Iterable[Mapping[str, Any]] = (),
) -> Record:
    """Raises Conflict `already_taken` that names the field."""
    with naming(_FIELDS):
        return records(context, kind).insert(
            id,
            state,
            rows=[saved_event(kind, id, 1, shapes.copied(kind, id, state)), *rows],
            history=[entry(context, actor, "create", {"name": [None, state.get("name")]})],
        )


def save(
    context: Context,
    actor: Actor,
    kind: str,
    record: Record,
    state: Mapping[str, Any],
    changes: Mapping[str, Any],
    action: str = "update",
    rows: Iterable[Mapping[str, Any]] = (),
) -> Record:
    """Raises Stale, or Conflict `already_taken` that names the field."""
    told = saved_event(kind, record.id, record.version + 1, shapes.copied(kind, record.id, state))
    with naming(_FIELDS):
        return records(context, kind).save(
            record, state, rows=[told, *rows], history=[entry(context, actor, action, changes)]
        )


def records(context: Context, kind: str) -> Records:
    return store.records(context, store.KINDS[kind])


def made_before(
    context: Context, kind: str, fields: Mapping[str, Any], id: int | None
) -> dict[str, Any] | None:
    """What was made under the id of the caller's key, or from the same source and sourceID, as it is shown,
    with `created` false; None when nothing was.
    """
    known = ({"_id": id}, {"origin": shapes.origin(fields)})
    for found_by in (filter for filter in known if None not in filter.values()):
        if (made := records(context, kind).find_one(found_by)) is not None:
            return {**shown(kind, made), "created": False}
    return None


def shown(kind: str, record: Record) -> dict[str, Any]:
    return schemas.shown(kind, {"_id": record.id, "version": record.version, **record.state})
