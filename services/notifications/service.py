"""The notifications service on the bus: what it hears of requests and their SLAs, what people have read."""

from __future__ import annotations

from typing import Any, Final

from services.common.actor import Actor
from services.common.context import Context
from services.common.copy_holder import CopyHolder
from services.common.entrypoints import EVERYONE, command, every, handle_event
from services.common.http import ServiceWeb
from services.common.parking.commands import ParkedEventCommands
from services.common.schemas import loaded
from services.common.service_context import ServiceContext
from services.notifications.actions import clearing, falling_due, following, reading, reviewing, watching
from services.notifications.schemas import ReadInputSchema, WatchInputSchema
from services.notifications.store import COLLECTIONS

Document = dict[str, Any]

HELD: Final = dict.fromkeys(("person", "team"), "organizations")

_READ: Final = ReadInputSchema()
_WATCH: Final = WatchInputSchema()


class NotificationsService(ParkedEventCommands):
    name = "notifications"

    context: Context = ServiceContext(collections=COLLECTIONS)  # type: ignore[assignment]
    held = CopyHolder(HELD)
    web = ServiceWeb()

    @handle_event("requests", "request.situation_changed")
    def situation_changed(self, body: Document) -> None:
        following.follow(self.context, body)

    @handle_event("requests", "request.note_added")
    def note_added(self, body: Document) -> None:
        following.hear_note(self.context, body)

    @handle_event("requests", "request.observation_changed")
    def observation_changed(self, body: Document) -> None:
        following.observe(self.context, body)

    @handle_event("slas", "affected_sla.at_risk")
    def at_risk(self, body: Document) -> None:
        falling_due.alarm(self.context, body, breach=False)

    @handle_event("slas", "affected_sla.breached")
    def breached(self, body: Document) -> None:
        falling_due.alarm(self.context, body, breach=True)

    @handle_event("slas", "affected_sla.responded")
    def responded(self, body: Document) -> None:
        falling_due.responded(self.context, body)

    @handle_event("slas", "affected_sla.not_affected")
    def not_affected(self, body: Document) -> None:
        falling_due.not_affected(self.context, body)

    @handle_event("slas", "affected_sla.follow_up")
    def follow_up(self, body: Document) -> None:
        falling_due.remind(self.context, body)

    @handle_event("organizations", "person.saved")
    def person_saved(self, body: Document) -> None:
        self.context.copies.store("person", body)
        reviewing.follow_person(self.context, body)

    @command(allowed=EVERYONE, repeatable=True)
    def mark_entry(self, actor: Actor, id: int, fields: Document, version: int | None = None) -> Document:
        reading.mark(self.context, actor, id, loaded(_READ, fields)["read"], version)
        return {"id": id}

    @command(allowed=EVERYONE, repeatable=True)
    def mark_inbox_read(self, actor: Actor, teams: bool) -> Document:
        return {"marked": reading.mark_all(self.context, actor, teams)}

    @command(allowed=EVERYONE)
    def add_watch(self, actor: Actor, fields: Document, key: str | None = None) -> Document:
        """Of a request that the caller may see: who calls has looked."""
        return watching.add_watch(self.context, actor, loaded(_WATCH, fields)["request_id"], key)

    @command(allowed=EVERYONE, repeatable=True)
    def remove_watch(self, actor: Actor, id: int) -> Document:
        watching.remove_watch(self.context, actor, id)
        return {"id": id}

    @every(3600.0, lease="clearing", at_start=True)
    def clear_inboxes(self) -> None:
        clearing.clear(self.context)
