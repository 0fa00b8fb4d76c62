"""Bodies of the messages about the contact card of an organization.

The card is said in a thread of its own, opened by the account whose organization it is. It is the whole of
what a partner is told of an organization: name, picture, addresses, contacts. A partner that misses one asks
in the trust thread, because there is no thread about a card that it never got.
"""

from __future__ import annotations

from typing import Any, Final

from marshmallow import fields

from services.federation.messages import shapes
from services.federation.messages.shapes import Body, Ref
from services.federation.messages.types import MessageType

PUBLISHED: Final = "organization.published.v1"
WITHDRAWN: Final = "organization.withdrawn.v1"
ASKED: Final = "organization.asked.v1"

MAX_ADDRESSES: Final = 20
MAX_CONTACTS: Final = 20
MAX_PICTURE_CHARACTERS: Final = 90_000

# A scheme is the same in whatever case it is written; some 2000 characters in all.
_WEB_ADDRESS: Final = r"[Hh][Tt][Tt][Pp][Ss]?://\S{1,1993}"
_PICTURE: Final = (
    rf"(?=.{{1,{MAX_PICTURE_CHARACTERS}}}$)data:image/(png|jpeg|gif|webp);base64,[A-Za-z0-9+/]+={{0,2}}"
    rf"|{_WEB_ADDRESS}"
)


def _web_address() -> fields.Field[Any]:
    return shapes.matching(_WEB_ADDRESS, null=True)


class Address(Body):
    label = shapes.text(40)
    address = shapes.text(400, null=True)
    city = shapes.text(120, null=True)
    state = shapes.text(120, null=True)
    zip = shapes.text(20, null=True)
    country = shapes.matching(r"[A-Z]{2}", null=True)


class Contact(Body):
    """One way to reach an organization; of telephone, email and website one is not null."""

    label = shapes.text(40)
    telephone = shapes.text(40, null=True)
    email = shapes.text(254, null=True)
    website = _web_address()


class Published(Body):
    """The whole card. A picture is where one is, or a small one itself. `of_account`: whether it is the card
    of the organization that the owner's account itself is; not every owner says so.
    """

    organization = shapes.nested(Ref)
    of_account = shapes.boolean(required=False)
    revision = shapes.revision()
    picture = shapes.matching(_PICTURE, null=True)
    addresses = shapes.many(Address, MAX_ADDRESSES)
    contacts = shapes.many(Contact, MAX_CONTACTS)


class Withdrawn(Body):
    """The card is no more for the recipient."""

    organization_id = shapes.integer()
    revision = shapes.revision()


class Asked(Body):
    """Asks for the card of the recipient's organization; null: of that which the recipient's account is."""

    organization_id = shapes.integer(null=True)


TYPES: Final = (
    # Later than version 1: for partners that named them (`capabilities`).
    MessageType(PUBLISHED, "card", Published(), "opener", opens=True),
    MessageType(WITHDRAWN, "card", Withdrawn(), "opener"),
    MessageType(ASKED, "trust", Asked()),
)
