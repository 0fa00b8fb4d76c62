"""Custom fields, as a write of a record takes them: held to the form that is active for its kind."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from services.common import attachments
from services.common.actor import Actor
from services.common.context import Context
from services.common.database import answering
from services.organizations import store
from services.organizations.actions.saving import IMPORTED, found
from services.organizations.model import custom_fields, ui_extensions
from services.organizations.model import records as rules
from services.organizations.model.forms import Version

_OF_ACTIVE = {"name": 1, "active_version": 1}
_FROM_CSV = "takes a file, which no CSV file brings: leave it out here, and put the file on by the API"


def active_version(context: Context, kind: str) -> Version | None:
    """The version that records of a kind (organization, person, team, site) are written with now; None when
    no UI extension stands for them.
    """
    with answering():
        extension = context.database[store.UI_EXTENSIONS].find_one({"stands_for": kind}, _OF_ACTIVE)
    return None if extension is None else ui_extensions.active(extension)


def taken(
    context: Context,
    actor: Actor,
    kind: str,
    state: Mapping[str, Any],
    given: Iterable[Mapping[str, Any]],
) -> dict[str, Any]:
    """What is stored of the custom fields given (`[{id, value}]`) for a record with this state, empty for a
    new one: `custom_fields.KEPT`. A file is named by the key of an upload of the actor's. Raises RuleBroken
    (`custom_fields.written`, and of what is referred to `unknown_reference`, `disabled_reference`).
    """
    version = active_version(context, kind)

    def upload(key: str) -> Mapping[str, Any] | str:
        return _FROM_CSV if IMPORTED in context.kept else attachments.upload_of(context, actor, key)

    with_files = custom_fields.naming_files(version, state, list(given), upload)
    stored = custom_fields.written(version, state, with_files)
    referred = list(custom_fields.references(version, state, stored))
    for kind_referred in {each.kind for each in referred}:
        of_kind = [each for each in referred if each.kind == kind_referred]
        records = found(context, kind_referred, [each.id for each in of_kind])
        for each in of_kind:
            record = rules.there(each.field, each.kind, records.get(each.id))
            if not each.carried:
                rules.enabled(each.field, each.kind, record)
    return stored
