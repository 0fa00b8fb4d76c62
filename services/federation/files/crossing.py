"""Both sides of files that cross, wired together (the package tells how)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from services.federation.files import Files
from services.federation.files.pulling import Pulling
from services.federation.files.serving import Serving
from services.federation.messages.attachments import CHUNK
from services.federation.outgoing.outbox import Outbox
from services.federation.partners.borders import Borders
from services.federation.sealing.envelope import Message

if TYPE_CHECKING:
    from services.common.context import Context


class FilesCrossing:
    """Of one service."""

    def __init__(self, context: Context, files: Files, outbox: Outbox, borders: Borders) -> None:
        self._serving = Serving(context, files, outbox.serve)
        self._pulling = Pulling(context, files, outbox.owe, borders)

    def start(self) -> None:
        self._pulling.start()

    def stop(self) -> None:
        self._pulling.stop()

    def take(self, message: Message) -> None:
        """What a partner says of a file without a place. Raises Unavailable: then it must not be acked."""
        (self._pulling if message.type == CHUNK else self._serving).take(message)
