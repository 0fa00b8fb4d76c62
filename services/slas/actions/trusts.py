"""The trust with a partner, as this service's copy has it."""

from __future__ import annotations

from services.common.context import Context
from services.federation.partners.trusts import Trust


def trust_with(context: Context, partner: str, refresh: bool = False) -> Trust | None:
    """None without one, whatever its status. `refresh`: as its owner has it now. Raises Unavailable."""
    copies = context.copies
    document = copies.refresh("trust", partner) if refresh else copies.get("trust", partner)
    return None if document is None else Trust.from_document({**document, "_id": partner})
