"""The commands about passwords and sessions; the service's class has them. Who signs in is nobody yet: that
the gateway asks for him."""

from __future__ import annotations

from typing import Any

from services.common.actor import Actor
from services.common.context import Context
from services.common.entrypoints import EVERYONE, SERVICES, command
from services.common.schemas import loaded
from services.organizations import schemas
from services.organizations.actions import sessions

Document = dict[str, Any]


class SignInCommands:
    """See the module."""

    context: Context

    @command(EVERYONE)
    def set_password(self, actor: Actor, fields: Document, maker_id: int | None = None) -> None:
        """`maker_id`: of the token that the caller has come with."""
        taken = loaded(schemas.PasswordInputSchema(), fields)
        sessions.set_password(self.context, actor, taken, maker_id)

    @command(SERVICES)
    def sign_in(self, actor: Actor, fields: Document) -> Document:
        return sessions.sign_in(self.context, **loaded(schemas.SignInSchema(), fields))

    @command(SERVICES, repeatable=True)
    def touch_session(self, actor: Actor, sha256: str) -> None:
        sessions.touch(self.context, sha256)

    @command(SERVICES, repeatable=True)
    def sign_out(self, actor: Actor, sha256: str) -> None:
        sessions.sign_out(self.context, sha256)
