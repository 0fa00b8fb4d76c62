"""Key rings: the account's own, and what is known of each partner's.

A ring is told to the account's other services whole, because they seal and verify too: private parts are
encrypted with the account's secret, which every service of the account has.
"""

from __future__ import annotations

from typing import Any

from services.common.config import Config
from services.common.context import Context
from services.common.copies import saved_event
from services.common.errors import ConfigError
from services.common.store import decide_again, making
from services.federation.sealing.ciphers import Secret
from services.federation.sealing.rings import OwnRing, PartnerRing
from services.organizations.actions.saving import records

Keys = list[dict[str, Any]]
"""A public ring, as it travels and is stored in a trust."""


def secret_of(config: Config) -> Secret:
    """The account's secret. Raises ConfigError without one."""
    if config.secret is None:
        raise ConfigError(
            "secret_missing",
            "INTERDESK_SECRET_FILE is missing: the account's keys are kept encrypted with that secret.",
            [("INTERDESK_SECRET_FILE", "is missing")],
        )
    return config.secret


def own_ring(context: Context) -> OwnRing:
    """Raises NotFound before the account is founded, Invalid `wrong_secret`."""
    document = records(context, "keyring").get(context.account).state
    return OwnRing.from_document(document, secret_of(context.config))


def insert_own_ring(context: Context, ring: OwnRing) -> None:
    """The account's first ring. Raises Conflict when there is one."""
    document = ring.to_document(secret_of(context.config))
    row = saved_event("keyring", ring.account, 1, document)
    records(context, "keyring").insert(ring.account, document, rows=[row])


@decide_again
def keep_partner_ring(context: Context, ring: PartnerRing) -> None:
    """What is known of the partner's keys is this from now on. Doing it again changes nothing."""
    document = ring.to_document()
    rings = records(context, "keyring")
    record = rings.find_one({"_id": ring.account})
    version = record.version + 1 if record else 1
    row = saved_event("keyring", ring.account, version, document)
    if record is None:
        with making():
            rings.insert(ring.account, document, rows=[row])
    elif record.state != document:
        rings.save(record, document, rows=[row])


def known_ring(partner: str, keys: Keys) -> PartnerRing:
    """The ring of a partner as his trust keeps it."""
    return PartnerRing.from_document({"account": partner, "keys": keys})
