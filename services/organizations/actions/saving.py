"""What the use cases share: rules' refusals as errors, history entries, saves that tell other services."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

from services.common import history
from services.common.actor import Actor
from services.common.context import Context
from services.common.copies import saved_event
from services.common.errors import Forbidden, IllegalMove, InterdeskError, Invalid, NotFound, naming
from services.common.store import Record, Records
from services.organizations import store
from services.organizations.model import custom_fields, shapes
from services.organizations.model.rules import RuleBroken

_CLASSES: Mapping[str, type[InterdeskError]] = {
    "illegal_move": IllegalMove,
    "not_your_field": Forbidden,
    "scope_missing": Forbidden,
    "not_found": NotFound,
}

# The names that callers know instead of the keys that a unique index is about.
_FIELDS: Mapping[str, str] = {
    "email_key": "primary_email",
    "origin": "sourceID",
    "domain_keys": "email_domains",
}

# Values that are too long, or nobody's business, to stand in a history entry.
_NOT_IN_HISTORY = frozenset({"picture_uri"})


# Where a context says that what is saved comes of an import: `{import, file, line}`.
IMPORTED: Final = "imported"


@contextmanager
def refusing() -> Iterator[None]:
    """Turns a broken rule into the error that callers know."""
    try:
        yield
    except RuleBroken as broken:
        cls = _CLASSES.get(broken.code, Invalid)
        raise cls(broken.code, broken.message, broken.errors) from broken


def entry(context: Context, actor: Actor, action: str, changes: Mapping[str, Any]) -> dict[str, Any]:
    """See `history.entry`; `imported` says of which line of which file it comes. Of files the history tells
    the names.
    """
    if "attachments" in changes:
        named = [[each["name"] for each in side or ()] for side in changes["attachments"]]
        changes = {**changes, "attachments": named}
    if "custom_fields" in changes:
        told = [custom_fields.with_names(side) for side in changes["custom_fields"]]
        changes = {**changes, "custom_fields": told}
    made = history.entry(context.clock.now(), actor, action, changes, _NOT_IN_HISTORY)
    imported = context.kept.get(IMPORTED)
    return {**made, "imported": imported} if imported else made


def saved(kind: str, id: int | str, version: int, state: Mapping[str, Any]) -> dict[str, Any]:
    """The row that tells the account's other services how the record is now."""
    return saved_event(kind, id, version, shapes.copied(kind, id, state))


def insert(context: Context, actor: Actor, kind: str, id: int | str, state: Mapping[str, Any]) -> Record:
    """Raises Conflict `already_taken` that names the field."""
    told = {"name": [None, state["name"]]}
    if state.get("roles"):
        told["roles"] = [[], state["roles"]]  # the history of a person is the log of who was given what
    with naming(_FIELDS):
        return records(context, kind).insert(
            id,
            state,
            rows=[saved(kind, id, 1, state)],
            history=[entry(context, actor, "create", told)],
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
    """`rows` are sent besides the event. Raises Stale, or Conflict `already_taken` that names the field."""
    with naming(_FIELDS):
        return records(context, kind).save(
            record,
            state,
            rows=[saved(kind, record.id, record.version + 1, state), *rows],
            history=[entry(context, actor, action, changes)],
        )


def records(context: Context, kind: str) -> Records:
    return store.records(context, store.KINDS[kind])


def whole(record: Record) -> dict[str, Any]:
    """The state with its id; the schema of what goes out picks from it."""
    return {"id": record.id, **record.state}


def found(context: Context, kind: str, ids: Iterable[int]) -> dict[int, dict[str, Any]]:
    """The states of those of the records that are there."""
    wanted = sorted(set(ids))
    if not wanted:
        return {}
    return {record.id: record.state for record in records(context, kind).find({"_id": {"$in": wanted}})}
