"""Invitations: how two accounts that know nothing of each other come to trust each other.

    administrator of A                                     administrator of B
    invite(B): user, exchange and lanes for B on A's
    border, a one-time key ──────── invitation ──────────> accept: the same for A on B's border
                                   (out of band)
    B's own keys replace    <──── trust.accepted ───────── sealed with the one-time key, through the
    the one-time key                                       exchange that only the invitation opens
    fresh credentials ─────────── trust.accepted ────────> sealed with A's key, which the invitation named

An invitation is a JWS (alg `Ed25519`, typ `interdesk-invitation`) by the inviter's current key. The signature
holds it together; whom it comes from is known by the way it came. Whoever has it can act as the invited
account until it is accepted, so it expires, opens once, and its credentials are replaced by the answer. The
thread of the trust is `trust/<invited>/<id of the invitation>`: the invited account speaks first.

The payload: `{id, inviter: {id, name, domain}, invited, border: {address, ca}, credentials: {user, password},
keys, introduction, issued_at, expires_at, capabilities}`, where `introduction` is the private JWK of the
one-time key, and `capabilities` may be left out (capabilities.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from marshmallow import ValidationError

from services.common import strict_json
from services.common.clock import from_iso, iso
from services.common.errors import Invalid
from services.federation import clocks
from services.federation.messages import shapes, trusts
from services.federation.partners import capabilities
from services.federation.sealing import seals
from services.federation.sealing.keys import INTRODUCTION, SEAL, Key
from services.federation.sealing.rings import OwnRing, PartnerRing, RevokedKey, UnknownKey
from services.federation.threads import ACCOUNT, UUID


class _Account(shapes.Body):
    id = shapes.matching(ACCOUNT.pattern)
    name = shapes.text()
    domain = shapes.matching(trusts.DOMAIN)


class _Credentials(shapes.Body):
    user = shapes.text()
    password = shapes.text()


class _PrivateJwk(trusts.PublicJwk):
    d = shapes.matching(trusts.COORDINATE)


class InvitationShape(shapes.Body):
    """The payload of an invitation."""

    id = shapes.matching(UUID.pattern)
    inviter = shapes.nested(_Account)
    invited = shapes.matching(ACCOUNT.pattern)
    border = shapes.nested(trusts.Border)
    credentials = shapes.nested(_Credentials)
    keys = trusts.keys()
    introduction = shapes.nested(_PrivateJwk)
    issued_at = shapes.time()
    expires_at = shapes.time()
    capabilities = trusts.capabilities()


_INVITATION = InvitationShape()
_READ = ("issued_at", "expires_at", "capabilities")


@dataclass(frozen=True)
class Invitation:
    """What an invitation says. `keys` is the inviter's public ring, `introduction` a private JWK."""

    id: str
    inviter: Mapping[str, str]
    invited: str
    border: Mapping[str, str | None]
    credentials: Mapping[str, str] = field(repr=False)
    keys: list[dict[str, Any]]
    introduction: Mapping[str, str] = field(repr=False)
    issued_at: datetime
    expires_at: datetime
    capabilities: list[str]

    @property
    def thread(self) -> str:
        return f"trust/{self.invited}/{self.id}"

    def introduction_key(self) -> Key:
        """What the invited account seals its acceptance with."""
        return Key.from_private(self.invited, SEAL, INTRODUCTION, self.introduction)

    def ring(self) -> PartnerRing:
        """The inviter's keys, for the invited account to know it by."""
        return PartnerRing.from_wire(self.inviter["id"], self.keys)


def make_introduction(invited: str) -> Key:
    """The one-time key of an invitation."""
    return Key.generate(invited, SEAL, INTRODUCTION)


def write_invitation(
    *,
    id: str,
    ring: OwnRing,
    name: str,
    domain: str,
    invited: str,
    border: Mapping[str, str | None],
    credentials: Mapping[str, str],
    introduction: Key,
    issued_at: datetime,
    expires_at: datetime,
) -> str:
    """The text to hand over out of band. Raises Invalid `invitation_malformed` for what nobody could read."""
    payload = {
        "id": id,
        "inviter": {"id": ring.account, "name": name, "domain": domain},
        "invited": invited,
        "border": dict(border),
        "credentials": dict(credentials),
        "keys": ring.to_wire(),
        "introduction": dict(introduction.private or {}),
        "issued_at": iso(issued_at),
        "expires_at": iso(expires_at),
        "capabilities": capabilities.OWN,
    }
    _checked(payload)
    return seals.sign(strict_json.dumps(payload), ring.current(), seals.INVITATION).decode()


def read_invitation(text: str, *, own_account: str, now: datetime) -> Invitation:
    """What a pasted invitation says, when it is whole, for us, and in time.

    Raises Invalid: `invitation_malformed`, `invitation_altered`, `invitation_for_another`,
    `invitation_expired`, `clock_ahead`, `version_not_spoken`. The two clocks may be ten minutes apart
    (`clocks`).
    """
    token = "".join(text.split()).encode()
    try:
        kid, payload = seals.parse(token, seals.INVITATION)
        said = strict_json.loads(payload)
    except ValueError:
        raise _malformed() from None
    if not isinstance(said, dict):
        raise _malformed()
    checked = _checked(said)
    try:
        seals.verify(token, PartnerRing.from_wire(checked["inviter"]["id"], checked["keys"]).verifying(kid))
    except (seals.Broken, UnknownKey, RevokedKey):
        raise Invalid(
            "invitation_altered", "The invitation's signature is wrong. Ask for it to be sent again, whole."
        ) from None
    invitation = Invitation(
        **{name: checked[name] for name in checked if name not in _READ},
        capabilities=capabilities.told(checked),
        issued_at=from_iso(checked["issued_at"]),
        expires_at=from_iso(checked["expires_at"]),
    )
    if invitation.invited != own_account or invitation.inviter["id"] == own_account:
        raise Invalid(
            "invitation_for_another",
            f"The invitation is for the account {invitation.invited}; this is {own_account}.",
        )
    if clocks.is_ahead(invitation.issued_at, now):
        raise Invalid(
            clocks.CLOCK_AHEAD,
            f"The invitation was written at {iso(invitation.issued_at)}, which by this account's clock is yet"
            f" to come: it is {iso(now)} here. One of the two clocks is wrong.",
        )
    if clocks.is_past(invitation.expires_at, now):
        raise Invalid("invitation_expired", "The invitation has expired. Ask for a new one.")
    return invitation


def _checked(payload: Mapping[str, Any]) -> dict[str, Any]:
    try:
        checked: dict[str, Any] = _INVITATION.load(payload)
    except ValidationError as error:
        names = ", ".join(sorted(error.normalized_messages()))
        raise Invalid("invitation_malformed", f"The invitation is malformed: {names}.") from None
    return checked


def _malformed() -> Invalid:
    return Invalid("invitation_malformed", "This is not an invitation, or not the whole of one.")
