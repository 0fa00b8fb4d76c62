"""What an operator may ask of a service's border: the same commands in each service that has one.

class RequestsService(BorderCommands):
    border = Border(partner)
"""

from __future__ import annotations

from typing import Any

from services.common.actor import Actor
from services.common.context import Context
from services.common.entrypoints import command
from services.common.parking.commands import ParkedEventCommands
from services.common.roles import AUDITORS, OPERATORS
from services.federation.border import BorderDesk
from services.federation.ledger.sealing import seal_heads


class BorderCommands(ParkedEventCommands):
    """For a service class, which has its `border` and its `context`."""

    border: BorderDesk
    context: Context

    @command(allowed=OPERATORS)
    def replay_parked(self, actor: Actor, id: str) -> dict[str, Any]:
        """Has a partner's parked message handled again. Raises NotFound, Conflict `not_parked`."""
        self.border.replay(id)
        return {"id": id}

    @command(allowed=OPERATORS)
    def discard_parked(self, actor: Actor, id: str) -> dict[str, Any]:
        """Goes past a partner's parked message for good. Raises NotFound, Conflict `not_parked`."""
        self.border.discard(id)
        return {"id": id}

    @command(allowed=OPERATORS)
    def resume_border(self, actor: Actor, partner: str) -> dict[str, Any]:
        """Opens the border to a partner again after it was paused by itself. Raises NotFound when it is
        not paused.
        """
        self.border.resume(partner)
        return {"id": partner}

    @command(allowed=OPERATORS, repeatable=True)
    def empty_quarantine(self, actor: Actor, partner: str) -> dict[str, Any]:
        """Makes room in a partner's quarantine, once a person has looked at what is in it."""
        return {"id": partner, "deliveries": self.border.empty_quarantine(partner)}

    @command(allowed=AUDITORS, repeatable=True)
    def seal_heads(self, actor: Actor, fields: dict[str, Any]) -> dict[str, Any]:
        """How far the threads of this service go, under the account's seal. Raises Invalid."""
        return seal_heads(self.context, fields)
