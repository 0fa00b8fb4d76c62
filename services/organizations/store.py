"""The documents of this service, their collections and indexes.

accounts        one document, the account itself; `_id` its id
organizations   `_id` an integer; foreign ones carry `account {id, name}` and `remote_id`; `domain_keys` are
                their e-mail domains while in use. Foreign ones hold the last card
                (`card`, `card_at`, `card_revision`; `model.overlay` puts it together with what this account
                keeps on it) with the position of the thread it is said in, and
                whether an active agreement links them (`linked`; `unlisted` where none does, `awaited` where
                one does and the card is not here). `is_account` is true of the one that a partner's account
                itself is, whose `remote_id` is null until its card comes, and false where the card says that
                it is another
cards           one per organization of ours and partner it was shown to, `_id` `<partner>/<organization>`;
                what was `told` (null: withdrawn), its `revision`, and the card thread's position
people          likewise; `email_key` is what the e-mail address is compared by, `roles` those in this account
sites           likewise, without foreign ones
teams           likewise; `member_ids` in ascending order
ui_extensions   `_id` an integer; its versions (`model.ui_extensions`), each with an id of its own
tokens          `_id` an integer; `sha256` of the token, never the token
passwords       one per person who has one, `_id` his; its `hash`, and a `number` that rises with every change
sessions        of people who signed in, `_id` the SHA-256 of its id; `sign_in_tries` what failed of late
trusts          one per partner, `_id` the partner's account id; holds the trust thread's position
keyrings        one per account whose keys we know, our own included; `_id` the account's id
transfers       one per import and export, `_id` its token; `due` says when something is to be done about it
transfer_lines  what became of the lines of an import; `transfer_pieces` the bytes of files (`pieces.py`)

`shelf` is there on what is archived or trashed (`model.shelves`).
`origin` is the source and sourceID a record was made from: the second try to make it finds the first one.
`stands_for` is the category of the UI extension that records are written by: there is one of each.
`remote` names a foreign record by its account and its id there: it is introduced once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from pymongo.database import Database

from services.common import attachments
from services.common.context import Context
from services.common.copies import collection_name
from services.common.idempotency import KEYS
from services.common.store import LISTED, Collection, Index, Records

Document = dict[str, Any]

ACCOUNTS: Final = "accounts"
ORGANIZATIONS: Final = "organizations"
CARDS: Final = "cards"
PEOPLE: Final = "people"
TEAMS: Final = "teams"
SITES: Final = "sites"
UI_EXTENSIONS: Final = "ui_extensions"
TOKENS: Final = "tokens"
PASSWORDS: Final = "passwords"
SESSIONS: Final = "sessions"
SIGN_IN_TRIES: Final = "sign_in_tries"
TRUSTS: Final = "trusts"
KEYRINGS: Final = "keyrings"
TRANSFERS: Final = "transfers"
TRANSFER_LINES: Final = "transfer_lines"
TRANSFER_PIECES: Final = "transfer_pieces"

# What partners and the account's own services call the records of each collection.
KINDS: Final[Mapping[str, str]] = {
    "organization": ORGANIZATIONS,
    "person": PEOPLE,
    "team": TEAMS,
    "site": SITES,
    "ui_extension": UI_EXTENSIONS,
    "account": ACCOUNTS,
    "trust": TRUSTS,
    "keyring": KEYRINGS,
}

ATTACHED: Final = ("attachments.id", "custom_fields.value.id")
"""Where a record has the ids of its files."""

_SHELVED: Final = (
    *LISTED,
    Index(["disabled", "name", "_id"]),
    Index(["shelf", "name", "_id"]),
    *(Index(path, sparse=True) for path in ATTACHED),
)
_LISTED: Final = (
    *_SHELVED,
    Index(["account.id", "name", "_id"]),
    Index(["manager_id", "name", "_id"]),
)

_AGREED: Final = (Index(["account.id", "status"]), Index(["customer_account.id", "status"]))

COLLECTIONS: Final = (
    Collection(ACCOUNTS),
    Collection(
        ORGANIZATIONS,
        (
            *_LISTED,
            Index(["parent_id", "name", "_id"]),
            Index(["email_domains", "name", "_id"]),
            Index("domain_keys", unique=True, sparse=True),
            Index(["unlisted", "name", "_id"]),
            Index("awaited", sparse=True),
            Index(["financialID", "unlisted", "name", "_id"]),
            Index("thread.id", unique=True, sparse=True),
        ),
    ),
    Collection(
        CARDS,
        (
            Index(["partner", "_id"]),
            Index(["organization_id", "_id"]),
            Index("thread.id", unique=True, sparse=True),
        ),
    ),
    Collection(
        PEOPLE,
        (
            *_LISTED,
            Index("email_key", unique=True, sparse=True),
            Index("support_key"),
            Index("authenticationID"),
            Index("employeeID"),
            Index(["organization_id", "name", "_id"]),
            Index(["site_id", "name", "_id"]),
            Index(["roles", "name", "_id"]),
        ),
    ),
    Collection(
        TEAMS, (*_LISTED, Index(["member_ids", "name", "_id"]), Index(["coordinator_id", "name", "_id"]))
    ),
    Collection(SITES, (*_SHELVED, Index(["country", "name", "_id"]))),
    Collection(
        UI_EXTENSIONS,
        (
            *LISTED,
            Index(["disabled", "name", "_id"]),
            Index(["category", "name", "_id"]),
            Index("stands_for", unique=True, sparse=True),
        ),
    ),
    Collection(TOKENS, (Index("sha256", unique=True), Index(["person_id", "_id"]))),
    Collection(PASSWORDS),
    Collection(SESSIONS, (Index(["person_id", "created_at"]),), records=False),
    Collection(SIGN_IN_TRIES, (Index("ends_at"),), records=False),
    Collection(
        TRUSTS,
        (
            Index(["status", "_id"]),
            Index(["created_at", "_id"]),
            Index(["updated_at", "_id"]),
            Index("unsettled", sparse=True),
        ),
    ),
    Collection(KEYRINGS),
    Collection(TRANSFERS, (Index("due", sparse=True),), records=False),
    Collection(
        TRANSFER_LINES,
        (Index(["import", "line", "_id"]), Index(["import", "outcome", "line", "_id"])),
        records=False,
    ),
    Collection(TRANSFER_PIECES, (), records=False),
    # Copies of what the slas service owns, by what is looked for in them.
    Collection(collection_name("sla"), (*_AGREED, Index(["service_instance_id", "status"])), records=False),
    Collection(collection_name("flsa"), _AGREED, records=False),
    KEYS,
    *attachments.COLLECTIONS,
)
_BY_NAME: Final = {collection.name: collection for collection in COLLECTIONS}


# Where a context has what stands in for the stored records while an import is tried (`actions.drafts`).
DRAFTS: Final = "drafts"


def records(context: Context, collection: str) -> Records:
    """Raises KeyError for a collection that does not hold records of this service."""
    held: Callable[[Context, Collection], Records] = context.kept.get(DRAFTS, Records)
    return held(context, _BY_NAME[collection])


def ensure_indexes(database: Database[Document]) -> None:
    for collection in COLLECTIONS:
        collection.ensure(database)
