"""The organizations service on the bus: commands, what other services keep copies of, timers, its border."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import structlog
from nameko.extensions import DependencyProvider

from services.common import logs, roles
from services.common.actor import Actor
from services.common.attachments.commands import AttachmentCommands
from services.common.context import Context
from services.common.copies import Offer, Offers
from services.common.copy_holder import CopyHolder
from services.common.entrypoints import EVERYONE, SERVICES, command, every
from services.common.errors import Unavailable
from services.common.http import ServiceWeb
from services.common.schemas import loaded
from services.common.service_context import ServiceContext
from services.common.service_parts import START_RETRY_SECONDS, ServiceParts
from services.common.store import Record
from services.federation.border import Border
from services.federation.commands import BorderCommands
from services.federation.ledger.sealing import seal_end
from services.organizations import partner, schemas, store
from services.organizations.actions import account, founding
from services.organizations.actions.contact_cards import linking
from services.organizations.actions.records import (
    attaching,
    editing,
    grouping,
    introductions,
    membership,
    shelving,
    ui_extensions,
)
from services.organizations.actions.trusting import announcing, credentials, parting, settling
from services.organizations.card_events import CardEvents
from services.organizations.model import shapes
from services.organizations.schemas import shown
from services.organizations.sign_in_commands import SignInCommands
from services.organizations.transfer_commands import TransferCommands
from services.organizations.trust_commands import TrustCommands

log = structlog.get_logger(__name__)

Fields = Mapping[str, Any]


def _offer(kind: str) -> Offer:
    def shape(record: Record) -> Mapping[str, Any]:
        return shapes.copied(kind, record.id, record.state)

    return Offer(store.KINDS[kind], shape)


OFFERED: Mapping[str, Offer] = {
    **{kind: _offer(kind) for kind in ("account", "organization", "person", "site", "team", "trust")},
    "keyring": Offer(store.KEYRINGS, lambda record: record.state),
}


HELD = dict.fromkeys(("calendar", "service_instance", *linking.AGREEMENTS), "slas")


class Founding(DependencyProvider):
    """Founds the account, or follows its configuration, when the service starts; waits for the database. The
    service is not ready before: its first administrator would not be let in.

    Raises ConfigError, and the service does not start, when the configuration lacks what founding takes.
    """

    parts = ServiceParts()

    def __init__(self) -> None:
        self._founded = False

    def setup(self) -> None:
        self.parts.checks.append(lambda: None if self._founded else "account: not founded yet")

    def start(self) -> None:
        logs.bind(self.parts.config.account, self.parts.service)
        while not self.parts.draining.is_set():
            try:
                founding.found_account(self.parts.context)
            except Unavailable as error:
                log.warning("waiting for the database to found the account", error=str(error))
                self.parts.draining.wait(START_RETRY_SECONDS)
            else:
                self._founded = True
                return


class OrganizationsService(
    AttachmentCommands, TransferCommands, SignInCommands, TrustCommands, CardEvents, BorderCommands
):
    name = "organizations"

    context: Context = ServiceContext(collections=store.COLLECTIONS)  # type: ignore[assignment]
    held = CopyHolder(HELD)
    founding = Founding()
    border: Border = Border(partner)
    web = ServiceWeb()

    @command(roles.MAINTAIN_ORGANIZATIONS)
    def create_organization(self, actor: Actor, fields: Fields, key: str | None = None) -> dict[str, Any]:
        taken = loaded(schemas.OrganizationInputSchema(), fields)
        return shown("organization", editing.create_organization(self.context, actor, taken, key))

    @command(roles.MAINTAIN_ORGANIZATIONS)
    def update_organization(
        self, actor: Actor, id: int, fields: Fields, version: int | None = None
    ) -> dict[str, Any]:
        taken = loaded(schemas.OrganizationInputSchema(), fields, partial=True)
        return shown("organization", editing.update_organization(self.context, actor, id, taken, version))

    @command(roles.ADMINISTRATORS)
    def create_person(self, actor: Actor, fields: Fields, key: str | None = None) -> dict[str, Any]:
        taken = loaded(schemas.PersonInputSchema(), fields)
        return shown("person", editing.create_person(self.context, actor, taken, key))

    @command(EVERYONE)
    def update_person(
        self, actor: Actor, id: int, fields: Fields, version: int | None = None
    ) -> dict[str, Any]:
        taken = loaded(schemas.PersonInputSchema(), fields, partial=True)
        return shown("person", editing.update_person(self.context, actor, id, taken, version))

    @command(roles.ADMINISTRATORS, repeatable=True)
    def group_people(self, actor: Actor, fields: Fields) -> dict[str, Any]:
        taken = loaded(schemas.GroupPeopleInputSchema(), fields)
        return grouping.group_people(self.context, actor, taken)

    @command(roles.MAINTAIN_TEAMS)
    def create_team(self, actor: Actor, fields: Fields, key: str | None = None) -> dict[str, Any]:
        taken = loaded(schemas.TeamInputSchema(), fields)
        return shown("team", editing.create_team(self.context, actor, taken, key))

    @command(roles.MAINTAIN_TEAMS)
    def update_team(
        self, actor: Actor, id: int, fields: Fields, version: int | None = None
    ) -> dict[str, Any]:
        taken = loaded(schemas.TeamInputSchema(), fields, partial=True)
        return shown("team", editing.update_team(self.context, actor, id, taken, version))

    @command(roles.MAINTAIN_TEAMS, repeatable=True)
    def add_member(self, actor: Actor, id: int, person_id: int, version: int | None = None) -> dict[str, Any]:
        return shown("team", membership.add_member(self.context, actor, id, person_id, version))

    @command(roles.MAINTAIN_TEAMS, repeatable=True)
    def remove_member(self, actor: Actor, id: int, person_id: int | None) -> dict[str, Any]:
        """`person_id`: None for all."""
        return shown("team", membership.remove_member(self.context, actor, id, person_id))

    @command(roles.MAINTAIN_ORGANIZATIONS)
    def create_site(self, actor: Actor, fields: Fields, key: str | None = None) -> dict[str, Any]:
        taken = loaded(schemas.SiteInputSchema(), fields)
        return shown("site", editing.create_site(self.context, actor, taken, key))

    @command(roles.MAINTAIN_ORGANIZATIONS)
    def update_site(
        self, actor: Actor, id: int, fields: Fields, version: int | None = None
    ) -> dict[str, Any]:
        taken = loaded(schemas.SiteInputSchema(), fields, partial=True)
        return shown("site", editing.update_site(self.context, actor, id, taken, version))

    @command(roles.MAINTAIN_UI_EXTENSIONS)
    def create_ui_extension(self, actor: Actor, fields: Fields, key: str | None = None) -> dict[str, Any]:
        taken = loaded(schemas.UiExtensionInputSchema(), fields)
        return shown("ui_extension", ui_extensions.create_ui_extension(self.context, actor, taken, key))

    @command(roles.MAINTAIN_UI_EXTENSIONS)
    def update_ui_extension(
        self, actor: Actor, id: int, fields: Fields, version: int | None = None
    ) -> dict[str, Any]:
        taken = loaded(schemas.UiExtensionEditSchema(), fields, partial=True)
        made = ui_extensions.update_ui_extension(self.context, actor, id, taken, version)
        return shown("ui_extension", made)

    @command(roles.MAINTAIN_UI_EXTENSIONS)
    def activate_ui_extension(self, actor: Actor, id: int, version: int | None = None) -> dict[str, Any]:
        made = ui_extensions.activate_ui_extension(self.context, actor, id, version)
        return shown("ui_extension", made)

    @command(roles.MAINTAIN_RECORDS["organization"], repeatable=True)
    def shelve_organization(self, actor: Actor, id: int, verb: str) -> dict[str, Any]:
        return shown("organization", shelving.shelve(self.context, actor, "organization", id, verb))

    @command(roles.MAINTAIN_RECORDS["person"], repeatable=True)
    def shelve_person(self, actor: Actor, id: int, verb: str) -> dict[str, Any]:
        return shown("person", shelving.shelve(self.context, actor, "person", id, verb))

    @command(roles.MAINTAIN_RECORDS["team"], repeatable=True)
    def shelve_team(self, actor: Actor, id: int, verb: str) -> dict[str, Any]:
        return shown("team", shelving.shelve(self.context, actor, "team", id, verb))

    @command(roles.MAINTAIN_RECORDS["site"], repeatable=True)
    def shelve_site(self, actor: Actor, id: int, verb: str) -> dict[str, Any]:
        return shown("site", shelving.shelve(self.context, actor, "site", id, verb))

    @command(roles.ADMINISTRATORS)
    def update_account(self, actor: Actor, fields: Fields, version: int | None = None) -> dict[str, Any]:
        taken = loaded(schemas.AccountInputSchema(), fields, partial=True)
        return shown("account", account.update_account(self.context, actor, taken, version))

    @command(roles.ADMINISTRATORS)
    def set_roles(self, actor: Actor, fields: Fields, version: int | None = None) -> dict[str, Any]:
        taken = loaded(schemas.PermissionInputSchema(), fields)
        granted = account.set_roles(self.context, actor, taken["person_id"], taken["roles"], version)
        return schemas.PermissionSchema().dump(granted)

    @command(EVERYONE)
    def create_token(
        self, actor: Actor, fields: Fields, maker_id: int | None = None, key: str | None = None
    ) -> dict[str, Any]:
        """`maker_id`: of the token that the caller has come with."""
        taken = loaded(schemas.TokenInputSchema(), fields)
        return shown("new_token", account.create_token(self.context, actor, taken, maker_id, key))

    @command(EVERYONE)
    def revoke_token(self, actor: Actor, id: int) -> dict[str, Any]:
        return shown("token", account.revoke_token(self.context, actor, id))

    @command(roles.AUDITORS, repeatable=True)
    def seal_ledger(self, actor: Actor, fields: Fields) -> dict[str, Any]:
        """The end of an export of the ledger, under the account's seal."""
        return seal_end(self.context, actor, fields)

    @command(SERVICES, repeatable=True)
    def introduce(
        self, actor: Actor, account_id: str, kind: str, remote_id: int | None, name: str
    ) -> dict[str, Any]:
        """`{id}`: the local id of what a partner calls `remote_id` and `name` (None: the organization that
        the partner's account is)."""
        named = {"account_id": account_id, "kind": kind, "remote_id": remote_id, "name": name}
        taken = loaded(schemas.IntroductionSchema(), named)
        return introductions.introduce(self.context, actor, account_id, kind, remote_id, taken["name"])

    @command(SERVICES, repeatable=True)
    def copies(self, actor: Actor, kind: str, after: Any = None, limit: int = 200) -> dict[str, Any]:
        """A page of what the account's other services keep copies of (`services.common.copies`)."""
        return Offers(self.context.database, OFFERED).page(kind, after, limit)

    @command(SERVICES, repeatable=True)
    def copy(self, actor: Actor, kind: str, id: Any) -> dict[str, Any] | None:
        return Offers(self.context.database, OFFERED).one(kind, id)

    def names_attachment(self, id: int) -> bool:
        return attaching.names_attachment(self.context, id)

    @every("sweep_seconds", lease="settle_trusts", at_start=True)
    def settle_trusts(self) -> None:
        parting.part(self.context)
        settling.settle_all(self.context)
        announcing.announce_all(self.context)
        credentials.settle_renewals(self.context)
