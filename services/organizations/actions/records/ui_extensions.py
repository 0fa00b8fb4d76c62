"""UI extensions: made, changed, and their forms activated, each by one save."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from services.common import idempotency, roles
from services.common.actor import Actor
from services.common.context import Context
from services.common.errors import Conflict, naming
from services.common.store import Record, decide_again
from services.organizations import store
from services.organizations.actions.records.editing import made_before
from services.organizations.actions.saving import entry, records, refusing, whole
from services.organizations.model import forms, shapes, ui_extensions
from services.organizations.model import records as rules

Fields = Mapping[str, Any]
State = dict[str, Any]

_KIND = "ui_extension"
_VERSION = "ui_extension_version"


def create_ui_extension(
    context: Context, actor: Actor, fields: Fields, key: str | None = None
) -> dict[str, Any]:
    """Its `fields` are a version that is prepared. A second try with one key, or source and sourceID, finds
    the first. Raises Forbidden, Invalid, Conflict.
    """
    actor.needs(*roles.MAINTAIN_UI_EXTENSIONS)
    id = idempotency.id_for(context, actor, _KIND, key, fields, lambda: context.ids.next(_KIND))
    if (made := made_before(context, _KIND, fields, id)) is not None:
        return made
    now = context.clock.now()
    with refusing():
        given = dict(fields)
        form = forms.form(given.pop("fields", ()))
        state = shapes.new(_KIND, {**given, "active_version": None, "archived_versions": []}, now)
        state = ui_extensions.prepared(state, form, context.ids.next(_VERSION), now)
    told = [entry(context, actor, "create", {"name": [None, state["name"]]})]
    try:
        with naming({"origin": "sourceID"}):
            return whole(records(context, _KIND).insert(id or context.ids.next(_KIND), state, history=told))
    except Conflict:
        if (made := made_before(context, _KIND, fields, id)) is None:
            raise
        return made


@decide_again
def update_ui_extension(
    context: Context, actor: Actor, id: int, fields: Fields, version: int | None = None
) -> dict[str, Any]:
    """`fields` are those of the prepared version, all of them; one begins where there is none. `version`:
    the only one of the record to be changed. Raises Forbidden, NotFound, PreconditionFailed, Invalid,
    Conflict.
    """
    actor.needs(*roles.MAINTAIN_UI_EXTENSIONS)
    record = records(context, _KIND).get(id, version)
    now = context.clock.now()
    given = dict(fields)
    changes, state = {}, dict(record.state)
    with refusing():
        if "fields" in given:
            form = forms.form(given.pop("fields"))
            shown = state["prepared_version"] or state["active_version"] or {"fields": []}
            if form != shown["fields"]:
                changes = forms.differing(shown["fields"], form)
                state = ui_extensions.prepared(state, form, _version_id(context, state), now)
    changes = {**rules.changed(record.state, given), **changes}
    if not changes:
        return whole(record)
    return _saved(context, actor, record, {**state, **given}, changes, now)


@decide_again
def activate_ui_extension(
    context: Context, actor: Actor, id: int, version: int | None = None
) -> dict[str, Any]:
    """The prepared version is active and frozen from now on, the active one archived. `version`: the only
    one of the record to be activated. Raises Forbidden, NotFound, PreconditionFailed, Invalid, Conflict.
    """
    actor.needs(*roles.MAINTAIN_UI_EXTENSIONS)
    record = records(context, _KIND).get(id, version)
    now = context.clock.now()
    with refusing():
        state = ui_extensions.activated(record.state, now)
    numbers = [each and each["number"] for each in (record.state["active_version"], state["active_version"])]
    return _saved(context, actor, record, state, {"active_version": numbers}, now, "activate")


def _saved(
    context: Context,
    actor: Actor,
    record: Record,
    state: State,
    changes: Mapping[str, Any],
    now: datetime,
    action: str = "update",
) -> dict[str, Any]:
    state = ui_extensions.keyed(shapes.edited(_KIND, state, {}, now))
    told = [entry(context, actor, action, changes)]
    with naming({"origin": "sourceID"}), _one_at_a_time(context, record, state):
        return whole(records(context, _KIND).save(record, state, history=told))


@contextmanager
def _one_at_a_time(context: Context, record: Record, state: State) -> Iterator[None]:
    """The index decides, also between two at the same moment; the refusal names which one stands."""
    try:
        yield
    except Conflict as conflict:
        if ("stands_for", "has already been taken") not in conflict.errors:
            raise
        standing = context.database[store.UI_EXTENSIONS].find_one({"stands_for": state["category"]})
        if standing is None:
            raise
        with refusing():
            raise ui_extensions.another_stands(
                standing["name"], standing["_id"], state["category"]
            ) from conflict


def _version_id(context: Context, state: State) -> int:
    """Of the version that is prepared, or that begins now."""
    version = state["prepared_version"]
    return int(version["id"]) if version else context.ids.next(_VERSION)
