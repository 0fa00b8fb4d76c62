"""The requests service on the bus: commands, partners' messages at its border, timers."""

from __future__ import annotations

from typing import Any, Final

from services.common.actor import Actor
from services.common.attachments.commands import AttachmentCommands
from services.common.context import Context
from services.common.copy_holder import CopyHolder
from services.common.entrypoints import EVERYONE, SERVICES, command, every, handle_event
from services.common.errors import Invalid, NotFound
from services.common.http import ServiceWeb
from services.common.roles import PUBLISH_NOTES
from services.common.schemas import loaded
from services.common.service_context import ServiceContext
from services.federation.border import Border
from services.federation.commands import BorderCommands
from services.federation.partners.trusts import ENDED
from services.requests import partner, queries
from services.requests.actions import (
    acting,
    attaching,
    by_clocks,
    desk,
    due,
    files,
    observed,
    observing,
    targets,
)
from services.requests.queries.recorded import recorded_requests
from services.requests.queries.situations import situations
from services.requests.schemas import (
    NoteInputSchema,
    NotePublishInputSchema,
    RequestInputSchema,
    RequestPatchSchema,
)
from services.requests.store import COLLECTIONS

Document = dict[str, Any]

HELD: Final = {
    **dict.fromkeys(("account", "organization", "team", "person", "trust", "keyring"), "organizations"),
    **dict.fromkeys(("service_instance", "flsa", "sla"), "slas"),
}

_REQUEST: Final = RequestInputSchema()
_CHANGES: Final = RequestPatchSchema()
_NOTE: Final = NoteInputSchema()
_PUBLISH: Final = NotePublishInputSchema()


class RequestsService(AttachmentCommands, BorderCommands):
    name = "requests"

    context: Context = ServiceContext(collections=COLLECTIONS)  # type: ignore[assignment]
    held = CopyHolder(HELD)
    border = Border(partner, files)  # type: ignore[assignment]
    web = ServiceWeb()

    @command(allowed=EVERYONE)
    def create_request(self, actor: Actor, fields: Document, key: str | None = None) -> Document:
        return self._request(desk.create_request(self.context, actor, loaded(_REQUEST, fields), key), actor)

    @command(allowed=EVERYONE)
    def update_request(self, actor: Actor, id: int, fields: Document, version: int | None = None) -> Document:
        changes = loaded(_CHANGES, fields)
        try:
            made = desk.update_request(self.context, actor, id, changes, version)
        except NotFound:
            made = acting.update(self.context, actor, id, changes, version)
        return self._request(made, actor)

    @command(allowed=EVERYONE)
    def add_note(self, actor: Actor, request_id: int, fields: Document, key: str | None = None) -> Document:
        note = loaded(_NOTE, fields)
        try:
            made = desk.add_note(self.context, actor, request_id, note, key)
        except NotFound:
            made = acting.add_note(self.context, actor, request_id, note, key)
        return self._note(made, actor)

    @command(allowed=PUBLISH_NOTES)
    def publish_note(self, actor: Actor, id: int, fields: Document, version: int | None = None) -> Document:
        """`version` says nothing here: a note never changes, what is published is another."""
        if loaded(_PUBLISH, fields)["internal"]:
            raise Invalid(errors=[("internal", "can only become false: that says the note to everybody")])
        return self._note(desk.publish_note(self.context, actor, id), actor)

    @command(allowed=SERVICES, repeatable=True)
    def recorded(self, actor: Actor, after: int | None, limit: int) -> Document:
        return recorded_requests(self.context.database, after, limit)

    @command(allowed=SERVICES, repeatable=True)
    def situations(self, actor: Actor, ids: list[int]) -> list[list[int]]:
        return situations(self.context.database, ids)

    @handle_event("organizations", "trust.saved")
    def trust_saved(self, body: Document) -> None:
        self.context.copies.store("trust", body)
        if body["record"].get("status") == ENDED:
            due.end_with(self.context, body["id"])
        observing.follow_trust(self.context, body["id"])

    @handle_event("slas", "sla.saved")
    def sla_saved(self, body: Document) -> None:
        self.context.copies.store("sla", body)
        observing.follow_sla(self.context, body["id"])

    @handle_event("slas", "affected_slas.followed")
    def targets_said(self, body: Document) -> None:
        targets.show_targets(self.context, body)

    @handle_event("slas", "affected_sla.at_risk")
    def target_at_risk(self, body: Document) -> None:
        by_clocks.escalate(self.context, body)

    @handle_event("slas", "affected_sla.breached")
    def target_breached(self, body: Document) -> None:
        by_clocks.escalate(self.context, body)

    @handle_event("slas", "affected_sla.follow_up")
    def customer_silent(self, body: Document) -> None:
        by_clocks.follow_up(self.context, body)

    @every(60.0, lease="flags")
    def settle_flags(self) -> None:
        due.settle_flags(self.context)

    @every("sweep_seconds", lease="observing")
    def observe(self) -> None:
        observing.sweep(self.context)

    @every("sweep_seconds", lease="observed")
    def follow_observed(self) -> None:
        acting.settle_pending(self.context)
        observed.find_slas(self.context)
        observed.forget_of_ended(self.context)

    @every("sweep_seconds", lease="waits")
    def end_waits(self) -> None:
        due.end_waits(self.context)

    @every("sweep_seconds", lease="ended")
    def end_with_ended(self) -> None:
        due.end_with_ended(self.context)

    def names_attachment(self, id: int) -> bool:
        return attaching.names_attachment(self.context, id)

    # What a command has saved goes back with its answer, as the reading side would show it: then nobody
    # reads it again. `created` is false for what was there already; that is read.

    def _request(self, made: desk.Made, actor: Actor) -> Document:
        record = None if made.saved is None else queries.shown_request(made.saved, actor)
        return {"id": made.id, "created": made.saved is not None, "record": record}

    def _note(self, made: desk.Made, actor: Actor) -> Document:
        record = None if made.saved is None else queries.shown_note(self.context.database, made.saved, actor)
        return {"id": made.id, "created": made.saved is not None, "record": record}
