"""The commands about imports and exports, and the timer that works on them; the service's class has them."""

from __future__ import annotations

from typing import Any

from services.common import roles
from services.common.actor import Actor
from services.common.context import Context
from services.common.entrypoints import command, every
from services.common.schemas import loaded
from services.organizations import schemas
from services.organizations.actions.transferring import exports, imports, transfers

Document = dict[str, Any]


class TransferCommands:
    """See the module."""

    context: Context

    @command(roles.TRANSFER)
    def begin_import(self, actor: Actor) -> Document:
        return imports.begin_import(self.context, actor)

    @command(roles.TRANSFER, repeatable=True)
    def add_import_piece(self, actor: Actor, token: str, n: int, data: bytes) -> None:
        imports.add_import_piece(self.context, actor, token, n, data)

    @command(roles.TRANSFER)
    def start_import(self, actor: Actor, token: str, fields: Document) -> Document:
        taken = loaded(schemas.ImportInputSchema(), fields)
        return imports.start_import(self.context, actor, token, taken)

    @command(roles.TRANSFER, repeatable=True)
    def drop_import(self, actor: Actor, token: str) -> None:
        imports.drop_import(self.context, actor, token)

    @command(roles.TRANSFER)
    def start_export(self, actor: Actor, fields: Document) -> Document:
        return exports.start_export(self.context, actor, loaded(schemas.ExportInputSchema(), fields))

    @every("sweep_seconds", at_start=True)
    def work_on_transfers(self) -> None:
        transfers.work(self.context)
