"""Trusts as they begin: an invitation, and its acceptance. What the inviter answers is in `partners`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from services.common import roles
from services.common.actor import Actor
from services.common.context import Context
from services.common.errors import Invalid
from services.common.store import Record, decide_again
from services.federation.outgoing import letters
from services.federation.partners import capabilities
from services.federation.partners.addresses import check_address
from services.federation.partners.invitations import (
    Invitation,
    make_introduction,
    read_invitation,
    write_invitation,
)
from services.federation.restoring.deployment import Deployment
from services.federation.sealing import ciphers
from services.federation.sealing.rings import OwnRing, PartnerRing
from services.federation.threads import open_thread
from services.organizations.actions.saving import records, refusing, whole
from services.organizations.actions.trusting.announcing import announced, told
from services.organizations.actions.trusting.keyrings import own_ring, secret_of
from services.organizations.actions.trusting.settling import (
    broker_admin_uri,
    fresh_password,
    open_border,
    settle,
)
from services.organizations.actions.trusting.trusts import keep, options_of
from services.organizations.model import trusts

BLANK: Mapping[str, Any] = {
    "border_address": None,
    "border_ca": None,
    "capabilities": None,
    "credentials": None,
    "thread": None,
    "accepted_at": None,
    "suspended_at": None,
    "ended_at": None,
    "ended_by": None,
    "unanswered": None,
    "own_keys_known": None,
    "announcement": None,
    "their_next_credentials": None,
    "renewal": None,
}


@dataclass(frozen=True)
class Beginning:
    """How a trust with the partner begins: over which record, if any, in which status, with which options."""

    partner: str
    record: Record | None
    status: str
    options: dict[str, Any]


def invite(context: Context, actor: Actor, fields: Mapping[str, Any]) -> dict[str, Any]:
    """A new invitation for `account_id`, in `invitation_text`, which is never shown again; and the trust.

    An earlier invitation of the same account opens nothing any more. Raises Forbidden, Invalid, IllegalMove.
    """
    actor.needs(*roles.ADMINISTRATORS)
    invited = _invited(context, actor, fields)
    settle(context, fields["account_id"])
    return invited


@decide_again
def _invited(context: Context, actor: Actor, fields: Mapping[str, Any]) -> dict[str, Any]:
    beginning = invitable(context, fields)
    partner, record = beginning.partner, beginning.record
    credentials, their_credentials = fresh_password(context, partner)
    introduction = make_introduction(partner)
    now, own = context.clock.now(), own_ring(context)
    invitation_id, expires_at = context.new_uuid(), now + timedelta(hours=fields["expires_in_hours"])
    text = write_invitation(
        id=invitation_id,
        ring=own,
        name=context.config.name,
        domain=context.config.domain,
        invited=partner,
        border=border(context),
        credentials=credentials,
        introduction=introduction,
        issued_at=now,
        expires_at=expires_at,
    )
    ring = PartnerRing.introduced(partner, introduction.public)
    state = {
        "name": partner,
        "domain": None,
        "created_at": now,
        **(record.state if record else {}),
        **BLANK,
        "status": beginning.status,
        "role": "inviting",
        "options": beginning.options,
        "invitation": {"id": invitation_id, "expires_at": expires_at},
        "their_credentials": their_credentials,
        "own_keys_known": told(own),  # by whoever accepts it
        "keys": ring.to_document()["keys"],
        "unsettled": True,
        "updated_at": now,
    }
    kept = keep(context, actor, partner, record, state, [], "invite")
    return {**whole(kept), "invitation_text": text}


def accept_invitation(context: Context, actor: Actor, fields: Mapping[str, Any]) -> dict[str, Any]:
    """Accepts the text of an invitation; the trust is active when the inviter has answered.

    Raises Forbidden, Invalid (`invitation_…`, `already_trusted`, `border_not_safe`), IllegalMove.
    """
    actor.needs(*roles.ADMINISTRATORS)
    invitation = opened(context, fields)
    trust = _accepted(context, actor, fields, invitation)
    settle(context, invitation.inviter["id"])
    return trust


@decide_again
def _accepted(
    context: Context, actor: Actor, fields: Mapping[str, Any], invitation: Invitation
) -> dict[str, Any]:
    now, beginning = context.clock.now(), acceptable(context, fields, invitation)
    partner, record = beginning.partner, beginning.record
    credentials, their_credentials = fresh_password(context, partner)
    # Before the acceptance leaves: with it the partner comes at once.
    open_border(context, partner, credentials)
    own = own_ring(context)
    thread, row = letters.write(
        context,
        open_thread(
            "trust",
            context.account,
            partner,
            invitation.id,
            incarnation=Deployment.of(context).incarnation,
        ),
        type="trust.accepted.v1",
        body=acceptance(context, invitation.id, own, invitation.ring(), credentials),
        key=invitation.introduction_key(),
    )
    state = {
        "created_at": now,
        **(record.state if record else {}),
        **BLANK,
        "name": invitation.inviter["name"],
        "domain": invitation.inviter["domain"],
        "status": beginning.status,
        "role": "accepting",
        "options": beginning.options,
        "invitation": {"id": invitation.id, "expires_at": invitation.expires_at},
        "border_address": invitation.border["address"],
        "border_ca": invitation.border["ca"],
        "capabilities": invitation.capabilities,
        "credentials": ciphers.encrypt_at_rest(secret_of(context.config), invitation.credentials),
        "their_credentials": their_credentials,
        "keys": invitation.ring().to_document()["keys"],
        "thread": thread.to_document(),
        "announcement": announced(own, row),
        "unsettled": True,
        "updated_at": now,
    }
    return whole(keep(context, actor, partner, record, state, [row], "accept"))


def invitable(context: Context, fields: Mapping[str, Any]) -> Beginning:
    """The trust that inviting the account would begin. Raises Invalid, IllegalMove."""
    record = records(context, "trust").find_one({"_id": fields["account_id"]})
    with refusing():
        partner = trusts.invitee(fields["account_id"], context.account)
        status = trusts.moved(record.state["status"] if record else trusts.NONE, "invite")
        return Beginning(partner, record, status, options_of(context, fields, record))


def opened(context: Context, fields: Mapping[str, Any]) -> Invitation:
    """What the invitation says. Raises Invalid `invitation_…`."""
    return read_invitation(fields["invitation"], own_account=context.account, now=context.clock.now())


def acceptable(context: Context, fields: Mapping[str, Any], invitation: Invitation) -> Beginning:
    """The trust that accepting the invitation would begin. Raises Invalid, IllegalMove."""
    partner, name = invitation.inviter["id"], invitation.inviter["name"]
    record = records(context, "trust").find_one({"_id": partner})
    _not_used(record, invitation)
    check_address(str(invitation.border["address"]), invitation.border["ca"])
    with refusing():
        standing: Mapping[str, Any] = record.state if record else {"status": trusts.NONE, "role": None}
        expires_at = standing["invitation"]["expires_at"] if record else None
        trusts.acceptable(standing["status"], standing["role"], expires_at, context.clock.now(), name)
        status = trusts.moved(standing["status"], "accept")
        return Beginning(partner, record, status, options_of(context, fields, record))


def border(context: Context) -> dict[str, str | None]:
    """Where partners deliver: `{address, ca}`. Raises Invalid `no_border`, Unavailable `no_broker_admin`."""
    config = context.config
    if config.border_address is None:
        raise Invalid(
            "no_border",
            "This deployment takes no deliveries from partners: INTERDESK_BORDER_ADDRESS is not set.",
        )
    broker_admin_uri(config)
    ca = config.border_ca_file.read_text(encoding="ascii") if config.border_ca_file else None
    return {"address": config.border_address, "ca": ca}


def acceptance(
    context: Context, invitation_id: str, own: OwnRing, theirs: PartnerRing, credentials: Mapping[str, str]
) -> dict[str, Any]:
    """The body of `trust.accepted`: who we are, and the partner's credentials for his eyes only."""
    key = theirs.encrypting()
    return {
        "invitation": invitation_id,
        "name": context.config.name,
        "domain": context.config.domain,
        "border": border(context),
        "credentials": ciphers.encrypt_for(key.kid, key.public, credentials),
        "keys": own.to_wire(),
        "capabilities": capabilities.OWN,
    }


def _not_used(record: Record | None, invitation: Invitation) -> None:
    if record is not None and record.state["invitation"]["id"] == invitation.id:
        raise Invalid(
            "invitation_used",
            "This invitation was accepted here before. Ask for a new one if the trust shall be made anew.",
            [("invitation", "was used before")],
        )
