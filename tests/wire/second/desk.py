"""What follows from a word: section 9 of docs/partner-protocol.md, as a provider and as a customer."""

from __future__ import annotations

from tests.wire.second.cards import Cards
from tests.wire.second.customer import Customer
from tests.wire.second.files import Files
from tests.wire.second.provider import Provider
from tests.wire.second.threads import Thread


class Desk(Provider, Customer, Files, Cards):
    """Agreements, requests, files and cards, in both directions."""

    def offer(self, name: str) -> Thread:
        """With the agreement the partner is entitled to our card."""
        thread = super().offer(name)
        if "organization.published.v1" in self.understood:
            self.publish()
        return thread

    def entitled(self) -> bool:
        known = [*self.offered.values(), *self.agreements.values()]
        return any(each["sla"]["status"] == "active" for each in known)
