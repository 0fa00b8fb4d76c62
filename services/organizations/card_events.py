"""What the organizations service does about contact cards when something is saved that they depend on, and by
the clock: agreements and service instances of the slas service, organizations and trusts of its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from services.common.context import Context
from services.common.entrypoints import every, handle_event
from services.organizations.actions.contact_cards import card_requests, cards, linking

Fields = Mapping[str, Any]


class CardEvents:
    """A part of the service's class."""

    context: Context

    @handle_event("slas", "sla.saved")
    def sla_saved(self, body: Fields) -> None:
        self.context.copies.store("sla", body)
        linking.follow_agreement(self.context, body["record"])

    @handle_event("slas", "flsa.saved")
    def flsa_saved(self, body: Fields) -> None:
        self.context.copies.store("flsa", body)
        linking.follow_agreement(self.context, body["record"])

    @handle_event("slas", "service_instance.saved")
    def service_instance_saved(self, body: Fields) -> None:
        self.context.copies.store("service_instance", body)
        linking.follow_provider(self.context, body["id"])

    @handle_event("organizations", "organization.saved")
    def organization_saved(self, body: Fields) -> None:
        cards.follow_organization(self.context, body["id"])

    @handle_event("organizations", "trust.saved")
    def trust_saved(self, body: Fields) -> None:
        linking.follow(self.context, body["id"])

    @every(300.0, lease="links", at_start=True)
    def follow_links(self) -> None:
        linking.follow_all(self.context)

    @every(60.0, lease="cards")
    def ask_for_cards(self) -> None:
        card_requests.ask_for_missing(self.context)
