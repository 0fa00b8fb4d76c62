"""4me's roles, and which of them may do what: said here once, for the API's routes and for the services'
commands.

Everybody is an end user besides; that is not a role. Which role presupposes which is told where roles are
given (`services.organizations.model.roles`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

ROLES: Final = frozenset(
    {
        "key_contact",
        "auditor",
        "specialist",
        "service_desk_analyst",
        "service_desk_manager",
        "knowledge_manager",
        "problem_manager",
        "workflow_manager",
        "release_manager",
        "project_manager",
        "service_level_manager",
        "configuration_manager",
        "financial_manager",
        "account_designer",
        "account_administrator",
        "account_owner",
        "directory_auditor",
        "directory_designer",
        "directory_administrator",
        "workflow_automator_auditor",
        "workflow_automator_specialist",
    }
)
STAFF: Final = tuple(sorted(ROLES - {"key_contact"}))
"""Everybody who works for the account: any role but that of a key contact, who speaks for those it serves. An
end user has none.
"""

# Only administrators touch people: whoever could change an administrator's e-mail address could become him.
ADMINISTRATORS: Final = ("account_administrator", "account_owner")
AUDITORS: Final = (*ADMINISTRATORS, "auditor")

MAINTAIN_ORGANIZATIONS: Final = (*ADMINISTRATORS, "account_designer", "service_level_manager")
MAINTAIN_OVERLAYS: Final = ("account_administrator", "service_level_manager")
"""Who keeps something on partners' organizations."""
MAINTAIN_TEAMS: Final = (*ADMINISTRATORS, "account_designer", "service_desk_manager")
TRANSFER: Final = tuple(dict.fromkeys((*MAINTAIN_ORGANIZATIONS, *MAINTAIN_TEAMS)))
"""Who imports and exports: of each type of record those who maintain it."""
# Who maintains the records of a kind takes them out of use too.
MAINTAIN_RECORDS: Final[Mapping[str, tuple[str, ...]]] = {
    "organization": MAINTAIN_ORGANIZATIONS,
    "person": ADMINISTRATORS,
    "team": MAINTAIN_TEAMS,
    "site": MAINTAIN_ORGANIZATIONS,
}
MAINTAIN_AGREEMENTS: Final = (*ADMINISTRATORS, "service_level_manager")
MAINTAIN_CALENDARS: Final = (*MAINTAIN_AGREEMENTS, "account_designer")
MAINTAIN_SERVICES: Final = (*MAINTAIN_AGREEMENTS, "account_designer", "configuration_manager")
SEE_REQUESTS: Final = ("specialist", "auditor", *ADMINISTRATORS)
"""Who sees every request of the account, and what is counted of it."""
MAINTAIN_UI_EXTENSIONS: Final = (*ADMINISTRATORS, "account_designer")
SEE_INTERNAL_FIELDS: Final = ("specialist", "account_designer", *AUDITORS)
"""Who sees the custom fields that are internal, as internal notes are; who may write records may."""
PUBLISH_NOTES: Final = ("specialist",)

VIEW_TRUSTS: Final = (*ADMINISTRATORS, "service_level_manager", "auditor")
OPERATORS: Final = ADMINISTRATORS
"""Who mends what could not be handled."""
WATCHERS: Final = (
    *AUDITORS,
    "service_desk_manager",
    "service_desk_analyst",
    "service_level_manager",
    "specialist",
)
"""Who may look at it."""


def is_administrator(roles: Iterable[str]) -> bool:
    return not set(ADMINISTRATORS).isdisjoint(roles)
