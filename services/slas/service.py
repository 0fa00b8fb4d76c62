"""The slas service: services, service instances, offerings, and SLAs, also those between accounts."""

from __future__ import annotations

from typing import Any

from services.common.actor import Actor
from services.common.context import Context
from services.common.copies import Offer, Offers
from services.common.copy_holder import CopyHolder
from services.common.entrypoints import EVERYONE, SERVICES, command, every, handle_event
from services.common.http import ServiceWeb
from services.common.roles import MAINTAIN_AGREEMENTS, MAINTAIN_CALENDARS, MAINTAIN_SERVICES
from services.common.schemas import loaded
from services.common.service_context import ServiceContext
from services.federation.border import Border
from services.federation.commands import BorderCommands
from services.slas import partner
from services.slas.actions import (
    affected,
    alarms,
    asking,
    calendars,
    counting,
    dates,
    hierarchy,
    schemes,
    services,
    telling,
    unheard,
)
from services.slas.agreement_commands import AgreementCommands
from services.slas.model.shapes import copied
from services.slas.queries.recorded import recorded_affected_slas
from services.slas.schemas import (
    CalendarInputSchema,
    FillHolidaysInputSchema,
    HolidayInputSchema,
    ImpactRelationSchema,
    ImportHolidaysInputSchema,
    ServiceInputSchema,
    ServiceInstanceInputSchema,
    ServiceOfferingInputSchema,
    SlaNotificationSchemeInputSchema,
    WaitingForCustomerFollowUpInputSchema,
)
from services.slas.store import COLLECTIONS, KINDS

Document = dict[str, Any]

_HELD = ("account", "organization", "team", "person", "site", "trust", "keyring")
_SERVICE = ServiceInputSchema()
_INSTANCE = ServiceInstanceInputSchema()
_OFFERING = ServiceOfferingInputSchema()
_IMPACT = ImpactRelationSchema()
_CALENDAR = CalendarInputSchema()
_HOLIDAY = HolidayInputSchema()
_SCHEME = SlaNotificationSchemeInputSchema()
_FOLLOW_UP = WaitingForCustomerFollowUpInputSchema()
_FILL = FillHolidaysInputSchema()
_IMPORT = ImportHolidaysInputSchema()


def _offers(context: Context) -> Offers:
    return Offers(
        context.database,
        {
            kind: Offer(name, lambda record, kind=kind: copied(kind, record.id, record.state))  # type: ignore[misc]
            for kind, name in KINDS.items()
        },
    )


class SlasService(AgreementCommands, BorderCommands):
    name = "slas"

    context: Context = ServiceContext(collections=COLLECTIONS)  # type: ignore[assignment]
    held = CopyHolder(dict.fromkeys(_HELD, "organizations"))
    border = Border(partner)  # type: ignore[assignment]
    web = ServiceWeb()

    @command(allowed=MAINTAIN_SERVICES)
    def create_service(self, actor: Actor, fields: Document, key: str | None = None) -> Document:
        return services.create_service(self.context, actor, loaded(_SERVICE, fields), key)

    @command(allowed=MAINTAIN_SERVICES)
    def update_service(self, actor: Actor, id: int, fields: Document, version: int | None = None) -> Document:
        taken = loaded(_SERVICE, fields, partial=True)
        return services.update_service(self.context, actor, id, taken, version)

    @command(allowed=MAINTAIN_SERVICES)
    def create_service_instance(self, actor: Actor, fields: Document, key: str | None = None) -> Document:
        return services.create_service_instance(self.context, actor, loaded(_INSTANCE, fields), key)

    @command(allowed=MAINTAIN_SERVICES)
    def update_service_instance(
        self, actor: Actor, id: int, fields: Document, version: int | None = None
    ) -> Document:
        taken = loaded(_INSTANCE, fields, partial=True)
        return services.update_service_instance(self.context, actor, id, taken, version)

    @command(allowed=MAINTAIN_SERVICES, repeatable=True)
    def add_parent(
        self, actor: Actor, id: int, parent_id: int, fields: Document, version: int | None = None
    ) -> Document:
        relation = loaded(_IMPACT, fields)["impact_relation"]
        return services.add_parent(self.context, actor, id, parent_id, relation, version)

    @command(allowed=MAINTAIN_SERVICES, repeatable=True)
    def remove_parent(self, actor: Actor, id: int, parent_id: int | None) -> Document:
        return services.remove_parent(self.context, actor, id, parent_id)

    @command(allowed=MAINTAIN_AGREEMENTS)
    def create_service_offering(self, actor: Actor, fields: Document, key: str | None = None) -> Document:
        return services.create_service_offering(self.context, actor, loaded(_OFFERING, fields), key)

    @command(allowed=MAINTAIN_AGREEMENTS)
    def update_service_offering(
        self, actor: Actor, id: int, fields: Document, version: int | None = None
    ) -> Document:
        taken = loaded(_OFFERING, fields, partial=True)
        return services.update_service_offering(self.context, actor, id, taken, version)

    @command(allowed=MAINTAIN_CALENDARS)
    def create_calendar(self, actor: Actor, fields: Document, key: str | None = None) -> Document:
        return calendars.create_calendar(self.context, actor, loaded(_CALENDAR, fields), key)

    @command(allowed=MAINTAIN_CALENDARS)
    def update_calendar(
        self, actor: Actor, id: int, fields: Document, version: int | None = None
    ) -> Document:
        taken = loaded(_CALENDAR, fields, partial=True)
        return calendars.update_calendar(self.context, actor, id, taken, version)

    @command(allowed=MAINTAIN_CALENDARS)
    def create_holiday(self, actor: Actor, fields: Document, key: str | None = None) -> Document:
        return calendars.create_holiday(self.context, actor, loaded(_HOLIDAY, fields), key)

    @command(allowed=MAINTAIN_CALENDARS)
    def update_holiday(self, actor: Actor, id: int, fields: Document, version: int | None = None) -> Document:
        taken = loaded(_HOLIDAY, fields, partial=True)
        return calendars.update_holiday(self.context, actor, id, taken, version)

    @command(allowed=MAINTAIN_CALENDARS, repeatable=True)
    def fill_holidays(self, actor: Actor, id: int, fields: Document) -> Document:
        return calendars.fill_holidays(self.context, actor, id, loaded(_FILL, fields))

    @command(allowed=MAINTAIN_CALENDARS, repeatable=True)
    def import_holidays(self, actor: Actor, id: int, fields: Document) -> Document:
        return calendars.import_holidays(self.context, actor, id, loaded(_IMPORT, fields))

    @command(allowed=MAINTAIN_AGREEMENTS)
    def create_sla_notification_scheme(
        self, actor: Actor, fields: Document, key: str | None = None
    ) -> Document:
        return schemes.create_sla_notification_scheme(self.context, actor, loaded(_SCHEME, fields), key)

    @command(allowed=MAINTAIN_AGREEMENTS)
    def update_sla_notification_scheme(
        self, actor: Actor, id: int, fields: Document, version: int | None = None
    ) -> Document:
        taken = loaded(_SCHEME, fields, partial=True)
        return schemes.update_sla_notification_scheme(self.context, actor, id, taken, version)

    @command(allowed=MAINTAIN_AGREEMENTS)
    def create_waiting_for_customer_follow_up(
        self, actor: Actor, fields: Document, key: str | None = None
    ) -> Document:
        taken = loaded(_FOLLOW_UP, fields)
        return schemes.create_waiting_for_customer_follow_up(self.context, actor, taken, key)

    @command(allowed=MAINTAIN_AGREEMENTS)
    def update_waiting_for_customer_follow_up(
        self, actor: Actor, id: int, fields: Document, version: int | None = None
    ) -> Document:
        taken = loaded(_FOLLOW_UP, fields, partial=True)
        return schemes.update_waiting_for_customer_follow_up(self.context, actor, id, taken, version)

    @command(allowed=EVERYONE, repeatable=True)
    def agreement_for(
        self,
        actor: Actor,
        target_service_instance_id: int,
        own_service_instance_id: int | None = None,
        requester_id: int | None = None,
    ) -> Document:
        return asking.agreement_for(
            self.context, actor, target_service_instance_id, own_service_instance_id, requester_id
        )

    @command(allowed=SERVICES, repeatable=True)
    def first_line(self, actor: Actor, flsa_id: int) -> Document:
        return asking.first_line(self.context, flsa_id)

    @command(allowed=SERVICES, repeatable=True)
    def agreement(self, actor: Actor, partner: str, thread: str) -> Document:
        return asking.agreement(self.context, partner, thread)

    @command(allowed=SERVICES, repeatable=True)
    def recorded(self, actor: Actor, after: int | None, limit: int) -> Document:
        return recorded_affected_slas(self.context.database, after, limit)

    @command(allowed=SERVICES, repeatable=True)
    def copies(self, actor: Actor, kind: str, after: int | None, limit: int) -> Document:
        return _offers(self.context).page(kind, after, limit)

    @command(allowed=SERVICES, repeatable=True)
    def copy(self, actor: Actor, kind: str, id: int) -> Document | None:
        return _offers(self.context).one(kind, id)

    @handle_event("slas", "sla.saved")
    def sla_saved(self, body: Document) -> None:
        """The net under `hierarchy.follow`, should a crash part it from the SLA's save."""
        hierarchy.follow_sla(self.context, body["record"])

    @handle_event("slas", "service.saved")
    def service_saved(self, body: Document) -> None:
        services.follow_service(self.context, body["id"])
        telling.follow_record(self.context, "service", body["id"])

    @handle_event("slas", "service_instance.saved")
    def service_instance_saved(self, body: Document) -> None:
        telling.follow_record(self.context, "service_instance", body["id"])

    @handle_event("slas", "service_offering.saved")
    def service_offering_saved(self, body: Document) -> None:
        telling.follow_record(self.context, "service_offering", body["id"])

    @handle_event("organizations", "team.saved")
    def team_saved(self, body: Document) -> None:
        self.context.copies.store("team", body)
        telling.follow_record(self.context, "team", body["id"])

    @handle_event("organizations", "person.saved")
    def person_saved(self, body: Document) -> None:
        self.context.copies.store("person", body)
        telling.follow_record(self.context, "person", body["id"])

    @handle_event("organizations", "organization.saved")
    def organization_saved(self, body: Document) -> None:
        self.context.copies.store("organization", body)
        telling.follow_record(self.context, "organization", body["id"])

    @handle_event("organizations", "trust.saved")
    def trust_saved(self, body: Document) -> None:
        """What changed while there was nobody to tell is told when there is."""
        self.context.copies.store("trust", body)
        hierarchy.follow_trust(self.context, body["id"])
        telling.follow_record(self.context, "trust", body["id"])

    @handle_event("requests", "request.situation_changed")
    def situation_changed(self, body: Document) -> None:
        affected.follow(self.context, body)

    @every("sweep_seconds", lease="alarms", at_start=True)
    def raise_alarms(self) -> None:
        alarms.raise_due(self.context)

    @every(60.0, lease="dates", at_start=True)
    def move_due(self) -> None:
        dates.move_due(self.context)

    @every(counting.COUNT_SECONDS, lease="counting", at_start=True)
    def count_clocks(self) -> None:
        counting.count(self.context)

    @every(counting.SHOW_SECONDS, at_start=True)
    def show_clocks(self) -> None:
        counting.show(self.context)

    @every(60.0, lease="unheard")
    def settle_unheard(self) -> None:
        unheard.settle(self.context)

    @every(60.0, lease="withheld")
    def follow_withheld(self) -> None:
        hierarchy.follow_withheld(self.context)
