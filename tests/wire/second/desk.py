"""What follows from a word: section 9 of docs/partner-protocol.md, as a provider and as a customer."""

from __future__ import annotations

from tests.wire.second.customer import Customer
from tests.wire.second.provider import Provider


class Desk(Provider, Customer):
    """Agreements and requests, in both directions."""
