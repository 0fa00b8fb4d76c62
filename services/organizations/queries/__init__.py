"""The read side: what may be asked of this service, over a database handle that can only read.

Answers are what `schemas` lets out: `<reference>_id` fields, times as text. Who serves the API makes
references of the ids (`references`). A `viewer` is the person who asks.
"""

from collections.abc import Mapping

from services.common.listing import Listing
from services.organizations.model.tokens import allows
from services.organizations.pieces import MAX_FILE_BYTES, PIECE_BYTES
from services.organizations.queries.account import (
    get_account,
    get_keys,
    get_token,
    get_trust,
    list_tokens,
    list_trusts,
    session_owner,
    token_owner,
)
from services.organizations.queries.listings import (
    ADDRESSES,
    CONTACTS,
    ORGANIZATIONS,
    PEOPLE,
    SITES,
    TEAMS,
    TOKENS,
    TRUSTS,
    UI_EXTENSION_VERSIONS,
    UI_EXTENSIONS,
)
from services.organizations.queries.records import (
    get_attachment,
    get_audit,
    get_history,
    get_organization,
    get_permissions,
    get_person,
    get_site,
    get_team,
    get_trashed,
    list_addresses,
    list_children,
    list_contacts,
    list_members,
    list_organizations,
    list_people,
    list_people_of_organization,
    list_people_of_site,
    list_sites,
    list_teams,
    list_teams_of_person,
    references,
)
from services.organizations.queries.transfers import (
    IMPORT_LINES,
    File,
    get_export,
    get_exported,
    get_import,
    get_logfile,
    list_import_lines,
)
from services.organizations.queries.ui_extensions import (
    get_ui_extension,
    list_ui_extension_versions,
    list_ui_extensions,
)

LISTINGS: Mapping[str, Listing] = {
    "organizations": ORGANIZATIONS,
    "people": PEOPLE,
    "sites": SITES,
    "teams": TEAMS,
    "trusts": TRUSTS,
    "ui_extensions": UI_EXTENSIONS,
}

__all__ = [
    "ADDRESSES",
    "CONTACTS",
    "IMPORT_LINES",
    "LISTINGS",
    "MAX_FILE_BYTES",
    "ORGANIZATIONS",
    "PEOPLE",
    "PIECE_BYTES",
    "SITES",
    "TEAMS",
    "TOKENS",
    "TRUSTS",
    "UI_EXTENSIONS",
    "UI_EXTENSION_VERSIONS",
    "File",
    "allows",
    "get_account",
    "get_attachment",
    "get_audit",
    "get_export",
    "get_exported",
    "get_history",
    "get_import",
    "get_keys",
    "get_logfile",
    "get_organization",
    "get_permissions",
    "get_person",
    "get_site",
    "get_team",
    "get_token",
    "get_trashed",
    "get_trust",
    "get_ui_extension",
    "list_addresses",
    "list_children",
    "list_contacts",
    "list_import_lines",
    "list_members",
    "list_organizations",
    "list_people",
    "list_people_of_organization",
    "list_people_of_site",
    "list_sites",
    "list_teams",
    "list_teams_of_person",
    "list_tokens",
    "list_trusts",
    "list_ui_extension_versions",
    "list_ui_extensions",
    "references",
    "session_owner",
    "token_owner",
]
