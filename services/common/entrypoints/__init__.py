"""nameko's edge: how commands, events and timers reach a service.

    class RequestsService:
        name = "requests"
        context = ServiceContext(collections=COLLECTIONS)
        copies = CopyHolder({"team": "organizations"})
        web = ServiceWeb()

        @command(allowed={"specialist"})
        def create_request(self, actor, fields): ...

        @handle_event("organizations", "trust.saved")
        def trust_saved(self, body): ...

        @every("sweep_seconds", lease="follow_up")
        def follow_up(self): ...

Nothing of nameko is known beyond this package, `service_parts`, `service_context`, `copy_holder`, `http`,
`parking.commands` and `container`: rules and actions never meet it.
"""

from services.common.entrypoints.commands import EVERYONE, SERVICES, Command, command
from services.common.entrypoints.events import EventHandler, handle_event
from services.common.entrypoints.timers import Every, every
from services.common.verdicts import Later, Park

__all__ = [
    "EVERYONE",
    "SERVICES",
    "Command",
    "EventHandler",
    "Every",
    "Later",
    "Park",
    "command",
    "every",
    "handle_event",
]
