"""The commands about trusts and the account's own keys; the service's class has them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from services.common import roles
from services.common.actor import Actor
from services.common.context import Context
from services.common.entrypoints import command
from services.common.schemas import loaded
from services.organizations import schemas
from services.organizations.actions.trusting import credentials, disclosures, inviting, rotating, trusts
from services.organizations.schemas import shown

Fields = Mapping[str, Any]


class TrustCommands:
    """See the module."""

    context: Context

    @command(roles.ADMINISTRATORS)
    def invite(self, actor: Actor, fields: Fields) -> dict[str, Any]:
        taken = loaded(schemas.InviteInputSchema(), fields)
        return shown("invitation", inviting.invite(self.context, actor, taken))

    @command(roles.ADMINISTRATORS)
    def accept_invitation(self, actor: Actor, fields: Fields) -> dict[str, Any]:
        taken = loaded(schemas.AcceptInputSchema(), fields)
        return shown("trust", inviting.accept_invitation(self.context, actor, taken))

    @command(roles.ADMINISTRATORS)
    def update_trust(
        self, actor: Actor, id: str, fields: Fields, version: int | None = None
    ) -> dict[str, Any]:
        taken = loaded(schemas.TrustInputSchema(), fields, partial=True)
        return shown("trust", trusts.update_trust(self.context, actor, id, taken, version))

    @command(roles.ADMINISTRATORS, repeatable=True)
    def invite_disclosures(self, actor: Actor, fields: Fields) -> list[dict[str, Any]]:
        taken = loaded(schemas.InviteInputSchema(), fields)
        return disclosures.of_inviting(self.context, actor, taken)

    @command(roles.ADMINISTRATORS, repeatable=True)
    def accept_disclosures(self, actor: Actor, fields: Fields) -> list[dict[str, Any]]:
        taken = loaded(schemas.AcceptInputSchema(), fields)
        return disclosures.of_accepting(self.context, actor, taken)

    @command(roles.ADMINISTRATORS, repeatable=True)
    def trust_disclosures(self, actor: Actor, fields: Fields, id: str) -> list[dict[str, Any]]:
        taken = loaded(schemas.TrustInputSchema(), fields, partial=True)
        return disclosures.of_trust(self.context, actor, id, taken)

    @command(roles.ADMINISTRATORS)
    def renew_credentials(self, actor: Actor, id: str) -> dict[str, Any]:
        return shown("trust", credentials.renew_credentials(self.context, actor, id))

    @command(roles.ADMINISTRATORS)
    def rotate_keys(self, actor: Actor) -> dict[str, Any]:
        return rotating.rotate_keys(self.context, actor)

    @command(roles.ADMINISTRATORS)
    def revoke_key(self, actor: Actor, fields: Fields) -> dict[str, Any]:
        taken = loaded(schemas.RevokeKeyInputSchema(), fields)
        return rotating.revoke_key(self.context, actor, taken["kid"])
