"""The reporting service on the bus: what it hears of requests and their SLAs, reports and dashboards."""

from __future__ import annotations

from typing import Any, Final

from services.common.actor import Actor
from services.common.context import Context
from services.common.copy_holder import CopyHolder
from services.common.entrypoints import command, every, handle_event
from services.common.http import ServiceWeb
from services.common.parking.commands import ParkedEventCommands
from services.common.roles import ADMINISTRATORS, SEE_REQUESTS
from services.common.schemas import loaded
from services.common.service_context import ServiceContext
from services.reporting.actions import counting, founding, rebuilding, recording, saving
from services.reporting.schemas import DashboardInputSchema, ReportInputSchema, shown_rebuild
from services.reporting.store import COLLECTIONS

Document = dict[str, Any]

HELD: Final = {**dict.fromkeys(("person", "team"), "organizations"), "sla": "slas"}

_REPORT: Final = ReportInputSchema()
_DASHBOARD: Final = DashboardInputSchema()


class ReportingService(ParkedEventCommands):
    name = "reporting"

    context: Context = ServiceContext(collections=COLLECTIONS)  # type: ignore[assignment]
    held = CopyHolder(HELD)
    web = ServiceWeb()

    @handle_event("requests", "request.recorded")
    def request_recorded(self, body: Document) -> None:
        recording.record_request(self.context, body)

    @handle_event("slas", "affected_sla.recorded")
    def affected_sla_recorded(self, body: Document) -> None:
        recording.record_affected_sla(self.context, body)

    @command(allowed=SEE_REQUESTS)
    def create_report(self, actor: Actor, fields: Document, key: str | None = None) -> Document:
        return saving.create(self.context, actor, "report", loaded(_REPORT, fields), key)

    @command(allowed=SEE_REQUESTS)
    def update_report(self, actor: Actor, id: int, fields: Document, version: int | None = None) -> Document:
        taken = loaded(_REPORT, fields, partial=True)
        return saving.update(self.context, actor, "report", id, taken, version)

    @command(allowed=SEE_REQUESTS)
    def create_dashboard(self, actor: Actor, fields: Document, key: str | None = None) -> Document:
        return saving.create(self.context, actor, "dashboard", loaded(_DASHBOARD, fields), key)

    @command(allowed=SEE_REQUESTS)
    def update_dashboard(
        self, actor: Actor, id: int, fields: Document, version: int | None = None
    ) -> Document:
        taken = loaded(_DASHBOARD, fields, partial=True)
        return saving.update(self.context, actor, "dashboard", id, taken, version)

    @command(allowed=ADMINISTRATORS, repeatable=True)
    def start_rebuild(self, actor: Actor) -> Document:
        return shown_rebuild(rebuilding.start(self.context, actor))

    @every("sweep_seconds", lease="rebuilding", at_start=True)
    def rebuild(self) -> None:
        rebuilding.work(self.context)

    @every(3600.0, lease="founding", at_start=True)
    def found_reports(self) -> None:
        founding.found(self.context)
        counting.forget(self.context)

    @every(60.0, lease="counting")
    def count_days(self) -> None:
        counting.count_ahead(self.context)
